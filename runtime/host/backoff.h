// Backoff: the pauses between the tries of an operation. They double up to a limit, with jitter, so that not all who
// failed for the same reason try again at the same time.
#pragma once

#include <algorithm>

#include "runtime/base/time.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "runtime/host/host.h"

namespace fulmar {

class Backoff {
 public:
  Backoff(Host& host, Duration first, Duration max) : host_(host), first_(first), next_(first), max_(max) {}

  // A cancellation point. At first from the half of the first pause to the whole.
  void pause() {
    auto random = host_.entropy().stream();
    host_.clock().sleep_for(Duration(random.between(next_.count() / 2, next_.count())));
    next_ = std::min(next_ * 2, max_);
  }
  // The next pause is the first again.
  void reset() { next_ = first_; }

 private:
  Host& host_;
  Duration first_;
  Duration next_;
  Duration max_;
};

}  // namespace fulmar
