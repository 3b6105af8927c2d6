// PlanChoice: what a person chooses for all plans of a campaign, whatever their seeds say: settings, and the kinds of
// fault that there may be.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "campaign/scenario.h"

namespace fulmar {

struct PlanChoice {
  std::map<std::string, std::int64_t, std::less<>> settings;
  // Faults of other kinds are left out; empty: all are. nullopt: none are.
  std::optional<std::vector<std::string>> faults;

  bool every_kind = false;  // plans are of Scenario::plan_of_every_kind

  bool empty() const { return settings.empty() && !faults && !every_kind; }
  // As options of the command line: " --strategy random --set brokers=3 --faults kill,pause"; empty if nothing is
  // chosen.
  std::string options() const;

  // "NAME=VALUE", or "KIND,KIND" ("none": no kind). Errors: invalid_argument, in one sentence.
  Result<void> add_setting(const std::string& text);
  Result<void> set_faults(const std::string& text);
  // "random" or "swarm".
  Result<void> set_strategy(const std::string& text);
};

// The plan of the seed, with what was chosen. The scenario's check() tells whether it can be played.
Plan plan_of(const Scenario& scenario, std::uint64_t seed, const PlanChoice& choice);

// Whether the scenario has such faults and settings: of its first hundred plans, from a seed on, one can be played, and
// one has such a fault. Errors: invalid_argument, in one sentence.
Result<void> check_choice(const Scenario& scenario, std::uint64_t first_seed, const PlanChoice& choice);

}  // namespace fulmar
