#include "faults/plan.h"

#include <algorithm>
#include <iterator>

namespace fulmar {

namespace {

constexpr std::int64_t nodes_max = 1000;  // of each sort: a bound for plans that are not checked yet

constexpr const char* names[] = {"kill",
                                 "power_loss",
                                 "stop",
                                 "pause",
                                 "disk_slow",
                                 "disk_stuck",
                                 "disk_full",
                                 "read_errors",
                                 "write_errors",
                                 "sync_errors",
                                 "cut",
                                 "latency",
                                 "clog",
                                 "bandwidth",
                                 "reset",
                                 "refuse",
                                 "clock_jump",
                                 "clock_drift",
                                 "split",
                                 "bridge",
                                 "ring",
                                 "flap",
                                 "damage",
                                 "wipe",
                                 "latency_to",
                                 "latency_from",
                                 "isolate",
                                 "cut_after_transfer",
                                 "cut_from_controller",
                                 "short_reads",
                                 "transient_read_errors",
                                 "open_errors",
                                 "rename_errors",
                                 "remove_errors",
                                 "list_errors",
                                 "busy_shard",
                                 "slow_process"};
static_assert(std::size(names) == static_cast<std::size_t>(FaultKind::slow_process) + 1);

}  // namespace

const char* fault_name(FaultKind kind) noexcept {
  return names[static_cast<std::size_t>(kind)];
}

std::span<const char* const> fault_names() noexcept {
  return names;
}

std::vector<std::string> node_names(const Plan& plan) {
  std::vector<std::string> all;
  auto add = [&](const char* what, std::int64_t first, std::int64_t count) {
    for (std::int64_t i = 0; i < std::min(count, nodes_max); ++i) all.push_back(what + std::to_string(first + i));
  };
  if (plan.settings.contains("brokers"))
    add("broker", 1, plan.setting("brokers"));
  else
    all.emplace_back("broker");
  add("client", 0, plan.setting_or("clients", 0));
  all.emplace_back("admin");
  return all;
}

std::string to_string(const Fault& fault, std::span<const std::string> nodes) {
  auto ms = [](std::int64_t ns) { return std::to_string(ns / 1'000'000) + " ms"; };
  auto node = [&](std::size_t n) { return n < nodes.size() ? nodes[n] : "node " + std::to_string(n); };
  return "at " + ms(fault.at.ns) + " " + fault_name(fault.kind) + " " + node(fault.target) + " peer " +
         node(fault.peer) + " amount " + std::to_string(fault.amount) + " for " + ms(fault.duration.count());
}

}  // namespace fulmar
