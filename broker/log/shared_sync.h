// SharedSync: one sync for all who ask for it at about the same time, as for the directory in which many partitions are
// made at once. Who asks while one is under way waits for the next, since only a sync that begins later covers what the
// asker has done.
#pragma once

#include <cstdint>
#include <functional>

#include "runtime/base/result.h"
#include "runtime/fiber/condition.h"

namespace fulmar {

class SharedSync {
 public:
  explicit SharedSync(std::function<Result<void>()> sync) : sync_(std::move(sync)) {}

  // Returns once a sync that began after the call has ended. Many fibers at once. Errors: that sync's.
  Result<void> operator()();

 private:
  const std::function<Result<void>()> sync_;
  std::uint64_t begun_ = 0;
  std::uint64_t ended_ = 0;   // at most one less than begun
  std::uint64_t failed_ = 0;  // the last one that did, and how
  Result<void> failure_;
  Condition progress_;
};

}  // namespace fulmar
