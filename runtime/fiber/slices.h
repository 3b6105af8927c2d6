// Slices: long computing in pieces, between which the shard's other fibers run.
//
// What a loop costs that a client, a file, or the number of partitions makes long is declared as it goes, in the time
// that it takes an ordinary processor: estimates, within a factor of two or so, and said beside the loop. The real
// world only counts them. In a simulated one the shard stands still for as long, where computing that is not declared
// takes no time, so that a life sees what a stall does, and a checker that there is none.
#pragma once

#include "runtime/base/time.h"

namespace fulmar {

// How long a fiber computes before the others of its shard get their turn. No piece between two declarations should be
// longer.
inline constexpr Duration slice_length = microseconds(500);

// Declares that the running fiber has just computed for about so long. True: what it has declared since it last began
// to run makes a slice, and it should let the others run as soon as it can. Does nothing outside of fibers.
bool declare_work(Duration work);

// The same, and lets them run if the slice is used up. A cancellation point; nothing else outside of fibers.
void work_in_slices(Duration work);

}  // namespace fulmar
