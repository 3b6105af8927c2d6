// Lets time pass for a group coordinator.
#pragma once

#include <algorithm>
#include <memory>

#include "broker/groups/coordinator.h"

namespace fulmar {

// Moves both clocks on by `ms`, and stops at each of the core's deadlines on the way: `tick` lets the core act then.
template <class Tick>
void pass_time(std::int64_t ms, Instant& now, Timestamp& wall, const std::unique_ptr<GroupCoordinator>& core,
               const Tick& tick) {
  const Instant until = now + milliseconds(ms);
  do {
    auto next = std::max(now, std::min(until, core->next_deadline()));
    wall += (next.ns - now.ns) / 1'000'000;
    now = next;
    tick();
  } while (now < until || core->next_deadline() <= now);
}

}  // namespace fulmar
