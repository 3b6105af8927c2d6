// Logs on disks on which each operation fails in turn, and on machines that lose power at any moment.
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

// Appends forever, and counts the records that were acknowledged as stable.
void append_forever(Host& host, int* acknowledged) {
  LogManager manager(host, {.checkpoint_interval = milliseconds(20)});
  auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
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
        auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
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
    auto log = manager.open("t-0", config, false).value_or(nullptr);
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(append(*log, batch_of(1, value_of(i))));
    ASSERT_TRUE(log->close());
  });
  auto path = "t-0/00000000000000000000.log";
  auto size = node.disk().image().files().at(path)->current().size();
  node.disk().damage(path, size / 2);
  run_process(world, node, [&](Host& host) {
    LogManager manager(host, {});
    EXPECT_FALSE(manager.open("t-0", config, false).has_value());
  });
  EXPECT_EQ(node.disk().image().files().at(path)->current().size(), size);
}

// The epochs of a log, from its batches.
std::vector<EpochCache::Entry> epochs_in(PartitionLog& log) {
  EpochCache epochs;
  for (const auto& segment : log.segments()) {
    EXPECT_TRUE(segment->scan(0, [&](const BatchHeader& header, std::uint64_t) {
      epochs.add(header.leader_epoch, header.base_offset);
      return true;
    }));
  }
  return {epochs.entries().begin(), epochs.entries().end()};
}

// Appends as under changing leaders, some of which cut off records of their predecessors.
void lead_forever(Host& host, const LogConfig& config, Random random) {
  LogManager manager(host, {.checkpoint_interval = milliseconds(20)});
  auto log = manager.open("t-0", config, false).value_or(nullptr);
  ASSERT_NE(log, nullptr);
  manager.start();
  for (auto epoch = log->epochs().latest().value_or(0);; epoch += static_cast<Epoch>(random.between(0, 2))) {
    if (random.chance(1, 3)) {
      ASSERT_TRUE(log->truncate_to(log->log_end() - random.between(0, log->log_end() / 2)));
    }
    for (auto n = random.between(1, 20); n > 0; --n) {
      ASSERT_TRUE(append(*log, batch_of(1, value_of(static_cast<int>(log->log_end()))), epoch));
      if (random.chance(1, 4)) host.clock().sleep_for(microseconds(random.between(0, 3000)));
    }
  }
}

TEST(Crash, TheEpochsThatAreRecoveredAreThoseOfTheBatches) {
  int several = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    World world(seed, LogLevel::error);
    auto random = world.random().split("epochs");
    auto config = small_segments();
    if (seed % 2 == 0) config.flush_messages = std::numeric_limits<std::int64_t>::max();
    auto& node = world.add_node("broker");
    for (std::uint64_t life = 0; life < 4; ++life) {
      node.start(1, [&, life](Host& host) {
        lead_forever(host, config, random.split(life));
        return 0;
      });
      world.run_for(microseconds(random.between(1'000, 150'000)));
      seed % 3 == 0 ? node.power_loss() : node.kill();
      run_process(world, node, [&](Host& host) {
        LogManager manager(host, {});
        auto opened = manager.open("t-0", config, false);
        ASSERT_TRUE(opened.has_value()) << to_string(opened.error()) << ", seed " << seed << ", life " << life;
        const auto& log = *opened;
        auto known = log->epochs().entries();
        ASSERT_EQ(std::vector(known.begin(), known.end()), epochs_in(*log)) << "seed " << seed << ", life " << life;
        several += log->segment_count() > 3 && known.size() > 3;
      });
      node.kill();
    }
  }
  EXPECT_GT(several, 100);
}

// Appends batches of various sizes by idempotent producers, and cuts some of them off again.
void write_forever(Host& host, const LogConfig& config, Random random) {
  LogManager manager(host, {.checkpoint_interval = milliseconds(5)});
  auto log = manager.open("t-0", config, false).value_or(nullptr);
  ASSERT_NE(log, nullptr);
  manager.start();
  for (;;) {
    if (auto at = log->log_end() - random.between(0, log->log_end() / 2); random.chance(1, 20)) {
      auto batch = log->read(at, log->log_end(), 1, true);
      ASSERT_TRUE(log->truncate_to(batch && !batch->empty() ? read_batch_header(batch->view())->base_offset : at));
    }
    BatchOptions options{.producer_id = random.between(1, 3), .producer_epoch = 0, .base_sequence = 0};
    const auto& known = log->producers().producers();
    if (auto producer = known.find(options.producer_id); producer != known.end())
      options.base_sequence = producer->second.last().last_sequence + 1;
    std::string value(static_cast<std::size_t>(random.between(0, 300)), 'v');
    ASSERT_TRUE(append(*log, batch_of(static_cast<int>(random.between(1, 3)), value, World::epoch_ms, options)));
    if (random.chance(1, 3))
      host.clock().sleep_for(microseconds(random.between(0, random.chance(1, 5) ? 10'000 : 1'000)));
  }
}

// After a segment was cut and then got other batches, its old indexes and snapshots are not valid any more.
TEST(Crash, WhatLiesBesideASegmentIsBelievedOnlyIfItIsOfThatSegment) {
  int several = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    World world(seed, LogLevel::error);
    auto random = world.random().split("beside");
    auto config = small_segments();
    config.index_interval_bytes = 1;
    if (seed % 2 == 0) config.flush_messages = std::numeric_limits<std::int64_t>::max();
    auto& node = world.add_node("broker");
    for (std::uint64_t life = 0; life < 4; ++life) {
      node.start(1, [&, life](Host& host) {
        write_forever(host, config, random.split(life));
        return 0;
      });
      world.run_for(microseconds(random.between(1'000, 150'000)));
      seed % 3 == 0 ? node.power_loss() : node.kill();
      run_process(world, node, [&](Host& host) {
        LogManager manager(host, {});
        auto opened = manager.open("t-0", config, false);
        ASSERT_TRUE(opened.has_value()) << to_string(opened.error()) << ", seed " << seed << ", life " << life;
        const auto& log = *opened;
        ProducerState producers;
        for (const auto& segment : log->segments()) {
          ASSERT_TRUE(segment->scan(0, [&](const BatchHeader& header, std::uint64_t) {
            producers.update(header, std::nullopt, host.clock().now());
            return true;
          }));
        }
        EXPECT_EQ(log->producers().encode().view(), producers.encode().view()) << "seed " << seed;
        for (Offset offset = 0; offset < log->log_end(); ++offset) {
          auto batch = log->read(offset, log->log_end(), 1, true);
          ASSERT_TRUE(batch.has_value()) << to_string(batch.error()) << ", seed " << seed << ", life " << life;
          auto header = read_batch_header(batch->view());
          ASSERT_TRUE(header && header->base_offset <= offset && offset < header->next_offset()) << "seed " << seed;
        }
        several += log->segment_count() > 3;
      });
      node.kill();
    }
  }
  EXPECT_GT(several, 100);
}

// A segment was closed and its indexes written; it was cut, got other batches, and was closed again; the process ended
// before its indexes were written again, and the next process ended during recovery. The end of the old index fits the
// new batches, so only reading each batch shows that the index is not valid.
TEST(Crash, AnIndexOfWhatWasCutAwayIsNotBelieved) {
  LogConfig config;
  config.segment_bytes = 4000;
  config.index_interval_bytes = 1;
  for (auto recovering = microseconds(0); recovering < milliseconds(5); recovering += microseconds(50)) {
    World world(1, LogLevel::error);
    auto& node = world.add_node("broker");
    run_process(world, node, [&](Host& host) {
      ASSERT_TRUE(host.disk().create_directory("t-0"));
      LogContext context(host, {});
      auto log = *PartitionLog::open(context, "t-0", config, false);
      while (log->segment_count() < 2) ASSERT_TRUE(append(*log, batch_of(1, std::string(100, 'v'))));
      ASSERT_TRUE(log->close());
      auto closed_at = log->segments().front()->next_offset();
      ASSERT_EQ(closed_at % 2, 1);
      ASSERT_TRUE(log->truncate_to(2));
      while (log->log_end() < closed_at)
        ASSERT_TRUE(append(*log, batch_of(1, std::string(log->log_end() % 2 == 0 ? 90 : 110, 'v'))));
      ASSERT_TRUE(log->wait_stable(log->log_end(), Deadline::never()));
      ASSERT_TRUE(log->checkpoint());
      ASSERT_EQ(log->segment_count(), 1u);
      ASSERT_TRUE(append(*log, batch_of(1, std::string(300, 'v'))));
      ASSERT_EQ(log->segment_count(), 2u);
    });
    node.start(1, [&](Host& host) {
      LogContext context(host, {});
      auto log = PartitionLog::open(context, "t-0", config, false);
      host.stop_requested().wait();
      return 0;
    });
    world.run_for(recovering);
    node.kill();
    run_process(world, node, [&](Host& host) {
      LogContext context(host, {});
      auto log = PartitionLog::open(context, "t-0", config, false);
      ASSERT_TRUE(log.has_value()) << to_string(log.error());
      for (Offset offset = 0; offset < (*log)->log_end(); ++offset) {
        auto batch = (*log)->read(offset, (*log)->log_end(), 1, true);
        ASSERT_TRUE(batch && !batch->empty()) << offset;
        ASSERT_EQ(read_batch_header(batch->view())->base_offset, offset);
      }
    });
  }
}

TEST(Crash, TheFileOfEpochsIsMadeAnewFromTheBatchesUnlessItCanNotBeRead) {
  const std::string file = "t-0/leader-epoch-checkpoint";
  for (bool gone : {true, false}) {
    World world(1, LogLevel::error);
    auto& node = world.add_node("broker");
    std::vector<EpochCache::Entry> epochs;
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = *manager.open("t-0", small_segments(), false);
      for (Epoch epoch : {1, 4, 5})
        for (int i = 0; i < 20; ++i) ASSERT_TRUE(append(*log, batch_of(1, value_of(i)), epoch));
      epochs = epochs_in(*log);
      ASSERT_TRUE(manager.close());
      if (gone) {
        ASSERT_TRUE(host.disk().remove(file));
      }
    });
    if (!gone) node.disk().damage(file, 0);
    run_process(world, node, [&](Host& host) {
      LogContext context(host, {});
      auto log = PartitionLog::open(context, "t-0", small_segments(), true);
      ASSERT_TRUE(log.has_value()) << to_string(log.error());
      auto known = (*log)->epochs().entries();
      EXPECT_EQ(std::vector(known.begin(), known.end()), epochs);
    });
    node.disk().set_faults({.read_error_permille = 1000});
    run_process(world, node, [&](Host& host) {
      LogContext context(host, {});
      EXPECT_FALSE(PartitionLog::open(context, "t-0", small_segments(), true).has_value());
    });
  }
}

// Records that were cut off do not come back, whichever later writes a power loss undoes.
TEST(Crash, ACutIsForGood) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    World world(seed, LogLevel::error);
    auto& node = world.add_node("broker");
    auto config = small_segments();
    config.flush_messages = std::numeric_limits<std::int64_t>::max();
    node.start(1, [&](Host& host) {
      LogManager manager(host, {});
      auto log = *manager.open("t-0", config, false);
      for (int i = 0; i < 12; ++i) EXPECT_TRUE(append(*log, batch_of(1, value_of(i)), 1));
      EXPECT_TRUE(log->checkpoint());
      log->flush();
      EXPECT_TRUE(log->wait_stable(12, Deadline::never()));
      EXPECT_TRUE(log->truncate_to(9));
      for (int i = 0; i < 9; ++i) EXPECT_TRUE(append(*log, batch_of(1, std::string(200, 'n')), 2));
      host.stop_requested().wait();
      return 0;
    });
    world.run_for(milliseconds(200));
    node.power_loss();
    run_process(world, node, [&](Host& host) {
      LogContext context(host, {});
      auto log = PartitionLog::open(context, "t-0", config, false);
      ASSERT_TRUE(log.has_value()) << to_string(log.error()) << ", seed " << seed;
      auto known = (*log)->epochs().entries();
      EXPECT_EQ(std::vector(known.begin(), known.end()), epochs_in(**log)) << "seed " << seed;
      EXPECT_GE((*log)->log_end(), 9) << "seed " << seed;
      bool grown = (*log)->log_end() > 9;
      EXPECT_EQ((*log)->epochs().epoch_of(9), grown ? 2 : 1) << "seed " << seed;
    });
  }
}

// The case that the segment is closed before the cut of its end is synced.
TEST(Crash, ACutIsAsStableAsWhatFollowsIt) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    World world(seed, LogLevel::error);
    auto& node = world.add_node("broker");
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = *manager.open("t-0", small_segments(), false);
      for (int i = 0; i < 3; ++i) ASSERT_TRUE(append(*log, batch_of(1, std::string(100, 'o')), 1));
      ASSERT_TRUE(log->wait_stable(3, Deadline::never()));
      ASSERT_TRUE(log->truncate_to(2));
      ASSERT_TRUE(append(*log, batch_of(1, std::string(400, 'n')), 2));
      ASSERT_EQ(log->segment_count(), 2u);
      ASSERT_TRUE(log->wait_stable(3, Deadline::never()));
    });
    node.power_loss();
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
      ASSERT_NE(log, nullptr) << "seed " << seed;
      ASSERT_EQ(log->log_end(), 3) << "seed " << seed;
      EXPECT_EQ(read_all(*log, 2).front().value->view(), std::string(400, 'n')) << "seed " << seed;
    });
  }
}

// A write failed half-way, its rest was cut off, the log continued in the next segment, and a power loss brought the
// rest back: no record is missing, whether or not there is a checkpoint.
TEST(Crash, RubbishBetweenSegmentsThatFollowEachOtherTakesNothingAlong) {
  for (bool checkpointed : {false, true}) {
    World world(1, LogLevel::error);
    auto& node = world.add_node("broker");
    Offset end = 0;
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
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
      auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
      ASSERT_NE(log, nullptr);
      EXPECT_EQ(log->log_end(), end);
      EXPECT_EQ(read_all(*log, 0).size(), 30u);
    });
  }
}

// A log in the page cache rolled, the process was killed, and the power fails during recovery: a checkpoint that
// survives must not cover a segment whose name does not.
TEST(Crash, ThePowerMayGoAtAnyMomentOfRecovery) {
  auto config = small_segments();
  config.flush_messages = std::numeric_limits<std::int64_t>::max();
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    World world(seed, LogLevel::error);
    auto& node = world.add_node("broker");
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", config, false).value_or(nullptr);
      while (log->segment_count() < 4)
        ASSERT_TRUE(append(*log, batch_of(1, value_of(static_cast<int>(log->log_end())))));
    });
    node.start(1, [&](Host& host) {
      LogManager manager(host, {});
      (void)manager.open("t-0", config, false);
      host.stop_requested().wait();
      return 0;
    });
    world.run_for(microseconds(static_cast<std::int64_t>(seed) * 100));
    node.power_loss();
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      EXPECT_TRUE(manager.open("t-0", config, false).has_value()) << "seed " << seed;
    });
  }
}

// A new log with this number of batches, of one record each, in epoch 1, all synced.
std::shared_ptr<PartitionLog> filled_log(LogManager& manager, int batches) {
  auto log = manager.open("t-0", small_segments(), false).value();
  for (int i = 0; i < batches; ++i) EXPECT_TRUE(append(*log, batch_of(1, value_of(i)), 1));
  EXPECT_TRUE(log->wait_stable(batches, Deadline::never()));
  return log;
}

// A log is started over below its start, and the process is killed meanwhile: that causes no damage.
TEST(Crash, BeginningAnewMayBeInterruptedAtAnyMoment) {
  for (auto under_way = microseconds(0); under_way < milliseconds(12); under_way += microseconds(100)) {
    World world(1, LogLevel::error);
    auto& node = world.add_node("broker");
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = filled_log(manager, 20);
      ASSERT_TRUE(log->advance_start(17));
      FiberGroup group;
      group.spawn("start over", [&] { (void)log->start_over(15, 1); });
      host.clock().sleep_for(under_way);
    });
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false);
      EXPECT_TRUE(log.has_value()) << to_string(log.error()) << " after " << under_way.count() << " ns";
    });
  }
}

// At all times the log ends at or above the records that its replica has acknowledged: otherwise the replica might vote
// for a candidate that lacks them.
TEST(Crash, ALogThatBeginsAnewFurtherOnNeverEndsLower) {
  int moved = 0;
  for (auto under_way = microseconds(0); under_way < milliseconds(60); under_way += microseconds(200)) {
    World world(1, LogLevel::error);
    auto& node = world.add_node("broker");
    bool begun = false;
    node.start(1, [&](Host& host) {
      LogManager manager(host, {});
      auto log = filled_log(manager, 20);
      EXPECT_TRUE(log->wait_stable(20, Deadline::never()));
      begun = true;
      (void)log->start_over(30, 2);
      host.stop_requested().wait();
      return 0;
    });
    EXPECT_TRUE(world.run_until([&] { return begun; }, world.now() + seconds(10)));
    world.run_for(under_way);
    node.power_loss();
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false);
      ASSERT_TRUE(log.has_value()) << to_string(log.error()) << " after " << under_way.count() << " ns";
      EXPECT_GE((*log)->log_end(), 20) << "after " << under_way.count() << " ns";
      moved += (*log)->log_end() == 30;
    });
  }
  EXPECT_GT(moved, 10);
}

// A log always has segments, also while it is started over, and if the disk fails meanwhile.
TEST(Crash, ALogThatBeginsAnewMayBeLookedAtAndMayFail) {
  int failed = 0;
  for (auto fails_at = microseconds(0); fails_at < milliseconds(12); fails_at += microseconds(100)) {
    World world(1, LogLevel::error);
    auto& node = world.add_node("broker");
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = filled_log(manager, 20);
      FiberGroup group;
      std::optional<Result<void>> done;
      group.spawn("start over", [&] { done = log->start_over(15, 1); });
      for (auto fail_at = host.clock().now() + fails_at; !done; host.clock().sleep_for(microseconds(20))) {
        if (host.clock().now() >= fail_at) node.disk().set_faults({.write_error_permille = 1000});
        ASSERT_TRUE(log->log_end() == 20 || log->log_end() == 15);
        ASSERT_LE(log->held_from(), log->log_end());
        (void)log->read(log->held_from(), log->log_end(), 1 << 20, true);
      }
      group.join();
      EXPECT_EQ(log->offline(), !done->has_value());
      if (log->offline()) ++failed;
      ASSERT_TRUE(log->log_end() == 20 || log->log_end() == 15);
    });
  }
  EXPECT_GT(failed, 10);
}

// A log is deleted while its files are being written, and a new log of the same name is created at once.
TEST(Crash, ADeletedLogWritesNothingIntoTheDirectoryOfTheNext) {
  for (auto under_way = microseconds(0); under_way < milliseconds(10); under_way += microseconds(100)) {
    World world(1, LogLevel::error);
    auto& node = world.add_node("broker");
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = filled_log(manager, 30);
      FiberGroup housekeeping;
      housekeeping.spawn("checkpoint", [&] { (void)log->checkpoint(); });
      host.clock().sleep_for(under_way);
      ASSERT_TRUE(manager.remove("t-0"));
      ASSERT_TRUE(host.disk().create_directory("t-0"));
      host.clock().sleep_for(seconds(1));
      EXPECT_TRUE(host.disk().list("t-0")->empty()) << under_way.count() << " ns";
    });
  }
}

// As in SQLite's tests: the Nth operation fails, for each N.
TEST(Crash, WhicheverSyncFailsNothingAcknowledgedIsLost) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    World world(seed, LogLevel::error);
    auto& node = world.add_node("broker");
    int acknowledged = 0;
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
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
      auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
      ASSERT_NE(log, nullptr);
      EXPECT_GE(log->log_end(), acknowledged) << "seed " << seed;
    });
  }
}

// Whenever the power fails: a directory that was only being created does not count as having records of an unknown
// partition, which may not be deleted.
TEST(Crash, ALogThatWasHalfMadeHoldsNoRecordsAndOneThatHasThemDoes) {
  int half_made = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    World world(seed, LogLevel::error);
    auto& node = world.add_node("node");
    bool records = seed % 10 == 0;
    node.start(1, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", {}, false);
      if (!log) return 1;
      if (records) {
        auto appended = append(**log, batch_of(1, "x"));
        if (!appended || !(*log)->wait_stable(1, Deadline::never())) return 1;
      }
      host.clock().sleep_for(seconds(60));
      return 0;
    });
    auto moment = microseconds(world.random().split("power").between(1, 8'000));
    world.run_for(records ? seconds(1) : moment);
    node.power_loss();
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto holds = manager.holds_records("t-0");
      ASSERT_TRUE(holds.has_value()) << to_string(holds.error());
      EXPECT_EQ(*holds, records) << "seed " << seed;
      auto there = host.disk().list("t-0");
      half_made += !records && there && !there->empty();
    });
    node.kill();
  }
  EXPECT_GT(half_made, 20);
}

}  // namespace
}  // namespace fulmar
