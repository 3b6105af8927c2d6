// SharedSync: one sync for all callers that need it at about the same time, for example of the directory in which many
// partitions are created at once. A caller that comes while a sync is under way waits for the next one, since only a
// sync that begins after the call covers the caller's changes.
#pragma once

#include <cstdint>
#include <functional>

#include "runtime/base/result.h"
#include "runtime/fiber/condition.h"

namespace fulmar {

class SharedSync {
 public:
  explicit SharedSync(std::function<Result<void>()> sync) : sync_(std::move(sync)) {}

  // Returns once a sync that began after the call has ended. Many fibers may call it at once. Errors: that sync's.
  Result<void> operator()();

 private:
  const std::function<Result<void>()> sync_;
  std::uint64_t begun_ = 0;
  std::uint64_t ended_ = 0;   // at most one less than begun
  std::uint64_t failed_ = 0;  // the number of the last sync that failed, and its error
  Result<void> failure_;
  Condition progress_;
};

}  // namespace fulmar
