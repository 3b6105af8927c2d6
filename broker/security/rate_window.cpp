#include "broker/security/rate_window.h"

#include <algorithm>

namespace fulmar {

namespace {

double seconds_of(Duration time) {
  return static_cast<double>(time.count()) / 1e9;
}

// More than any throttle time that a response can say, and small enough for sums of times.
constexpr double longest_seconds = 2'000'000;

}  // namespace

void RateWindow::expire(Instant now) {
  while (!samples_.empty() && now - samples_.front().begun >= settings_.sample * settings_.samples)
    samples_.pop_front();
}

void RateWindow::count(double amount, Instant now) {
  expire(now);
  if (samples_.empty() || now - samples_.back().begun >= settings_.sample) samples_.push_back({now, 0});
  samples_.back().amount += amount;
}

Duration RateWindow::length(Instant now) const {
  const auto least = settings_.sample * (settings_.samples - 1);
  auto passed = samples_.empty() ? Duration(0) : now - samples_.front().begun;
  // As many samples more as are missing of all but one, so that the running one always counts with what it has so far.
  if (auto whole = passed / settings_.sample * settings_.sample; whole < least) passed += least - whole;
  return passed;
}

double RateWindow::rate(Instant now) {
  expire(now);
  double total = 0;
  for (const auto& sample : samples_) total += sample.amount;
  return total / seconds_of(length(now));
}

Duration RateWindow::excess(double limit, Instant now) {
  auto used = rate(now);
  if (used <= limit) return Duration(0);
  auto wait = std::min((used - limit) / limit * seconds_of(length(now)), longest_seconds);
  return Duration(static_cast<std::int64_t>(wait * 1e9));
}

bool RateWindow::is_idle(Instant now) {
  expire(now);
  return samples_.empty();
}

}  // namespace fulmar
