// TokenBucket: how much of something may pass, so much per second on average. What went unused is saved up, for one
// second at most. What comes may be larger than that: whoever finds room takes what he needs, and the next waits until
// the debt is paid.
//
// In any time t passes at most rate * t, what one second is worth, and what the last one took beyond it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "runtime/base/assert.h"
#include "runtime/base/time.h"

namespace fulmar {

class TokenBucket {
 public:
  // `per_second`: bytes, at least 1. Full at first.
  explicit TokenBucket(std::int64_t per_second) : per_second_(per_second) { FULMAR_ASSERT(per_second >= 1); }

  // From when on there is room, if nobody takes anything before.
  Instant room_at() const { return paid_at_; }
  bool has_room(Instant now) const { return now >= paid_at_; }
  // Takes so many bytes, room or not. `now` never goes back.
  void take(std::size_t bytes, Instant now);

 private:
  std::int64_t per_second_;
  Instant paid_at_{std::numeric_limits<std::int64_t>::min()};  // when there was, or will be, neither debt nor saving
};

}  // namespace fulmar
