// A shortage of space is logged once, and so is its end.
#include "broker/log/shortage_log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/host/clock.h"
#include "tests/log/log_test_kit.h"
#include "tests/runtime/log_lines.h"

namespace fulmar {
namespace {

TEST(ShortageLog, SaysOnceThatThereIsNoRoomAndOnceThatThereIs) {
  World world{1};
  auto& node = world.add_node("node");
  run_process(world, node, [](Host& host) {
    LogLines lines;
    ShortageLog log(host, Logger(lines, "test"));
    log.written();
    log.refused("t-0", {Errc::io_error, "the device failed"});
    EXPECT_TRUE(lines.lines.empty()) << "that is no shortage";
    for (int i = 0; i < 100; ++i) {
      log.refused("t-" + std::to_string(i), {Errc::no_space, "write"});
      host.clock().sleep_for(seconds(1));
      log.written();
    }
    EXPECT_EQ(lines.lines, std::vector<std::string>{"no room to write at=t-0 reason=\"no_space: write\""});
    host.clock().sleep_for(ShortageLog::calm_min);
    log.written();
    log.written();
    ASSERT_EQ(lines.lines.size(), 2u);
    EXPECT_EQ(lines.lines[1], "has room again refused=100");
    log.refused("t-0", {Errc::no_resources, "open"});
    ASSERT_EQ(lines.lines.size(), 3u);
    EXPECT_EQ(lines.lines[2], "no room to write at=t-0 reason=\"no_resources: open\"");
  });
}

}  // namespace
}  // namespace fulmar
