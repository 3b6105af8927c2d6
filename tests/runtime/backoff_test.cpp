#include "runtime/host/backoff.h"

#include <set>

#include "runtime/fiber/group.h"
#include "world_under_test.h"

namespace fulmar {
namespace {

using BackoffTest = WorldUnderTest;
FULMAR_IN_EVERY_WORLD(BackoffTest);

// How long a pause was at least is known in every world; how long at most, only where nothing else runs.
TEST_P(BackoffTest, PausesDoubleUpToTheLimitUntilTheyAreReset) {
  const bool exact = std::string(GetParam()) == "sim";
  run(1, [exact](Host& host) {
    Backoff backoff(host, milliseconds(4), milliseconds(14));
    auto expect_pause_of_up_to = [&](Duration whole) {
      auto begun = host.clock().now();
      backoff.pause();
      auto taken = host.clock().now() - begun;
      EXPECT_GE(taken, whole / 2);
      if (exact) {
        EXPECT_LE(taken, whole);
      }
    };
    for (auto whole : {4, 8, 14, 14}) expect_pause_of_up_to(milliseconds(whole));
    backoff.reset();
    for (auto whole : {4, 8}) expect_pause_of_up_to(milliseconds(whole));
  });
}

TEST_P(BackoffTest, WhoPausesAtTheSameTimeDoesNotGoOnAtTheSameTime) {
  if (std::string(GetParam()) != "sim") GTEST_SKIP() << "only there, time is exact";
  run(1, [](Host& host) {
    std::set<std::int64_t> ends;
    FiberGroup all;
    for (int who = 0; who < 8; ++who)
      all.spawn("pause", [&] {
        Backoff(host, seconds(1), seconds(1)).pause();
        ends.insert(host.clock().now().ns);
      });
    all.join();
    EXPECT_EQ(ends.size(), 8u);
  });
}

}  // namespace
}  // namespace fulmar
