// Backoff: the pauses between the tries of an operation. They double up to a limit, with jitter, so that clients do not
// all retry at the same time.
#pragma once

#include <algorithm>

#include "runtime/base/time.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "runtime/host/host.h"

namespace fulmar {

class Backoff {
 public:
  Backoff(Host& host, Duration first, Duration max) : host_(host), next_(first), max_(max) {}

  // A cancellation point.
  void pause() {
    auto random = host_.entropy().stream();
    host_.clock().sleep_for(Duration(random.between(next_.count() / 2, next_.count())));
    next_ = std::min(next_ * 2, max_);
  }

 private:
  Host& host_;
  Duration next_;
  Duration max_;
};

}  // namespace fulmar
