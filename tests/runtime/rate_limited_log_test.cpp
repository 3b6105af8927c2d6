// Lines that any client can cause as often as it likes do not fill the disk: few are written, and the number of the
// others.
#include "runtime/host/rate_limited_log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/host/clock.h"
#include "sim/world.h"
#include "tests/runtime/log_lines.h"

namespace fulmar {
namespace {

void in_a_fiber(const std::function<void(Host&)>& body) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("node");
  node.start(1, [&](Host& host) {
    body(host);
    return 0;
  });
  ASSERT_TRUE(world.run_until([&] { return !node.running(); }, Instant{} + seconds(1000)));
  node.kill();
  EXPECT_TRUE(world.leaks().empty());
}

TEST(RateLimitedLog, TheFirstLinesAreWrittenAndTheOthersCounted) {
  in_a_fiber([](Host& host) {
    LogLines lines;
    RateLimitedLog log(host, Logger(lines, "test"));
    for (int i = 0; i < 1239; ++i) log.warn("connection refused", {{"peer", i}});
    log.warn("another thing");
    EXPECT_EQ(lines.lines, (std::vector<std::string>{"connection refused peer=0", "connection refused peer=1",
                                                     "connection refused peer=2", "connection refused peer=3",
                                                     "connection refused peer=4", "another thing"}));
    lines.lines.clear();
    host.clock().sleep_for(seconds(11));
    EXPECT_EQ(lines.lines, std::vector<std::string>{"connection refused, and 1234 more in the last 10 s"});
  });
}

TEST(RateLimitedLog, AfterAQuietTimeItSpeaksAgain) {
  in_a_fiber([](Host& host) {
    LogLines lines;
    RateLimitedLog log(host, Logger(lines, "test"));
    for (int i = 0; i < 100; ++i) log.warn("no request");
    host.clock().sleep_for(seconds(30));
    lines.lines.clear();
    log.warn("no request", {{"peer", "x"}});
    EXPECT_EQ(lines.lines, std::vector<std::string>{"no request peer=x"});
  });
}

TEST(RateLimitedLog, AFloodThatGoesOnIsCountedAgainAndAgainAndNothingIsLost) {
  in_a_fiber([](Host& host) {
    LogLines lines;
    RateLimitedLog log(host, Logger(lines, "test"));
    for (int i = 0; i < 10'000; ++i) {
      log.warn("no request");
      host.clock().sleep_for(milliseconds(10));
    }
    host.clock().sleep_for(seconds(30));
    EXPECT_LT(lines.lines.size(), 100u);
    std::uint64_t told = 0;
    for (const auto& line : lines.lines) {
      auto count = line.find(", and ");
      told += count == std::string::npos ? 1 : std::stoull(line.substr(count + 6));
    }
    EXPECT_EQ(told, 10'000u);
  });
}

TEST(RateLimitedLog, WhatIsNotLoggedIsNotCounted) {
  in_a_fiber([](Host& host) {
    LogLines lines;
    RateLimitedLog log(host, Logger(lines, "test"));
    for (int i = 0; i < 100; ++i) log.log(LogLevel::debug, "ordinary");
    host.clock().sleep_for(seconds(30));
    EXPECT_TRUE(lines.lines.empty());
  });
}

}  // namespace
}  // namespace fulmar
