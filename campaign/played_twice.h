// A life that is played twice must be the same life: what differs, and at which event of the two traces it begins to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "campaign/scenario.h"

namespace fulmar {

struct LifeDifference {
  std::string what;  // "trace hash 0123456789abcdef, then 0123456789abcde0"
  // The first line that differs between two readable traces, counted from 1, and how it was in each; 0 and empty if
  // the traces of the lives that were played for it were equal.
  std::uint64_t number = 0;
  std::string first;
  std::string second;
};

// What differs: the hash, the number of events, the verdict, an operation's count, a mark. nullopt if nothing does.
std::optional<std::string> differ(const LifeResult& first, const LifeResult& second);

// Plays the plan again, in two processes at once, until their traces differ; one of them has played another life
// before. `what`: from differ(). Takes the CPU time of six lives at most.
LifeDifference find_difference(const Scenario& scenario, const Plan& plan, const std::string& what,
                               double life_seconds_max);

// Text for people, with its line ends.
std::string describe(const LifeDifference& difference);

}  // namespace fulmar
