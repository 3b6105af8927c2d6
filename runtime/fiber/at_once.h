// at_once: runs independent waits concurrently, for example the syncs of several files.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/fiber/group.h"

namespace fulmar {

// Runs `work` on each of `items`, on at most `most` (at least 1) of them at a time, and returns when all have ended.
// Errors: that of the first item that has one.
template <class Items, class Work>
Result<void> at_once(Items& items, std::size_t most, const Work& work) {
  if (items.size() == 1) return work(items.front());
  std::vector<Result<void>> results(items.size());
  std::size_t next = 0;
  FiberGroup group;
  for (std::size_t n = std::min(most, items.size()); n > 0; --n) {
    group.spawn("at once", [&] {
      while (next < items.size()) {
        auto turn = next++;
        results[turn] = work(items[turn]);
      }
    });
  }
  group.join();
  for (auto& result : results)
    if (!result) return std::move(result);
  return {};
}

}  // namespace fulmar
