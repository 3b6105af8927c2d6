// Logs that are damaged below what was synced: refused, or, where other replicas can give the rest, cut to their good
// part and marked.
#include "tests/log/log_test_kit.h"

namespace fulmar {
namespace {

LogConfig small_segments() {
  LogConfig config;
  config.segment_bytes = 2000;
  config.index_interval_bytes = 1;  // where indexes are believed, batches are not looked at
  return config;
}

struct DamagedLog : testing::Test {
  // 40 records in several segments, all of them synced and known to be.
  DamagedLog() {
    run_process(world, node, [&](Host& host) {
      EXPECT_TRUE(host.disk().create_directory("t-0"));
      LogContext context(host, {});
      auto log = *PartitionLog::open(context, "t-0", small_segments(), false);
      for (int i = 0; i < 40; ++i) EXPECT_TRUE(append(*log, batch_of(1, std::string(200, 'v'))));
      EXPECT_TRUE(log->wait_stable(40, Deadline::never()));
      EXPECT_TRUE(log->checkpoint());
      EXPECT_GT(log->segment_count(), 3u);
      for (const auto& segment : log->segments()) files.push_back(segment->path(".log"));
    });
  }
  void open(bool clean, OnDamage on_damage, const std::function<void(Result<std::unique_ptr<PartitionLog>>&)>& judge) {
    run_process(world, node, [&](Host& host) {
      LogContext context(host, {});
      auto log = PartitionLog::open(context, "t-0", small_segments(), clean, on_damage);
      judge(log);
    });
  }

  World world{1, LogLevel::error};
  Node& node = world.add_node("broker");
  std::vector<std::string> files;
};

TEST_F(DamagedLog, IsRefusedAndLeftAsItIsWhereNobodyElseHasIt) {
  node.disk().damage(files.back(), 100);
  auto before = node.disk().image().find(files.back())->file->current();
  for (int attempt = 0; attempt < 2; ++attempt)
    open(false, OnDamage::refuse, [](auto& log) {
      ASSERT_FALSE(log.has_value());
      EXPECT_EQ(log.error().code, Errc::corrupt);
    });
  EXPECT_EQ(node.disk().image().find(files.back())->file->current(), before);
}

TEST_F(DamagedLog, KeepsItsGoodPartAndSaysSoUntilThatIsNoted) {
  node.disk().damage(files.back(), 600);
  Offset end = 0;
  for (int attempt = 0; attempt < 2; ++attempt) {
    open(false, OnDamage::keep_good, [&](auto& log) {
      ASSERT_TRUE(log.has_value());
      EXPECT_TRUE((*log)->lost_synced());
      end = (*log)->log_end();
      EXPECT_LT(end, 40);
      EXPECT_EQ(read_all(**log, 0).size(), static_cast<std::size_t>(end));
    });
    node.power_loss();
  }
  open(false, OnDamage::keep_good, [&](auto& log) { ASSERT_TRUE((*log)->loss_is_noted()); });
  node.power_loss();
  open(false, OnDamage::keep_good, [&](auto& log) {
    ASSERT_TRUE(log.has_value());
    EXPECT_FALSE((*log)->lost_synced());
    EXPECT_EQ((*log)->log_end(), end);
  });
}

// A batch's epoch is not covered by its CRC; but the file of epochs tells it, or else it is one that never was.
TEST_F(DamagedLog, SeesAnEpochThatIsNotTheBatchs) {
  auto set_epochs = [&](Epoch epoch) {
    run_process(world, node, [&](Host& host) {
      auto content = std::string(read_file(host.disk(), files.back(), 1 << 20)->view());
      for (std::size_t at = 0; at < content.size();) {
        auto header = *read_batch_header(std::string_view(content).substr(at));
        stamp_batch(content.data() + at, header.base_offset, epoch);
        at += header.size();
      }
      auto file = host.disk().open(files.back(), OpenMode::read_write).value();
      ASSERT_TRUE(file->write_at(0, ByteChain(Bytes::copy_of(content))));
      ASSERT_TRUE(file->sync());
    });
  };
  set_epochs(3);
  open(false, OnDamage::refuse, [](auto& log) {
    ASSERT_FALSE(log.has_value());
    EXPECT_EQ(log.error().code, Errc::corrupt);
  });
  set_epochs(0);
  open(false, OnDamage::refuse, [](auto& log) { EXPECT_TRUE(log.has_value()); });
  run_process(world, node, [&](Host& host) { ASSERT_TRUE(host.disk().remove("t-0/leader-epoch-checkpoint")); });
  set_epochs(3);
  for (Epoch epoch_max : {2, 3}) {
    run_process(world, node, [&](Host& host) {
      LogContext context(host, {});
      auto log = PartitionLog::open(context, "t-0", small_segments(), false, OnDamage::refuse, epoch_max);
      EXPECT_EQ(log.has_value(), epoch_max == 3);
    });
  }
}

TEST_F(DamagedLog, WhatAReaderFoundIsLookedForEverywhereAtTheNextStart) {
  node.disk().damage(files.front(), 600);
  open(false, OnDamage::keep_good, [](auto& log) {
    ASSERT_TRUE(log.has_value());
    EXPECT_EQ((*log)->log_end(), 40) << "a start believes old segments";
    (*log)->report_damage({Errc::corrupt, "read"});
    EXPECT_TRUE((*log)->offline());
  });
  open(true, OnDamage::keep_good, [](auto& log) {
    ASSERT_TRUE(log.has_value());
    EXPECT_TRUE((*log)->lost_synced());
    EXPECT_LT((*log)->log_end(), 8);
    EXPECT_EQ((*log)->segment_count(), 1u);
    ASSERT_TRUE(append(**log, batch_of(1, "on it goes")));
    EXPECT_TRUE((*log)->wait_stable((*log)->log_end(), Deadline::never()));
  });
}

TEST_F(DamagedLog, AFalseAlarmIsForgotten) {
  for (int attempt = 0; attempt < 2; ++attempt)
    open(false, OnDamage::refuse, [&](auto& log) {
      ASSERT_TRUE(log.has_value());
      EXPECT_EQ((*log)->log_end(), 40);
      if (attempt == 0) (*log)->report_damage({Errc::corrupt, "read"});
    });
  EXPECT_EQ(node.disk().image().find("t-0/fulmar-damage"), nullptr);
}

TEST_F(DamagedLog, WhoseGoodPartLiesBelowItsStartBeginsAnewThere) {
  open(false, OnDamage::keep_good, [](auto& log) { ASSERT_TRUE((*log)->advance_start(5)); });
  node.disk().damage(files.front(), 300);
  open(false, OnDamage::keep_good, [](auto& log) { (*log)->report_damage({Errc::corrupt, "read"}); });
  open(false, OnDamage::keep_good, [](auto& log) {
    ASSERT_TRUE(log.has_value());
    EXPECT_TRUE((*log)->lost_synced());
    EXPECT_EQ((*log)->log_start(), 5);
    EXPECT_EQ((*log)->log_end(), 5);
  });
}

TEST_F(DamagedLog, ADamagedCheckpointMeansThatNothingIsSure) {
  node.disk().damage("t-0/fulmar-checkpoint", 0);
  open(false, OnDamage::refuse, [](auto& log) { EXPECT_FALSE(log.has_value()); });
  open(false, OnDamage::keep_good, [](auto& log) {
    ASSERT_TRUE(log.has_value());
    EXPECT_TRUE((*log)->lost_synced());
    EXPECT_EQ((*log)->log_end(), 40);
  });
}

}  // namespace
}  // namespace fulmar
