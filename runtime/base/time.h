// Time as values. Nothing here reads a clock: that is runtime/host/clock.h.
#pragma once

#include <chrono>  // durations only; the standard clocks are forbidden above runtime/real
#include <compare>
#include <cstdint>
#include <limits>

namespace fulmar {

using Duration = std::chrono::nanoseconds;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// A moment of the monotonic clock: nanoseconds since an origin that is meaningful only within this process.
struct Instant {
  std::int64_t ns = 0;

  constexpr auto operator<=>(const Instant&) const = default;
  static constexpr Instant max() { return {std::numeric_limits<std::int64_t>::max()}; }
};

// Saturates instead of overflowing, so that "now + a very long time" means never.
constexpr Instant operator+(Instant at, Duration d) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(at.ns, d.count(), &sum)) return d.count() > 0 ? Instant::max() : Instant{};
  return {sum};
}
constexpr Instant operator-(Instant at, Duration d) {
  return at + (-d);
}
constexpr Duration operator-(Instant a, Instant b) {
  return Duration(a.ns - b.ns);
}

// A moment of the wall clock, as in Kafka: milliseconds since 1970-01-01 UTC. It may jump either way; only what Kafka
// defines in wall time (record timestamps, retention) may depend on it.
using Timestamp = std::int64_t;

// When to give up waiting: an instant of the monotonic clock, or never.
struct Deadline {
  Instant at = Instant::max();

  constexpr auto operator<=>(const Deadline&) const = default;
  static constexpr Deadline never() { return {}; }
  constexpr bool is_never() const { return at == Instant::max(); }
};

}  // namespace fulmar
