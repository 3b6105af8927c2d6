#include "broker/security/rate_window.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace fulmar {
namespace {

Instant at(double seconds_in) {
  return Instant{static_cast<std::int64_t>(seconds_in * 1e9)};
}

// Kafka's own numbers: ClientQuotaManagerTest, testQuotaViolation: quota of 500 bytes a second, 10 samples of a second
// with 400 bytes each; half a second into the eleventh 2,300 more: 600 a second over 10.5 s, so 2.1 s to wait.
TEST(RateWindow, ThrottlesAsKafka) {
  RateWindow window({.sample = seconds(1), .samples = 11});
  for (int n = 0; n < 10; ++n) {
    window.count(400, at(n));
    EXPECT_EQ(window.excess(500, at(n)), Duration(0)) << n;
  }
  window.count(2300, at(10.5));
  EXPECT_DOUBLE_EQ(window.rate(at(10.5)), 600.0);
  EXPECT_EQ(window.excess(500, at(10.5)), milliseconds(2100));
}

TEST(RateWindow, ABurstAtFirstCountsOverTheWholeWindow) {
  RateWindow window({.sample = seconds(1), .samples = 11});
  window.count(1000, at(5));
  EXPECT_DOUBLE_EQ(window.rate(at(5)), 100.0);
  EXPECT_EQ(window.excess(100, at(5)), Duration(0));
  EXPECT_EQ(window.excess(50, at(5)), seconds(10)) << "twice as much as allowed in ten seconds";
}

TEST(RateWindow, ExpiresAndSaturates) {
  RateWindow window({.sample = seconds(1), .samples = 2});
  EXPECT_TRUE(window.is_idle(at(0)));
  EXPECT_EQ(window.excess(1, at(0)), Duration(0));
  window.count(1e300, at(0));
  EXPECT_FALSE(window.is_idle(at(1)));
  EXPECT_LE(window.excess(1e-9, at(0)), seconds(2'000'000));
  EXPECT_TRUE(window.is_idle(at(2)));
  EXPECT_EQ(window.rate(at(2)), 0);
}

// Whoever waits for as long as it is told stays within the limit, but for one window of burst. Samples expire as a
// whole, and a wait may outlast the window: hence a tenth more of small amounts, and twice as much of amounts that are
// more than a window's worth each.
void keeps_the_limit(double amount_max, double factor) {
  const double limit = *rc::gen::inRange(1, 1000);
  const auto parts = *rc::gen::container<std::vector<int>>(50, rc::gen::inRange(0, 1000));
  RateWindow window({.sample = seconds(1), .samples = 11});
  Instant now = at(1);
  double total = 0;
  for (auto part : parts) {
    double amount = part * amount_max * limit / 1000;
    window.count(amount, now);
    total += amount;
    now = now + window.excess(limit, now) + milliseconds(*rc::gen::inRange(0, 300));
  }
  const double passed = static_cast<double>((now - at(1)).count()) / 1e9;
  RC_ASSERT(total <= limit * (factor * passed + 11));
}

RC_GTEST_PROP(RateWindow, KeepsTheLimitOfSmallAmounts, ()) {
  keeps_the_limit(1, 1.1);
}
RC_GTEST_PROP(RateWindow, KeepsTwiceTheLimitOfLargeAmounts, ()) {
  keeps_the_limit(100, 2.0);
}

}  // namespace
}  // namespace fulmar
