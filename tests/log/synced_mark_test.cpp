// Records are soon known to be synced, so that damage to them is never taken for a torn write.
#include "broker/log/synced_mark.h"

#include "broker/log/log_manager.h"
#include "tests/log/log_test_kit.h"

namespace fulmar {
namespace {

TEST(SyncedMark, IsReadBackAndNothingElseIsTakenForOne) {
  for (const auto& known :
       {SyncedMark{7, 3, 0, 0}, SyncedMark{7, 3, 5, 0}, SyncedMark{7, 3, 0, 4}, SyncedMark{7, 3, 5, 4}})
    EXPECT_EQ(SyncedMark::decode(known.encode()), known);
  SyncedMark mark{.synced_end = 1'000'000'007, .log_start = 42};
  auto bytes = mark.encode();
  EXPECT_LE(bytes.size(), attribute_bytes_max);
  auto read = SyncedMark::decode(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->synced_end, mark.synced_end);
  EXPECT_EQ(read->log_start, mark.log_start);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(SyncedMark::decode(damaged)) << bit;
  }
  EXPECT_FALSE(SyncedMark::decode(""));
  EXPECT_FALSE(SyncedMark::decode(bytes + "x"));
}

const std::string value(2000, 'v');
const std::size_t batch_size = batch_of(1, value).size();

// A log with batches of one size, and without a checkpoint.
struct MarkedLog : testing::Test {
  void append_and_sync(PartitionLog& log, int batches) {
    for (int i = 0; i < batches; ++i) {
      ASSERT_TRUE(append(log, batch_of(1, value)));
      if (config.acknowledges_synced()) {
        ASSERT_TRUE(log.wait_stable(log.log_end(), Deadline::never()));
      }
    }
    log.flush();
    ASSERT_TRUE(log.wait_stable(log.log_end(), Deadline::never()));
  }
  // Starts a process that runs `body` on the log and then continues until it is killed.
  void begin(const std::function<void(PartitionLog&)>& body) {
    node.start(1, [this, body](Host& host) {
      EXPECT_TRUE(host.disk().create_directory("t-0"));
      EXPECT_TRUE(host.disk().sync_directory(""));
      LogContext context(host, {});
      auto log = *PartitionLog::open(context, "t-0", config, false);
      body(*log);
      host.stop_requested().wait();
      return 0;
    });
  }
  // The same, and waits until `body` has returned.
  void run(const std::function<void(PartitionLog&)>& body) {
    bool done = false;
    begin([&](PartitionLog& log) {
      body(log);
      done = true;
    });
    ASSERT_TRUE(world.run_until([&] { return done; }, world.now() + seconds(1000)));
  }
  // The end of the log after a start, or the error.
  Result<Offset> end_after_start() {
    Result<Offset> end = fail(Errc::io_error, "not run");
    run_process(world, node, [&](Host& host) {
      LogContext context(host, {});
      auto log = PartitionLog::open(context, "t-0", config, false);
      if (log)
        end = (*log)->log_end();
      else
        end = std::unexpected(log.error());
    });
    return end;
  }
  const FileImage& file() { return *node.disk().image().find(path)->file; }

  World world{1, LogLevel::error};
  Node& node = world.add_node("broker");
  LogConfig config;
  std::string path = "t-0/00000000000000000000.log";
};

TEST_F(MarkedLog, AfterAKillDamageToAnythingAcknowledgedIsDamage) {
  for (int batch = 0; batch < 4; ++batch) {
    run([&](PartitionLog& log) { append_and_sync(log, batch == 0 ? 4 : 0); });
    node.kill();
    auto size = file().current().size();
    auto at = batch_size * static_cast<std::size_t>(batch) + 1000;
    node.disk().damage(path, at);
    auto end = end_after_start();
    ASSERT_FALSE(end.has_value()) << "batch " << batch << " was cut";
    EXPECT_EQ(end.error().code, Errc::corrupt);
    EXPECT_EQ(file().current().size(), size) << "nothing is cut";
    node.disk().damage(path, at);  // undoes the damage
    EXPECT_EQ(end_after_start().value_or(-1), 4);
  }
}

TEST_F(MarkedLog, AfterAPowerLossDamageToWhatAnEarlierSyncCoveredIsDamage) {
  for (bool page_cache : {false, true}) {
    node.disk().wipe();
    config.flush_messages = page_cache ? std::numeric_limits<std::int64_t>::max() : 1;
    run([&](PartitionLog& log) {
      append_and_sync(log, 3);
      append_and_sync(log, 1);
      ASSERT_TRUE(append(log, batch_of(1, std::string(5000, 'u'))));  // under way when the power goes
    });
    node.power_loss();
    node.disk().damage(path, batch_size * 2 + 1000);  // of the third batch, which the sync before the last one covered
    auto end = end_after_start();
    ASSERT_FALSE(end.has_value()) << "page cache " << page_cache;
    EXPECT_EQ(end.error().code, Errc::corrupt);
  }
}

TEST_F(MarkedLog, WithoutMarksTheCheckpointIsWhatIsKnown) {
  run([&](PartitionLog& log) {
    append_and_sync(log, 2);
    ASSERT_TRUE(log.checkpoint());
    append_and_sync(log, 2);
  });
  node.kill();
  run_process(world, node, [&](Host& host) {
    auto copy = host.disk().open(path, OpenMode::read_write).value();
    ASSERT_TRUE(copy->set_attribute(""));
  });
  node.disk().damage(path, batch_size * 3 + 1000);
  EXPECT_EQ(end_after_start().value_or(-1), 3) << "above the checkpoint it is taken for a torn write";
}

TEST_F(MarkedLog, ALostCheckpointForgetsNeitherTheStartNorWhatWasSynced) {
  run([&](PartitionLog& log) {
    append_and_sync(log, 2);
    ASSERT_TRUE(log.advance_start(2));
    append_and_sync(log, 2);
  });
  node.kill();
  run_process(world, node, [&](Host& host) { ASSERT_TRUE(host.disk().remove("t-0/fulmar-checkpoint")); });
  run([](PartitionLog& log) {
    EXPECT_EQ(log.log_start(), 2);
    EXPECT_EQ(log.log_end(), 4);
  });
  node.kill();
  run_process(world, node, [&](Host& host) { ASSERT_TRUE(host.disk().remove("t-0/fulmar-checkpoint")); });
  node.disk().damage(path, batch_size * 3 + 1000);
  EXPECT_FALSE(end_after_start().has_value());
}

// Whenever the process is killed.
TEST_F(MarkedLog, ACutThatTakesTheMarkedSegmentLeavesWhatIsKeptMarked) {
  config.segment_bytes = static_cast<std::int64_t>(2 * batch_size);
  config.flush_messages = 1000;  // one sync, one mark
  bool done = false;
  for (int moment = 0; !done; ++moment) {
    node.disk().wipe();
    bool cutting = false;
    begin([&](PartitionLog& log) {
      for (int i = 0; i < 5; ++i) EXPECT_TRUE(append(log, batch_of(1, value)));
      log.flush();
      EXPECT_TRUE(log.wait_stable(5, Deadline::never()));
      EXPECT_EQ(log.segment_count(), 3u);
      cutting = true;
      EXPECT_TRUE(log.truncate_to(3));
      done = true;
    });
    ASSERT_TRUE(world.run_until([&] { return cutting; }, world.now() + seconds(1)));
    world.run_for(moment * microseconds(50));
    node.kill();
    node.disk().damage("t-0/00000000000000000002.log", 1000);
    auto end = end_after_start();
    EXPECT_FALSE(end.has_value()) << "damage to what was synced is taken for a torn write, moment " << moment;
  }
}

// Records of two leaders, of which those of the first are cut off: whenever the power fails, they do not count as lost.
TEST(CutLog, WhatWasCutOffIsNotMissed) {
  LogConfig config;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    World world(seed, LogLevel::error);
    auto& node = world.add_node("broker");
    auto random = world.random().split("cuts");
    config.segment_bytes = seed % 2 == 0 ? 1500 : 1 << 20;
    node.start(1, [&](Host& host) {
      EXPECT_TRUE(host.disk().create_directory("t-0"));
      EXPECT_TRUE(host.disk().sync_directory(""));
      LogContext context(host, {});
      auto log = *PartitionLog::open(context, "t-0", config, false);
      for (Epoch epoch = 0;; ++epoch) {
        for (auto n = random.between(1, 8); n > 0; --n) {
          auto batch = batch_of(static_cast<int>(random.between(1, 3)), std::string(300, 'v'));
          EXPECT_TRUE(append(*log, batch, epoch));
          if (random.chance(1, 2)) log->wait_stable(log->log_end(), Deadline::never());
        }
        EXPECT_TRUE(log->truncate_to(log->log_end() - random.between(0, std::min<Offset>(log->log_end(), 10))));
      }
      return 0;
    });
    world.run_for(microseconds(random.between(1'000, 100'000)));
    seed % 3 == 0 ? node.kill() : node.power_loss();
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", config, false);
      EXPECT_TRUE(log.has_value()) << to_string(log.error()) << ", seed " << seed;
    });
  }
}

}  // namespace
}  // namespace fulmar
