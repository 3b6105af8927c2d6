// A scenario that is not Fulmar's, with a hand-made bug: machines count for a while, and the count is lost if a machine
// is reset while another is paused. Everything else in its plans, which is much, has nothing to do with that.
#pragma once

#include "campaign/command_line.h"

namespace fulmar::counting {

// What a version of the program does differently. The same for all lives, and put back by tests.
struct Version {
  Instant counts_twice_from = Instant::max();  // the machines' events are others from then on
  bool fixed = false;                          // the bug is not there
  bool asserts = false;                        // the bug is noticed by an assertion in the machine, and not afterwards
};
extern Version version;

// Of many machines and faults; in every third the bug strikes.
Plan plan_of_seed(std::uint64_t seed);
// The simulator, with this scenario only.
const Simulator& simulator();
const Scenario& scenario();

extern const Setting machines;
extern const Setting pace_ms;
extern const Setting length_ms;
extern const Setting end_ms;
// In how many percent of a plan's lives the bug strikes, if the faults are there for it.
extern const Setting luck_percent;

}  // namespace fulmar::counting
