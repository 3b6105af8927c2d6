// Resolver: the addresses of names, as the system's resolver knows them. That one blocks, for as long as it takes or
// for ever: each lookup has a thread of its own, which nobody has to wait for.
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

  // Numeric addresses, one at least. A cancellation point. Errors: timed_out; unreachable, also while too many lookups
  // are under way.
  Result<std::vector<std::string>> look_up(const std::string& name, Deadline deadline);

 private:
  static constexpr int lookups_max = 16;  // threads that a resolver which hangs can hold, for this shard
  struct Lookup;

  Reactor& reactor_;
  std::shared_ptr<std::atomic<int>> under_way_ = std::make_shared<std::atomic<int>>(0);
};

}  // namespace fulmar
