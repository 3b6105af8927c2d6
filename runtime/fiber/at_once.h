// at_once: independent waits side by side, as several files that are to be synced.
#pragma once

#include <array>
#include <cstddef>

#include "runtime/base/result.h"
#include "runtime/fiber/group.h"

namespace fulmar {

// Runs each piece of work in a fiber of its own, and returns once all have ended. Errors: the first of theirs, in the
// order given.
template <class... Work>
Result<void> at_once(Work&&... work) {
  std::array<Result<void>, sizeof...(Work)> results;
  FiberGroup group;
  std::size_t next = 0;
  (group.spawn("at once", [&result = results[next++], &work] { result = work(); }), ...);
  group.join();
  for (auto& result : results)
    if (!result) return std::move(result);
  return {};
}

}  // namespace fulmar
