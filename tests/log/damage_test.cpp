// Logs with damage in synced records: they are refused; or if other replicas have everything, cut to the part before
// the damage, and marked; or if there is no other replica, served without the damaged records.
#include "tests/log/log_test_kit.h"

namespace fulmar {
namespace {

LogConfig small_segments() {
  LogConfig config;
  config.segment_bytes = 2000;
  config.index_interval_bytes = 1;  // with trusted indexes, batches are not read
  return config;
}

struct DamagedLog : testing::Test {
  // 40 records in several segments, all of them known to be synced.
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

// A batch's epoch is not covered by its CRC; but it is compared with the file of epochs, or it is an impossible epoch.
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
    (*log)->report_damage({Errc::corrupt, "read"}, 0);
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

// Retention and lookups use a segment's largest timestamp; the indexes do not cover the last batches.
TEST_F(DamagedLog, IsSeenByAStartWhereIndexesDoNotReach) {
  const auto& path = files.front();
  constexpr std::size_t max_timestamp_at = 42;  // its lowest byte
  open(true, OnDamage::refuse, [](auto& log) { ASSERT_TRUE((*log)->close()); });
  const auto content = node.disk().image().find(path)->file->current();
  std::size_t last = 0;
  for (std::size_t at = 0; at < content.size(); at += read_batch_header(content.substr(at))->size()) last = at;
  node.disk().flip(path, last + max_timestamp_at, 1);
  open(true, OnDamage::refuse, [](auto& log) {
    ASSERT_FALSE(log.has_value());
    EXPECT_EQ(log.error().code, Errc::corrupt);
  });
}

TEST_F(DamagedLog, AFalseAlarmIsForgotten) {
  for (int attempt = 0; attempt < 2; ++attempt)
    open(false, OnDamage::refuse, [&](auto& log) {
      ASSERT_TRUE(log.has_value());
      EXPECT_EQ((*log)->log_end(), 40);
      if (attempt == 0) (*log)->report_damage({Errc::corrupt, "read"}, 0);
    });
  EXPECT_EQ(node.disk().image().find("t-0/fulmar-damage"), nullptr);
}

TEST_F(DamagedLog, WhoseGoodPartLiesBelowItsStartBeginsAnewThere) {
  open(false, OnDamage::keep_good, [](auto& log) { ASSERT_TRUE((*log)->advance_start(5)); });
  node.disk().damage(files.front(), 300);
  open(false, OnDamage::keep_good, [](auto& log) { (*log)->report_damage({Errc::corrupt, "read"}, 0); });
  open(false, OnDamage::keep_good, [](auto& log) {
    ASSERT_TRUE(log.has_value());
    EXPECT_TRUE((*log)->lost_synced());
    EXPECT_EQ((*log)->log_start(), 5);
    EXPECT_EQ((*log)->log_end(), 5);
  });
}

TEST_F(DamagedLog, WithADamagedCheckpointTheMarksAreBelieved) {
  node.disk().damage("t-0/fulmar-checkpoint", 0);
  for (auto on_damage : {OnDamage::refuse, OnDamage::keep_good})
    open(false, on_damage, [](auto& log) {
      ASSERT_TRUE(log.has_value());
      EXPECT_FALSE((*log)->lost_synced());
      EXPECT_EQ((*log)->log_end(), 40);
    });
}

TEST_F(DamagedLog, WithoutCheckpointAndMarksNothingIsSure) {
  node.disk().damage("t-0/fulmar-checkpoint", 0);
  run_process(world, node, [&](Host& host) {
    for (const auto& file : files) ASSERT_TRUE(host.disk().open(file, OpenMode::read_write).value()->set_attribute(""));
  });
  open(false, OnDamage::refuse, [](auto& log) { EXPECT_FALSE(log.has_value()); });
  open(false, OnDamage::keep_good, [](auto& log) {
    ASSERT_TRUE(log.has_value());
    EXPECT_TRUE((*log)->lost_synced());
    EXPECT_EQ((*log)->log_end(), 40);
  });
}

TEST_F(DamagedLog, AFlippedDigitOfTheCheckpointDeletesNothing) {
  run_process(world, node, [&](Host& host) {
    auto file = host.disk().open("t-0/fulmar-checkpoint", OpenMode::read_write).value();
    auto text = std::string(read_exactly(*file, 0, file->size())->view());
    ASSERT_EQ(text.substr(0, 7), "1\n40 0 ");
    ASSERT_TRUE(file->write_at(5, ByteChain(Bytes::copy_of("9"))));  // the log start becomes 9
  });
  open(false, OnDamage::serve_rest, [](auto& log) {
    ASSERT_TRUE(log.has_value());
    EXPECT_EQ((*log)->log_start(), 0);
    EXPECT_EQ(read_all(**log, 0).size(), 40u);
  });
}

// -- Logs without another replica.

std::vector<Offset> readable(PartitionLog& log, Offset up_to) {
  std::vector<Offset> offsets;
  for (Offset from = 0; from < up_to;) {
    auto bytes = log.read(from, up_to, 1, true);
    if (bytes && !bytes->empty() && are_intact_batches(bytes->view())) {
      auto header = *read_batch_header(bytes->view());
      EXPECT_LE(header.base_offset, from);
      offsets.push_back(header.base_offset);
      from = header.next_offset();
    } else {
      EXPECT_FALSE(bytes.has_value()) << "nothing, without an error, at " << from;
      if (!bytes) {
        EXPECT_EQ(bytes.error().code, Errc::corrupt);
      }
      ++from;
    }
  }
  return offsets;
}

std::vector<Offset> all_but(Offset end, Offset from, Offset to) {
  std::vector<Offset> offsets;
  for (Offset at = 0; at < end; ++at)
    if (at < from || at >= to) offsets.push_back(at);
  return offsets;
}

TEST_F(DamagedLog, NobodyElsesIsReadBeforeAndAfterTheDamageAndGoesOn) {
  node.disk().damage(files[1], 600);
  Offset from = 0, to = 0;
  Offset end = 40;
  for (int life = 0; life < 3; ++life) {
    open(life == 2, OnDamage::serve_rest, [&](auto& log) {
      ASSERT_TRUE(log.has_value()) << to_string(log.error());
      if (life == 0) (*log)->report_damage({Errc::corrupt, "read"}, (*log)->segments()[1]->base_offset());
      EXPECT_FALSE((*log)->offline());
      const auto& damage = (*log)->segments()[1]->damage();
      ASSERT_EQ(damage.size(), 1u);
      from = damage[0].from;
      to = damage[0].to;
      EXPECT_GE(from, (*log)->segments()[1]->base_offset());
      EXPECT_LE(to - from, 3) << "a sector of 512 bytes, batches of some 270";
      EXPECT_EQ((*log)->log_end(), end);
      EXPECT_EQ(readable(**log, end), all_but(end, from, to));
      ASSERT_TRUE(append(**log, batch_of(1, "more")));
      ASSERT_TRUE((*log)->wait_stable(++end, Deadline::never()));
      EXPECT_EQ(readable(**log, end), all_but(end, from, to));
      // Lookups by time skip the damage as well.
      EXPECT_EQ((*(*log)->max_timestamp(end))->offset, 0);
    });
    life == 0 ? node.kill() : node.power_loss();
  }
  EXPECT_NE(node.disk().image().find("t-0/fulmar-damage"), nullptr);
}

TEST_F(DamagedLog, AnyBitOfALogThatNobodyElseHasMayFlip) {
  auto random = world.random().split("bits");
  auto size = node.disk().image().find(files[2])->file->current().size();
  for (int round = 0; round < 150; ++round) {
    auto bit = static_cast<std::uint64_t>(random.between(0, static_cast<std::int64_t>(size) * 8 - 1));
    const auto& path = files[round % 2 == 0 ? 2 : files.size() - 1];
    auto flip = [&] {
      run_process(world, node, [&](Host& host) {
        auto file = host.disk().open(path, OpenMode::read_write).value();
        auto at = bit / 8 % file->size();
        auto byte = (*read_exactly(*file, at, 1)).view()[0];
        byte = static_cast<char>(byte ^ (1 << bit % 8));
        ASSERT_TRUE(file->write_at(at, ByteChain(Bytes::copy_of(std::string_view(&byte, 1)))));
        ASSERT_TRUE(file->sync());
      });
    };
    flip();
    run_process(world, node,
                [&](Host& host) { ASSERT_TRUE(replace_file(host.disk(), "t-0/fulmar-damage", ByteChain())); });
    open(false, OnDamage::serve_rest, [&](auto& log) {
      ASSERT_TRUE(log.has_value()) << to_string(log.error()) << ", bit " << bit << " of " << path;
      EXPECT_EQ((*log)->log_end(), 40) << "bit " << bit << " of " << path;
      EXPECT_GE(readable(**log, 40).size(), 39u) << "bit " << bit << " of " << path;
    });
    flip();
    open(false, OnDamage::serve_rest, [&](auto& log) {
      ASSERT_TRUE(log.has_value());
      EXPECT_EQ(readable(**log, 40).size(), 40u);
    });
    ASSERT_EQ(node.disk().image().find("t-0/fulmar-damage"), nullptr) << "all is well again";
  }
}

TEST_F(DamagedLog, ALostSegmentOfALogThatNobodyElseHasIsAHoleWithAName) {
  Offset from = 0, to = 0;
  run_process(world, node, [&](Host& host) { ASSERT_TRUE(host.disk().remove(files[1])); });
  open(false, OnDamage::serve_rest, [&](auto& log) {
    ASSERT_TRUE(log.has_value()) << to_string(log.error());
    ASSERT_EQ((*log)->segments()[0]->damage().size(), 1u);
    from = (*log)->segments()[0]->damage()[0].from;
    to = (*log)->segments()[1]->base_offset();
    EXPECT_EQ((*log)->segments()[0]->damage()[0].to, to);
    EXPECT_EQ(readable(**log, 40), all_but(40, from, to));
  });
  EXPECT_LT(from, to);
}

TEST_F(DamagedLog, WhereTheEndIsNotKnownNothingIsAppended) {
  run_process(world, node, [&](Host& host) {
    auto file = host.disk().open(files.back(), OpenMode::read_write).value();
    ASSERT_TRUE(file->truncate(file->size() - 10));
    ASSERT_TRUE(file->sync());
  });
  open(false, OnDamage::serve_rest, [&](auto& log) {
    ASSERT_TRUE(log.has_value()) << to_string(log.error());
    EXPECT_EQ((*log)->log_end(), 40);
    EXPECT_EQ(readable(**log, 40), all_but(40, 39, 40));
    auto refused = append(**log, batch_of(1, "more"));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kafka_storage_error);
  });
}

}  // namespace
}  // namespace fulmar
