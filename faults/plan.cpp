#include "faults/plan.h"

#include <algorithm>
#include <iterator>
#include <limits>

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
                                 "slow_process",
                                 "damage_side_file",
                                 "damage_small_file"};
static_assert(std::size(names) == static_cast<std::size_t>(FaultKind::damage_small_file) + 1);

}  // namespace

const char* fault_name(FaultKind kind) noexcept {
  return names[static_cast<std::size_t>(kind)];
}

std::span<const char* const> fault_names() noexcept {
  return names;
}

bool has_peer(FaultKind kind) noexcept {
  switch (kind) {
    case FaultKind::cut:
    case FaultKind::latency:
    case FaultKind::latency_to:
    case FaultKind::latency_from:
    case FaultKind::clog:
    case FaultKind::bandwidth:
    case FaultKind::refuse:
    case FaultKind::flap: return true;
    default: return false;
  }
}

AmountRange amount_range(FaultKind kind) noexcept {
  constexpr auto any_min = std::numeric_limits<std::int64_t>::min();
  constexpr auto any_max = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t ms_max = fault_time_max / milliseconds(1);
  constexpr std::int64_t clock_ms_max = 20 * 365 * ms_max;  // 20 years
  switch (kind) {
    case FaultKind::disk_slow: return {1, 1000};
    case FaultKind::disk_full: return {0, std::int64_t{1} << 50};
    case FaultKind::read_errors:
    case FaultKind::write_errors:
    case FaultKind::sync_errors:
    case FaultKind::short_reads:
    case FaultKind::transient_read_errors:
    case FaultKind::open_errors:
    case FaultKind::rename_errors:
    case FaultKind::remove_errors:
    case FaultKind::list_errors: return {0, 1000};
    case FaultKind::cut:
    case FaultKind::clog:
    case FaultKind::isolate: return {0, 2};
    case FaultKind::cut_after_transfer: return {0, 3 * ms_max + 2};
    case FaultKind::latency:
    case FaultKind::latency_to:
    case FaultKind::latency_from:
    case FaultKind::flap: return {1, ms_max};
    case FaultKind::bandwidth: return {1, std::int64_t{1} << 40};
    case FaultKind::clock_jump: return {-clock_ms_max, clock_ms_max};
    case FaultKind::clock_drift: return {-999'999, 1'000'000};
    case FaultKind::slow_process: return {0, 1'000'000};
    case FaultKind::split:
    case FaultKind::bridge:
    case FaultKind::damage:
    case FaultKind::damage_side_file:
    case FaultKind::damage_small_file:
    case FaultKind::busy_shard: return {0, any_max};  // bits, and choices among what there is
    case FaultKind::kill:
    case FaultKind::power_loss:
    case FaultKind::stop:
    case FaultKind::pause:
    case FaultKind::disk_stuck:
    case FaultKind::reset:
    case FaultKind::refuse:
    case FaultKind::ring:
    case FaultKind::wipe:
    case FaultKind::cut_from_controller: return {any_min, any_max};  // nobody reads it
  }
  return {0, 0};
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
