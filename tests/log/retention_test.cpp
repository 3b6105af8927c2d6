// Retention and rolling: the age of segments, and failures of the disk meanwhile.
#include "broker/log/log_manager.h"
#include "tests/log/log_test_kit.h"

namespace fulmar {
namespace {

constexpr std::int64_t day_ms = 24 * 3600 * 1000;

struct Retention : testing::Test {
  World world{1, LogLevel::error};
  Node& node = world.add_node("broker");

  void on_log(LogConfig config, const std::function<void(Host&, PartitionLog&)>& body, bool clean = false) {
    run_process(
        world, node,
        [&](Host& host) {
          LogManager manager(host, {});
          auto log = manager.open("t-0", config, clean).value_or(nullptr);
          ASSERT_NE(log, nullptr);
          body(host, *log);
          ASSERT_TRUE(log->offline() || manager.close());
        },
        std::chrono::hours(24 * 400));
  }
  static void fill(PartitionLog& log, int batches, Timestamp at) {
    for (int i = 0; i < batches; ++i) ASSERT_TRUE(append(log, batch_of(1, std::string(80, 'v'), at)));
    ASSERT_TRUE(log.wait_stable(log.log_end(), Deadline::never()));
  }
};

LogConfig small_segments(std::int64_t retention_ms = 7 * day_ms) {
  LogConfig config;
  config.segment_bytes = 300;  // two batches
  config.retention_ms = retention_ms;
  return config;
}

// on_change() may change the log, for example raise its start, as replicas do.
TEST_F(Retention, WhoIsToldOfAChangeMayMoveTheStart) {
  bool moved = false;
  on_log(small_segments(10'000), [&](Host&, PartitionLog& log) {
    for (int i = 0; i < 12; ++i) fill(log, 1, 1000 * i);
    log.on_change = [&] {
      if (log.log_start() >= 4 && log.log_start() < 7) {
        ASSERT_TRUE(log.advance_start(7));
      }
    };
    ASSERT_TRUE(log.apply_retention(14'500, log.log_end()));
    log.on_change = nullptr;
    moved = log.log_start() == 7;
  });
  EXPECT_TRUE(moved) << "it never came back";
}

TEST_F(Retention, ANewStartThatCanNotBeWrittenDownIsNoStart) {
  on_log(small_segments(), [&](Host&, PartitionLog& log) { fill(log, 8, node.wall_ms()); });
  for (auto fault : {DiskFaults{.write_error_permille = 1000}, DiskFaults{.sync_error_permille = 1000}}) {
    on_log(small_segments(), [&](Host& host, PartitionLog& log) {
      Offset shown_max = 0;
      log.on_change = [&] { shown_max = std::max(shown_max, log.log_start()); };
      node.disk().set_faults(fault);
      FiberGroup watching;
      watching.spawn("watch", [&] {
        for (;; host.clock().sleep_for(microseconds(10))) shown_max = std::max(shown_max, log.log_start());
      });
      EXPECT_FALSE(log.apply_retention(node.wall_ms() + 8 * day_ms, log.log_end()));
      EXPECT_FALSE(log.advance_start(3));
      watching.cancel();
      watching.join();
      node.disk().set_faults({});
      EXPECT_EQ(log.log_start(), 0);
      EXPECT_EQ(shown_max, 0) << "a start was shown that did not stay";
      EXPECT_EQ(log.held_from(), 0);
      // The start is stored in the segment's mark, and a failed sync of a segment takes the log offline.
      EXPECT_EQ(log.offline(), fault.sync_error_permille > 0);
      log.on_change = nullptr;
    });
  }
  on_log(small_segments(), [&](Host&, PartitionLog& log) {
    EXPECT_EQ(log.log_start(), 0);
    ASSERT_TRUE(log.apply_retention(node.wall_ms() + 8 * day_ms, log.log_end()));
    EXPECT_EQ(log.log_start(), 8);
  });
  on_log(small_segments(), [](Host&, PartitionLog& log) { EXPECT_EQ(log.log_start(), 8); });
}

TEST_F(Retention, WithoutTimestampsSegmentsAgeByWhenTheyWereWritten) {
  for (Timestamp at : {no_timestamp, Timestamp{-5}}) {
    node.disk().wipe();
    on_log(small_segments(), [&](Host& host, PartitionLog& log) {
      fill(log, 4, at);
      ASSERT_TRUE(log.apply_retention(node.wall_ms(), log.log_end()));
      EXPECT_EQ(log.log_start(), 0) << "they are new";
      host.clock().sleep_for(std::chrono::hours(24 * 6));
      fill(log, 4, at);
      ASSERT_TRUE(log.apply_retention(node.wall_ms(), log.log_end()));
      EXPECT_EQ(log.log_start(), 0);
      host.clock().sleep_for(std::chrono::hours(36));
      ASSERT_TRUE(log.apply_retention(node.wall_ms(), log.log_end()));
      EXPECT_EQ(log.log_start(), 4);
    });
    // Recovery writes some data again, but that changes no segment's age; neither does a clean start.
    for (bool clean : {false, true})
      on_log(
          small_segments(),
          [&](Host&, PartitionLog& log) {
            ASSERT_TRUE(log.apply_retention(node.wall_ms() + 5 * day_ms, log.log_end()));
            EXPECT_EQ(log.log_start(), 4);
          },
          clean);
    node.power_loss();
    on_log(small_segments(), [&](Host&, PartitionLog& log) {
      ASSERT_TRUE(log.apply_retention(node.wall_ms() + 6 * day_ms, log.log_end()));
      EXPECT_EQ(log.log_start(), 8);
    });
  }
}

TEST_F(Retention, AWallClockThatWasBehindWhenTheyWereWrittenTakesNothing) {
  on_log(small_segments(), [&](Host& host, PartitionLog& log) {
    node.jump_clock(-400 * day_ms);
    fill(log, 4, no_timestamp);
    node.jump_clock(400 * day_ms);
    host.clock().sleep_for(std::chrono::hours(1));
    ASSERT_TRUE(log.apply_retention(node.wall_ms(), log.log_end()));
    EXPECT_EQ(log.log_start(), 0);
  });
}

TEST_F(Retention, TimestampsFarAwayAreReckonedWith) {
  auto max = std::numeric_limits<Timestamp>::max();
  for (Timestamp at : {max, World::epoch_ms * 1000, World::epoch_ms * 1'000'000, Timestamp{0}}) {
    node.disk().wipe();
    auto config = small_segments();
    config.segment_bytes = 1 << 20;
    on_log(config, [&](Host&, PartitionLog& log) {
      fill(log, 1, at);
      fill(log, 1, no_timestamp);
      fill(log, 1, node.wall_ms());
      fill(log, 1, max);
      ASSERT_TRUE(log.apply_retention(node.wall_ms(), log.log_end()));
      EXPECT_EQ(log.log_start(), at == 0 ? 2 : 0) << "what is in the future stays until it is old, as with Kafka";
    });
  }
}

TEST_F(Retention, SegmentsRollByRecordTimeOrElseByTheClock) {
  LogConfig config;
  config.segment_ms = 1000;
  auto segments_after = [&](Timestamp first, Timestamp second, Duration between, LogConfig with) {
    std::size_t count = 0;
    node.disk().wipe();
    on_log(with, [&](Host& host, PartitionLog& log) {
      fill(log, 1, first);
      host.clock().sleep_for(between);
      fill(log, 1, second);
      count = log.segment_count();
    });
    return count;
  };
  auto max = std::numeric_limits<Timestamp>::max();
  EXPECT_EQ(segments_after(5000, 6000, seconds(9), config), 1u);
  EXPECT_EQ(segments_after(5000, 6001, seconds(0), config), 2u);
  EXPECT_EQ(segments_after(5000, max, seconds(0), config), 2u);
  EXPECT_EQ(segments_after(max, 5000, seconds(9), config), 1u);
  EXPECT_EQ(segments_after(5000, no_timestamp, seconds(9), config), 1u);
  EXPECT_EQ(segments_after(no_timestamp, max, milliseconds(500), config), 1u);
  EXPECT_EQ(segments_after(no_timestamp, no_timestamp, milliseconds(1500), config), 2u);
  LogConfig never = config;
  never.segment_ms = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(segments_after(0, max, seconds(9), never), 1u);
  LogConfig append_time = config;
  append_time.log_append_time = true;
  EXPECT_EQ(segments_after(5000, 5000, seconds(2), append_time), 2u) << "by the time of appending";
  EXPECT_EQ(segments_after(5000, max, seconds(0), append_time), 1u);
}

}  // namespace
}  // namespace fulmar
