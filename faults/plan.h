// Plan: what happens in a life, as plain data: the settings chosen by the seed, and every fault with its time, target
// and parameters. A plan can be printed, saved, edited, replayed and shrunk.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "faults/fault.h"
#include "faults/setting.h"
#include "runtime/base/assert.h"
#include "runtime/base/result.h"

namespace fulmar {

// After so many events of its trace a life takes another way, by `seed`: its random streams are others. With event 0
// that is another life from its begin.
struct Branch {
  std::uint64_t event = 0;
  std::uint64_t seed = 0;
  bool operator==(const Branch&) const = default;
};

struct Plan {
  static constexpr std::size_t branches_max = 64;

  std::string scenario;
  std::uint64_t seed = 0;
  std::map<std::string, std::int64_t, std::less<>> settings;  // by name; the scenario defines their meaning
  std::vector<Fault> faults;                                  // by time
  // By event, ascending. Without any, it is the seed's life.
  std::vector<Branch> branches = {};

  bool operator==(const Plan&) const = default;

  bool has(const Setting& wanted) const { return settings.contains(wanted.name); }
  // The plan must have it; a checked plan has all that it needs.
  std::int64_t setting(const Setting& wanted) const {
    auto found = settings.find(wanted.name);
    FULMAR_ASSERT(found != settings.end());
    return found->second;
  }
  // For settings that kept plans from before the setting existed do not have.
  std::int64_t setting_or(const Setting& wanted, std::int64_t otherwise) const {
    auto found = settings.find(wanted.name);
    return found == settings.end() ? otherwise : found->second;
  }
  // The value must be in the setting's range.
  void set(const Setting& chosen, std::int64_t value) {
    FULMAR_ASSERT(value >= chosen.min && value <= chosen.max);
    settings.insert_or_assign(std::string(chosen.name), value);
  }
};

// The names that a scenario's plans use.
struct PlanTerms {
  const FaultKinds& (*fault_kinds)();
  // The names of the nodes of the plan's world, by number. The plan may be unchecked.
  std::vector<std::string> (*node_names)(const Plan& plan);
  // The settings that its plans may have. None: the plans can't be shrunk in their settings.
  std::vector<const Setting*> (*settings)() = nullptr;
  // The setting that ends a life early, at so many ms of its time: only what was seen until then is judged. nullptr:
  // the plans have none.
  const Setting* end_ms = nullptr;
  // How many of the nodes, the first ones, are servers, which faults may have as targets. nullptr: all are.
  std::size_t (*servers)(const Plan& plan) = nullptr;
};

// The seed of all randomness in a life of this plan.
std::uint64_t life_seed(const Plan& plan);

// Faults in whole microseconds.
std::string plan_to_json(const Plan& plan, const PlanTerms& terms);
// Nodes are given by name or by number. Errors: invalid_argument, in one sentence: missing, unknown or duplicate
// members, wrong types, unknown kinds and nodes, times out of range.
Result<Plan> plan_from_json(const std::string& text, const PlanTerms& terms);

}  // namespace fulmar
