#include "broker/log/partition_log.h"

#include "broker/log/log_manager.h"
#include "log_test_kit.h"

namespace fulmar {
namespace {

struct PartitionLogTest : testing::Test {
  World world{1};
  Node& node = world.add_node("broker");

  void on_log(LogConfig config, std::function<void(Host&, PartitionLog&)> body, LogLimits limits = {}) {
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, limits);
      auto log = manager.open("t-0", config, false).value_or(nullptr);
      ASSERT_NE(log, nullptr);
      body(host, *log);
    });
  }
};

TEST_F(PartitionLogTest, WhatIsAppendedIsReadOnceItIsStable) {
  on_log({}, [](Host&, PartitionLog& log) {
    for (int i = 0; i < 10; ++i) {
      auto appended = append(log, batch_of(3, "v" + std::to_string(i)));
      ASSERT_TRUE(appended.has_value());
      EXPECT_EQ(appended->base_offset, i * 3);
    }
    EXPECT_EQ(log.kept_end(), 0) << "nothing is synced yet";
    EXPECT_TRUE(log.wait_stable(30, Deadline::never()));
    auto records = read_all(log, 0);
    ASSERT_EQ(records.size(), 30u);
    EXPECT_EQ(records[29].value->view(), "v9");
    EXPECT_EQ(read_all(log, 17).front().offset, 17);
  });
}

TEST_F(PartitionLogTest, APageCacheTopicIsReadAtOnce) {
  LogConfig config;
  config.flush_messages = std::numeric_limits<std::int64_t>::max();
  on_log(config, [](Host&, PartitionLog& log) {
    ASSERT_TRUE(append(log, batch_of(1, "v")));
    EXPECT_EQ(log.kept_end(), 1);
    EXPECT_EQ(log.stable_end(), 0);
  });
}

TEST_F(PartitionLogTest, SmallSegmentsAndIndexesFindEveryOffset) {
  LogConfig config;
  config.segment_bytes = 1000;
  config.index_interval_bytes = 100;
  on_log(config, [&](Host&, PartitionLog& log) {
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(append(log, batch_of(1 + i % 3, "value " + std::to_string(i))));
    ASSERT_TRUE(log.wait_stable(log.log_end(), Deadline::never()));
    EXPECT_GT(log.segment_count(), 5u);
    for (Offset from = 0; from < log.log_end(); ++from) {
      auto bytes = log.read(from, log.kept_end(), 1, true);
      ASSERT_TRUE(bytes.has_value());
      auto header = read_batch_header(bytes->view());
      ASSERT_TRUE(header.has_value());
      EXPECT_LE(header->base_offset, from);
      EXPECT_GE(header->last_offset(), from);
      EXPECT_EQ(bytes->size(), header->size()) << "one batch, since one byte was asked for";
    }
    ASSERT_TRUE(log.close());
  });
  // The same after a restart, from the index files and from a scan.
  for (bool clean : {true, false}) {
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", config, clean).value_or(nullptr);
      ASSERT_NE(log, nullptr);
      EXPECT_EQ(read_all(*log, 0).size(), static_cast<std::size_t>(log->log_end()));
      EXPECT_EQ(log->log_end(), 199);
    });
  }
}

TEST_F(PartitionLogTest, AReadNeverCutsABatchAndHonoursItsLimit) {
  on_log({}, [](Host&, PartitionLog& log) {
    auto batch = batch_of(1, std::string(100, 'x'));
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(append(log, batch));
    ASSERT_TRUE(log.wait_stable(10, Deadline::never()));
    EXPECT_EQ(log.read(0, log.kept_end(), batch.size() * 3 + 1, true)->size(), batch.size() * 3);
    EXPECT_EQ(log.read(4, log.kept_end(), batch.size() - 1, true)->size(), batch.size());
    EXPECT_EQ(log.read(4, log.kept_end(), batch.size() - 1, false)->size(), 0u);
    EXPECT_EQ(log.read(10, log.kept_end(), 1000, true)->size(), 0u);
    EXPECT_EQ(log.read(11, log.kept_end(), 1000, true).error().code, Errc::out_of_range);
  });
}

TEST_F(PartitionLogTest, AnIdempotentProducerIsWrittenOnceAlsoAcrossARestart) {
  BatchOptions first{.producer_id = 9, .producer_epoch = 0, .base_sequence = 0};
  BatchOptions second{.producer_id = 9, .producer_epoch = 0, .base_sequence = 2};
  on_log({}, [&](Host&, PartitionLog& log) {
    ASSERT_TRUE(append(log, batch_of(2, "a", World::epoch_ms, first)));
    ASSERT_TRUE(append(log, batch_of(1, "b", World::epoch_ms, second)));
    auto again = append(log, batch_of(2, "a", World::epoch_ms, first));
    ASSERT_TRUE(again && again->duplicate);
    EXPECT_EQ(again->base_offset, 0);
    ASSERT_TRUE(log.wait_stable(3, Deadline::never()));
  });
  on_log({}, [&](Host&, PartitionLog& log) {
    for (auto& options : {first, second})
      EXPECT_TRUE(append(log, batch_of(options.base_sequence ? 1 : 2, "x", 0, options))->duplicate);
    EXPECT_EQ(log.log_end(), 3);
  });
}

TEST_F(PartitionLogTest, FindsRecordsByTime) {
  LogConfig config;
  config.segment_bytes = 500;
  config.index_interval_bytes = 1;
  on_log(config, [](Host&, PartitionLog& log) {
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(append(log, batch_of(2, "v", 1000 + i * 10)));
    ASSERT_TRUE(log.wait_stable(40, Deadline::never()));
    EXPECT_EQ((*log.offset_for_timestamp(0, log.kept_end()))->offset, 0);
    EXPECT_EQ((*log.offset_for_timestamp(1001, log.kept_end()))->offset, 2);
    EXPECT_EQ((*log.offset_for_timestamp(1010, log.kept_end()))->offset, 2);
    EXPECT_EQ((*log.offset_for_timestamp(1190, log.kept_end()))->offset, 38);
    EXPECT_EQ(*log.offset_for_timestamp(1191, log.kept_end()), std::nullopt);
    EXPECT_EQ((*log.max_timestamp(log.kept_end()))->offset, 38);
  });
}

TEST_F(PartitionLogTest, TheLargestTimestampIsThatOfARecordBelowTheBound) {
  for (std::int64_t segment_bytes : {150, 1 << 20}) {  // a batch in each segment, or all in one
    LogConfig config;
    config.segment_bytes = segment_bytes;
    on_log(config, [](Host&, PartitionLog& log) {
      for (Timestamp at : {100, 300, 200, 900}) ASSERT_TRUE(append(log, batch_of(1, "v", at)));
      auto control = batch_of(1, "leader", 5000, {.control = true});
      ASSERT_TRUE(log.append(*read_batch_header(control.view()), control, 0));
      auto largest = [&](Offset up_to) { return (*log.max_timestamp(up_to))->offset; };
      EXPECT_EQ(largest(1), 0);
      EXPECT_EQ(largest(2), 1);
      EXPECT_EQ(largest(3), 1) << "the next one is not to be told of yet";
      EXPECT_EQ(largest(5), 3) << "a control batch is no record";
      EXPECT_EQ(*log.max_timestamp(0), std::nullopt);
      ASSERT_TRUE(log.truncate_to(0));
    });
  }
}

// No indexes are written for an empty segment, so old ones would remain and be wrong.
TEST_F(PartitionLogTest, ASegmentThatIsCutToNothingHasNoIndexes) {
  LogConfig config;
  config.segment_bytes = 1000;
  config.index_interval_bytes = 10;
  config.flush_messages = std::numeric_limits<std::int64_t>::max();
  auto fill = [](Host& host, PartitionLog& log) {
    while (log.segment_count() < 2) ASSERT_TRUE(append(log, batch_of(1, std::string(50, 'v'))));
    host.clock().sleep_for(seconds(1));  // the indexes of the first are written meanwhile
  };
  auto indexes = [&] {
    const auto& image = node.disk().image();
    return (image.file("t-0/00000000000000000000.index", false) != nullptr) +
           (image.file("t-0/00000000000000000000.timeindex", false) != nullptr);
  };
  on_log(config, [&](Host& host, PartitionLog& log) {
    fill(host, log);
    EXPECT_EQ(indexes(), 2);
    ASSERT_TRUE(log.truncate_to(0));
    EXPECT_EQ(indexes(), 0);
    fill(host, log);
  });
  // A power loss may undo unsynced appends, and leave the indexes.
  EXPECT_EQ(indexes(), 2);
  node.disk().lose_tail("t-0/00000000000000000000.log", 0);
  on_log(config, [&](Host&, PartitionLog& log) {
    EXPECT_EQ(log.log_end(), 0);
    EXPECT_EQ(indexes(), 0);
  });
}

TEST_F(PartitionLogTest, DeletedRecordsStayDeletedAndRetentionTakesWholeSegmentsFromTheFront) {
  LogConfig config;
  config.segment_bytes = 300;
  config.retention_ms = 10'000;
  on_log(config, [](Host&, PartitionLog& log) {
    for (int i = 0; i < 12; ++i) ASSERT_TRUE(append(log, batch_of(1, std::string(80, 'v'), 1000 * i)));
    ASSERT_TRUE(log.wait_stable(12, Deadline::never()));
    ASSERT_TRUE(log.advance_start(1));
    EXPECT_EQ(log.advance_start(13).error().code, Errc::out_of_range);
    EXPECT_EQ(log.log_start(), 1);
    EXPECT_EQ(log.held_from(), 0);
    EXPECT_GT(log.read(0, log.kept_end(), 100, true)->size(), 0u) << "other replicas get whole segments";
    ASSERT_TRUE(log.apply_retention(14'500, log.log_end()));
    EXPECT_EQ(log.log_start() % 2, 0) << "segments hold two batches each";
    EXPECT_EQ(log.log_start(), 4);
    EXPECT_EQ(log.read(3, log.kept_end(), 100, true).error().code, Errc::out_of_range);
  });
  on_log(config, [](Host&, PartitionLog& log) {
    EXPECT_EQ(log.log_start(), 4);
    EXPECT_EQ(log.log_end(), 12);
  });
}

TEST_F(PartitionLogTest, WithoutSpaceAppendsFailAndGoOnLater) {
  std::string said;
  world.trace().set_sink([&](Instant, std::string_view line) { said.append(line).append("\n"); });
  auto times_said = [&](std::string_view text) {
    int times = 0;
    for (auto at = said.find(text); at != std::string::npos; at = said.find(text, at + 1)) ++times;
    return times;
  };
  on_log({}, [&, this](Host& host, PartitionLog& log) {
    ASSERT_TRUE(append(log, batch_of(1, "before")));
    ASSERT_TRUE(log.wait_stable(1, Deadline::never()));
    auto faults = node.disk().faults();
    faults.capacity_bytes = 1;
    node.disk().set_faults(faults);
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(append(log, batch_of(1, "full")).error().code, ErrorCode::kafka_storage_error);
    EXPECT_FALSE(log.offline());
    EXPECT_EQ(times_said("no room to write at=t-0"), 1) << said;
    EXPECT_EQ(times_said("has room again"), 0);
    host.clock().sleep_for(ShortageLog::calm_min);
    node.disk().set_faults({});
    EXPECT_EQ(append(log, batch_of(1, "after"))->base_offset, 1);
    EXPECT_EQ(times_said("has room again refused=3"), 1) << said;
    ASSERT_TRUE(log.wait_stable(2, Deadline::never()));
    EXPECT_EQ(read_all(log, 0).back().value->view(), "after");
  });
  world.trace().set_sink({});
}

TEST_F(PartitionLogTest, AFailedSyncEndsTheTrustInTheLog) {
  on_log({}, [this](Host&, PartitionLog& log) {
    auto faults = node.disk().faults();
    faults.sync_error_permille = 1000;
    node.disk().set_faults(faults);
    ASSERT_TRUE(append(log, batch_of(1, "v")));
    EXPECT_FALSE(log.wait_stable(1, Deadline::never()));
    node.disk().set_faults({});
    EXPECT_TRUE(log.offline());
    EXPECT_EQ(append(log, batch_of(1, "w")).error().code, ErrorCode::kafka_storage_error);
    EXPECT_EQ(log.kept_end(), 0);
  });
}

TEST_F(PartitionLogTest, LogAppendTimeIsStampedWithARightCrc) {
  LogConfig config;
  config.log_append_time = true;
  on_log(config, [this](Host&, PartitionLog& log) {
    auto appended = append(log, batch_of(2, "v", 5));
    ASSERT_TRUE(appended.has_value());
    EXPECT_EQ(appended->append_time, node.wall_ms());
    ASSERT_TRUE(log.wait_stable(2, Deadline::never()));
    EXPECT_EQ(read_all(log, 0)[1].timestamp, appended->append_time);
  });
}

TEST_F(PartitionLogTest, TruncationForgetsRecordsProducersAndEpochs) {
  LogConfig config;
  config.segment_bytes = 300;
  on_log(config, [](Host&, PartitionLog& log) {
    for (int i = 0; i < 10; ++i)
      ASSERT_TRUE(
          append(log, batch_of(1, std::string(80, 'v'), 0, {.producer_id = 3, .producer_epoch = 0, .base_sequence = i}),
                 i / 4));
    ASSERT_TRUE(log.wait_stable(10, Deadline::never()));
    ASSERT_TRUE(log.truncate_to(5));
    EXPECT_EQ(log.log_end(), 5);
    EXPECT_EQ(log.epochs().latest(), 1);
    EXPECT_EQ(log.producers().producers().at(3).last().last_sequence, 4);
    EXPECT_EQ(
        append(log, batch_of(1, "new", 0, {.producer_id = 3, .producer_epoch = 0, .base_sequence = 5}), 7)->base_offset,
        5);
  });
}

}  // namespace
}  // namespace fulmar
