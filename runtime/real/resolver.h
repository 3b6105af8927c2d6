// Resolver: looks up names by the system's resolver. That may block for ever, so each lookup has a thread of its own,
// and no fiber waits for it beyond its deadline.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/time.h"
#include "runtime/real/reactor.h"

namespace fulmar {

class Resolver {
 public:
  explicit Resolver(Reactor& reactor) : reactor_(reactor) {}

  // Numeric addresses, at least one. A cancellation point. Errors: timed_out; unreachable, also while too many lookups
  // run.
  Result<std::vector<std::string>> look_up(const std::string& name, Deadline deadline);

 private:
  static constexpr int lookups_max = 16;  // threads of this shard that a hanging resolver can block
  struct Lookup;

  Reactor& reactor_;
  std::shared_ptr<std::atomic<int>> under_way_ = std::make_shared<std::atomic<int>>(0);
};

}  // namespace fulmar
