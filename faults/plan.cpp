#include "faults/plan.h"

#include <iterator>
#include <nlohmann/json.hpp>

namespace fulmar {

namespace {

using nlohmann::ordered_json;

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

std::string to_string(const Fault& fault) {
  auto ms = [](std::int64_t ns) { return std::to_string(ns / 1'000'000) + " ms"; };
  return "at " + ms(fault.at.ns) + " " + fault_name(fault.kind) + " node " + std::to_string(fault.target) + " peer " +
         std::to_string(fault.peer) + " amount " + std::to_string(fault.amount) + " for " + ms(fault.duration.count());
}

std::string plan_to_json(const Plan& plan) {
  ordered_json json;
  json["scenario"] = plan.scenario;
  json["seed"] = plan.seed;
  json["settings"] = plan.settings;
  json["faults"] = ordered_json::array();
  for (const auto& fault : plan.faults) {
    ordered_json entry;
    entry["kind"] = fault_name(fault.kind);
    entry["at_us"] = fault.at.ns / 1000;
    entry["duration_us"] = fault.duration.count() / 1000;
    entry["target"] = fault.target;
    entry["peer"] = fault.peer;
    entry["amount"] = fault.amount;
    json["faults"].push_back(std::move(entry));
  }
  return json.dump(1);
}

Result<Plan> plan_from_json(const std::string& text) {
  try {
    auto json = nlohmann::json::parse(text);
    Plan plan;
    plan.scenario = json.at("scenario");
    plan.seed = json.at("seed");
    plan.settings = json.at("settings").get<std::map<std::string, std::int64_t>>();
    for (const auto& entry : json.at("faults")) {
      Fault fault;
      std::string kind = entry.at("kind");
      auto found = std::find(std::begin(names), std::end(names), kind);
      if (found == std::end(names)) return fail(Errc::invalid_argument, "unknown kind of fault: " + kind);
      fault.kind = static_cast<FaultKind>(found - std::begin(names));
      fault.at = Instant{entry.at("at_us").get<std::int64_t>() * 1000};
      fault.duration = microseconds(entry.at("duration_us").get<std::int64_t>());
      fault.target = entry.at("target");
      fault.peer = entry.at("peer");
      fault.amount = entry.at("amount");
      plan.faults.push_back(fault);
    }
    return plan;
  } catch (const nlohmann::json::exception& error) {
    return fail(Errc::invalid_argument, error.what());
  }
}

}  // namespace fulmar
