// RateWindow: how much was used lately: samples of equal lengths, the oldest of which expire, as Kafka's Rate computes
// it. So throttle times are those that Kafka would give.
#pragma once

#include <cstdint>
#include <deque>

#include "runtime/base/time.h"

namespace fulmar {

struct RateWindowSettings {
  Duration sample = seconds(1);  // quota.window.size.seconds
  std::int32_t samples = 11;     // quota.window.num; at least 2

  bool operator==(const RateWindowSettings&) const = default;
};

class RateWindow {
 public:
  explicit RateWindow(const RateWindowSettings& settings) : settings_(settings) {}

  // `now` never goes back.
  void count(double amount, Instant now);
  // Units a second. A window that has just begun counts as almost a whole one, so that a burst is no high rate.
  double rate(Instant now);
  // For how long whoever uses this has to use nothing until the rate is `limit`; 0: it is not above. `limit` > 0.
  Duration excess(double limit, Instant now);
  // Whether all that was counted has expired.
  bool is_idle(Instant now);

 private:
  struct Sample {
    Instant begun;
    double amount = 0;
  };
  void expire(Instant now);
  Duration length(Instant now) const;

  RateWindowSettings settings_;
  std::deque<Sample> samples_;
};

}  // namespace fulmar
