// Moves: ways to make a failing plan simpler, of which shrinking plays one after the other. A move goes in one
// direction only (fewer faults, settings nearer to their simplest value, earlier, shorter, weaker), so that moves come
// to an end.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "campaign/scenario.h"

namespace fulmar {

struct Move {
  std::string what;  // "without 3 faults"
  // The simpler plans that it makes of a plan, the most promising first; none if there is nothing to change. They may
  // be unplayable: the scenario's check tells.
  std::function<std::vector<Plan>(const Plan&)> apply;
  // What it makes is not simpler if more happens in the life: a pace that is nearer to 0, which is never, is a faster
  // one.
  bool must_not_grow = false;
};

using Moves = std::vector<Move>;

// How much a pass over faults or settings changes at once: large parts only, or parts of all sizes.
enum class Grain : std::uint8_t { coarse, fine };

// Delta debugging (Zeller and Hildebrandt 2002): all faults, halves, quarters, ... single ones, the last first.
Moves fewer_faults(const Plan& plan, Grain grain);
// Settings at their simplest value, or left out: all at once, quarters, ... single ones, in the order of
// PlanTerms::settings.
Moves simplest_settings(const Scenario& scenario, const Plan& plan, Grain grain);
// Each setting half the way to its simplest value, several times, and then shorter ways.
Moves simpler_settings(const Scenario& scenario, const Plan& plan);
// All faults begin in a quarter, or half, of the time.
Moves all_faults_earlier();
// All faults, and those from each on, begin earlier.
Moves earlier_faults(const Plan& plan);
// Each fault shorter, and with an amount nearer to the least.
Moves weaker_faults(const Plan& plan);
// The life, which takes `simulated`, ends at the violation, and has only the faults that have begun by then. If it is
// not known when that was (Instant::max()), the life ends in half of the time, or three quarters.
Moves earlier_end(const Scenario& scenario, Instant violation, Duration simulated);

}  // namespace fulmar
