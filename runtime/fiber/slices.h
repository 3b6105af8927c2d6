// Slices: long computations in pieces, between which the shard's other fibers run.
//
// A loop whose length depends on a client, a file or the number of partitions declares its cost as it goes, in the time
// of an ordinary processor: estimates within a factor of two or so, stated beside the loop. In the real world this is
// only counted. In the simulator undeclared computing takes no time, and during declared computing the shard stands
// still: so lives show the effects of stalls, and a checker can require that there are none.
#pragma once

#include "runtime/base/time.h"

namespace fulmar {

// How long a fiber computes before the others of its shard get their turn. Also the longest piece between two
// declarations.
inline constexpr Duration slice_length = microseconds(500);

// Declares that the running fiber has computed for about that long. Returns whether it has declared a slice since it
// last began to run, and should yield as soon as it can. Does nothing outside of fibers.
bool declare_work(Duration work);

// The same, and yields if the slice is used up: a cancellation point. Does nothing else outside of fibers.
void work_in_slices(Duration work);

}  // namespace fulmar
