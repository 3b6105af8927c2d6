// Logs on disks that fail at every step in turn, and machines that lose power at any moment.
#include "broker/log/log_manager.h"
#include "log_test_kit.h"

namespace fulmar {
namespace {

LogConfig small_segments() {
  LogConfig config;
  config.segment_bytes = 700;
  config.index_interval_bytes = 64;
  return config;
}

std::string value_of(int i) {
  return "record " + std::to_string(i) + std::string(static_cast<std::size_t>(i % 90), '.');
}

// Appends forever, and writes down what was acknowledged as stable.
void append_forever(Host& host, int* acknowledged) {
  LogManager manager(host, {.checkpoint_interval = milliseconds(20)});
  auto log = manager.open("t-0", small_segments(), false);
  ASSERT_NE(log, nullptr);
  manager.start();
  for (auto next = static_cast<int>(log->log_end());; ++next) {
    ASSERT_TRUE(append(*log, batch_of(1, value_of(next))));
    if (next % 3 == 0 && log->wait_stable(next + 1, Deadline::never())) *acknowledged = next + 1;
  }
}

TEST(Crash, AfterAPowerLossTheLogIsAPrefixWithAllThatWasStable) {
  int lost_something = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    World world(seed, LogLevel::error);
    auto& node = world.add_node("broker");
    int acknowledged = 0;
    for (int life = 0; life < 3; ++life) {
      node.start(1, [&](Host& host) {
        append_forever(host, &acknowledged);
        return 0;
      });
      world.run_for(microseconds(world.random().split(static_cast<std::uint64_t>(life)).between(1'000, 150'000)));
      seed % 4 == 0 ? node.kill() : node.power_loss();
      run_process(world, node, [&](Host& host) {
        LogManager manager(host, {});
        auto log = manager.open("t-0", small_segments(), false);
        ASSERT_NE(log, nullptr) << "seed " << seed;
        ASSERT_GE(log->log_end(), acknowledged) << "seed " << seed;
        lost_something += log->log_end() == acknowledged;
        auto records = read_all(*log, 0);
        ASSERT_EQ(records.size(), static_cast<std::size_t>(log->log_end()));
        for (std::size_t i = 0; i < records.size(); ++i)
          ASSERT_EQ(records[i].value->view(), value_of(static_cast<int>(i))) << "seed " << seed;
      });
    }
    node.kill();
    EXPECT_TRUE(world.leaks().empty());
  }
  EXPECT_GT(lost_something, 0);
}

TEST(Crash, DamageBelowWhatWasSyncedIsReportedAndNothingIsCut) {
  World world(5, LogLevel::error);
  auto& node = world.add_node("broker");
  LogConfig config;
  run_process(world, node, [&](Host& host) {
    LogManager manager(host, {});
    auto log = manager.open("t-0", config, false);
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(append(*log, batch_of(1, value_of(i))));
    ASSERT_TRUE(log->close());
  });
  auto path = "t-0/00000000000000000000.log";
  auto size = node.disk().image().files().at(path)->current().size();
  node.disk().damage(path, size / 2);
  run_process(world, node, [&](Host& host) {
    LogManager manager(host, {});
    EXPECT_EQ(manager.open("t-0", config, false), nullptr);
  });
  EXPECT_EQ(node.disk().image().files().at(path)->current().size(), size);
}

// As SQLite does it: the Nth operation fails, for every N, and nothing that was acknowledged may be missing after.
// A write failed half-way, its rest was cut away, the log went on in the next segment, and a power loss brought the
// rest back: nothing is missing, whatever the checkpoint says.
TEST(Crash, RubbishBetweenSegmentsThatFollowEachOtherTakesNothingAlong) {
  for (bool checkpointed : {false, true}) {
    World world(1, LogLevel::error);
    auto& node = world.add_node("broker");
    Offset end = 0;
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false);
      for (int i = 0; i < 30; ++i) ASSERT_TRUE(append(*log, batch_of(1, value_of(i))));
      ASSERT_TRUE(log->wait_stable(log->log_end(), Deadline::never()));
      if (checkpointed) {
        ASSERT_TRUE(log->checkpoint());
      }
      ASSERT_GT(log->segment_count(), 3u);
      auto file = host.disk().open(log->segments()[1]->path(".log"), OpenMode::read_write).value();
      ASSERT_TRUE(file->write_at(file->size(), ByteChain(Bytes::copy_of(std::string(113, '\7')))));
      end = log->log_end();
    });
    node.kill();
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false);
      ASSERT_NE(log, nullptr);
      EXPECT_EQ(log->log_end(), end);
      EXPECT_EQ(read_all(*log, 0).size(), 30u);
    });
  }
}

// A page-cache topic rolled, the process was killed, and the power goes while recovery runs: a checkpoint that outlives
// it must not speak of a segment whose name does not.
TEST(Crash, ThePowerMayGoAtAnyMomentOfRecovery) {
  auto config = small_segments();
  config.flush_messages = std::numeric_limits<std::int64_t>::max();
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    World world(seed, LogLevel::error);
    auto& node = world.add_node("broker");
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", config, false);
      while (log->segment_count() < 4)
        ASSERT_TRUE(append(*log, batch_of(1, value_of(static_cast<int>(log->log_end())))));
    });
    node.start(1, [&](Host& host) {
      LogManager manager(host, {});
      (void)manager.open("t-0", config, false);
      host.clock().sleep_for(seconds(1));
      return 0;
    });
    world.run_for(microseconds(static_cast<std::int64_t>(seed) * 100));
    node.power_loss();
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      EXPECT_NE(manager.open("t-0", config, false), nullptr) << "seed " << seed;
    });
  }
}

TEST(Crash, WhicheverSyncFailsNothingAcknowledgedIsLost) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    World world(seed, LogLevel::error);
    auto& node = world.add_node("broker");
    int acknowledged = 0;
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false);
      ASSERT_NE(log, nullptr);
      for (int i = 0; i < 60; ++i) {
        if (i == static_cast<int>(seed % 60)) node.disk().set_faults({.sync_error_permille = 500});
        if (!append(*log, batch_of(1, value_of(i)))) break;
        if (log->wait_stable(i + 1, Deadline::never())) acknowledged = i + 1;
      }
    });
    node.disk().set_faults({});
    node.power_loss();
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false);
      ASSERT_NE(log, nullptr);
      EXPECT_GE(log->log_end(), acknowledged) << "seed " << seed;
    });
  }
}

}  // namespace
}  // namespace fulmar
