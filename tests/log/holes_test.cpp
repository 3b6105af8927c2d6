// Logs with holes: a follower's log gets the leader's holes, and all functions of the log skip them.
#include <cstring>
#include <set>

#include "broker/log/log_inspection.h"
#include "broker/log/log_manager.h"
#include "log_test_kit.h"

namespace fulmar {
namespace {

// A batch as in a compacted log: of its offsets [base, base + span) only the records with these deltas.
Bytes stored_batch(Offset base, Epoch epoch, std::int32_t span, std::set<std::int32_t> left,
                   BatchOptions options = {}) {
  auto whole = batch_of(span, "value", World::epoch_ms + base, options);
  MutableBytes bytes(whole.size());
  std::memcpy(bytes.data(), whole.data(), whole.size());
  stamp_batch(bytes.data(), base, epoch);
  auto batch = std::move(bytes).freeze();
  auto keep = [&](const ReadRecord& record) { return left.contains(static_cast<std::int32_t>(record.offset - base)); };
  return keep_records(batch, 1 << 20, keep).value();
}

Bytes all_of(Offset base, Epoch epoch, std::int32_t span) {
  std::set<std::int32_t> left;
  for (std::int32_t i = 0; i < span; ++i) left.insert(i);
  return stored_batch(base, epoch, span, left);
}

Bytes joined(std::initializer_list<Bytes> batches) {
  ByteChain chain;
  for (const auto& batch : batches) chain.append(batch);
  return chain.flatten();
}

std::vector<Offset> offsets_of(const std::vector<ReadRecord>& records) {
  std::vector<Offset> offsets;
  for (const auto& record : records) offsets.push_back(record.offset);
  return offsets;
}

std::vector<EpochCache::Entry> epochs_of(const PartitionLog& log) {
  return {log.epochs().entries().begin(), log.epochs().entries().end()};
}

LogConfig small_segments() {
  LogConfig config;
  config.segment_bytes = 300;
  config.index_interval_bytes = 64;
  return config;
}

// Removed are: records 0 and 4 of the first batch; the batches [5, 9); those of epoch 2, which began at 12, and all up
// to 15; and the last record of the last batch.
Replicated with_holes() {
  return {joined({stored_batch(0, 0, 5, {1, 2, 3}), all_of(9, 0, 3), all_of(15, 3, 2), stored_batch(17, 3, 3, {0, 1})}),
          {{0, 0}, {2, 12}, {3, 14}},
          20,
          {}};
}
const std::vector<Offset> left = {1, 2, 3, 9, 10, 11, 15, 16, 17, 18};

TEST(Holes, AFollowerTakesThemAndReadsPassOverThem) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  for (bool killed : {false, true, false}) {
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false, OnDamage::keep_good).value_or(nullptr);
      ASSERT_NE(log, nullptr);
      EXPECT_FALSE(log->lost_synced());
      if (log->log_end() == 0) {
        auto appended = log->append_replicated(with_holes());
        ASSERT_TRUE(appended.has_value()) << appended.error().message;
      }
      ASSERT_TRUE(log->wait_stable(20, Deadline::never()));
      EXPECT_EQ(log->log_end(), 20);
      EXPECT_EQ(offsets_of(read_all(*log, 0)), left);
      for (Offset from = 0; from < 20; ++from) {
        auto at = std::lower_bound(left.begin(), left.end(), from);
        EXPECT_EQ(offsets_of(read_all(*log, from)), std::vector(at, left.end())) << from;
        auto found = log->offset_for_timestamp(World::epoch_ms + from, 20);
        ASSERT_TRUE(found.has_value());
      }
      auto largest = log->max_timestamp(20);
      ASSERT_TRUE(largest.has_value() && *largest);
      EXPECT_EQ((*largest)->offset, 17);
      EXPECT_EQ(epochs_of(*log), (std::vector<EpochCache::Entry>{{0, 0}, {2, 12}, {3, 14}}));
      if (!killed) {
        ASSERT_TRUE(log->close());
      }
    });
    if (killed) node.power_loss();
  }
}

TEST(Holes, AHoleAtTheEndIsStoodInForSoThatTheLogEndsWhereTheLeadersDoes) {
  World world(2, LogLevel::error);
  auto& node = world.add_node("broker");
  run_process(world, node, [&](Host& host) {
    LogManager manager(host, {});
    auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
    std::vector<Offset> written;
    Replicated given{all_of(0, 0, 5), {{0, 0}, {1, 7}, {2, 8}}, 11, [&](const BatchHeader& header) {
                       written.push_back(header.base_offset);
                       written.push_back(header.next_offset());
                     }};
    ASSERT_TRUE(log->append_replicated(given));
    EXPECT_EQ(log->log_end(), 11);
    EXPECT_EQ(written, (std::vector<Offset>{0, 5, 5, 7, 7, 8, 8, 11})) << "each of one epoch";
    ASSERT_TRUE(log->wait_stable(11, Deadline::never()));
    ASSERT_TRUE(log->append_replicated({all_of(11, 2, 1), {{2, 11}}, 12, {}}));
    ASSERT_TRUE(log->wait_stable(12, Deadline::never()));
  });
  node.power_loss();
  run_process(world, node, [&](Host& host) {
    LogManager manager(host, {});
    auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
    ASSERT_NE(log, nullptr);
    EXPECT_EQ(log->log_end(), 12);
    EXPECT_EQ(epochs_of(*log), (std::vector<EpochCache::Entry>{{0, 0}, {1, 7}, {2, 8}}));
    EXPECT_EQ(offsets_of(read_all(*log, 3)), (std::vector<Offset>{3, 4, 11}));
  });
}

TEST(Holes, WhatOverlapsOrGoesBackIsRefused) {
  World world(3, LogLevel::error);
  auto& node = world.add_node("broker");
  run_process(world, node, [&](Host& host) {
    LogManager manager(host, {});
    auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
    ASSERT_TRUE(log->append_replicated({all_of(0, 3, 5), {{3, 0}}, 9, {}}));
    EXPECT_FALSE(log->append_replicated({all_of(8, 3, 4), {{3, 8}}, 12, {}})) << "overlaps what ends at 9";
    EXPECT_FALSE(log->append_replicated({all_of(9, 2, 4), {{2, 9}}, 13, {}})) << "an earlier epoch";
    EXPECT_FALSE(log->append_replicated({joined({all_of(12, 3, 2), all_of(11, 3, 3)}), {{3, 9}}, 14, {}}));
    EXPECT_EQ(log->log_end(), 14) << "the batch that was right is there";
  });
}

TEST(Holes, ACutEndsTheLogWhereItIsToAlsoInAHole) {
  for (Offset at : {Offset{5}, Offset{6}, Offset{8}, Offset{9}, Offset{12}, Offset{13}, Offset{14}, Offset{15}}) {
    World world(4, LogLevel::error);
    auto& node = world.add_node("broker");
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
      ASSERT_TRUE(log->append_replicated(with_holes()));
      ASSERT_TRUE(log->wait_stable(20, Deadline::never()));
      ASSERT_TRUE(log->truncate_to(at));
      EXPECT_EQ(log->log_end(), at);
      ASSERT_TRUE(log->append_replicated({all_of(at, 7, 2), {{7, at}}, at + 2, {}}));
      ASSERT_TRUE(log->wait_stable(at + 2, Deadline::never()));
    });
    node.power_loss();
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
      ASSERT_NE(log, nullptr);
      EXPECT_EQ(log->log_end(), at + 2);
      std::vector<Offset> wanted(left.begin(), std::lower_bound(left.begin(), left.end(), at));
      wanted.push_back(at);
      wanted.push_back(at + 1);
      EXPECT_EQ(offsets_of(read_all(*log, 0)), wanted) << at;
      EXPECT_EQ(epochs_of(*log).back(), (EpochCache::Entry{7, at}));
    });
  }
}

// Where the batches that go come after a hole: else the next start would take the log for damaged.
TEST(Holes, NoMarkPromisesMoreThanACutHasLeft) {
  for (auto [at, end] : {std::pair<Offset, Offset>{5, 5}, {10, 9}, {11, 9}, {12, 12}, {16, 15}, {18, 17}}) {
    World world(4, LogLevel::error);
    auto& node = world.add_node("broker");
    run_process(world, node, [&, at = at, end = end](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
      ASSERT_TRUE(log->append_replicated(with_holes()));
      ASSERT_TRUE(log->wait_stable(20, Deadline::never()));
      ASSERT_TRUE(log->truncate_to(at));
      EXPECT_EQ(log->log_end(), end) << at;
    });
    node.kill();
    run_process(world, node, [&, at = at, end = end](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
      ASSERT_NE(log, nullptr) << at;
      EXPECT_EQ(log->log_end(), end) << at;
    });
  }
}

// An index can't have offsets of more than 2^31 - 1 above the segment's base offset.
TEST(Holes, OneOfManyOffsetsIsStoodInFor) {
  World world(5, LogLevel::error);
  auto& node = world.add_node("broker");
  constexpr Offset far = (Offset{1} << 33) + 5;
  for (bool first : {true, false})
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
      ASSERT_NE(log, nullptr);
      if (first) {
        ASSERT_TRUE(log->append_replicated({joined({all_of(0, 0, 2), all_of(far, 0, 2)}), {{0, 0}}, far + 2, {}}));
      }
      ASSERT_TRUE(log->wait_stable(far + 2, Deadline::never()));
      EXPECT_EQ(offsets_of(read_all(*log, 0)), (std::vector<Offset>{0, 1, far, far + 1}));
      EXPECT_EQ(offsets_of(read_all(*log, far / 2)), (std::vector<Offset>{far, far + 1}));
    });
}

// Damage is not taken for a hole. The CRC does not cover a batch's base offset.
TEST(Holes, AnOffsetThatIsDamagedIsNoHole) {
  struct Case {
    const char* name;
    bool holes;
    std::size_t batch;
    char bits;  // of the lowest byte of its base offset
  };
  for (const auto& c : {Case{"no hole was ever made there", false, 2, 0x20},
                        Case{"the next batch says so", true, 1, 0x04}, Case{"far above all holes", true, 3, 0x40}}) {
    World world(6, LogLevel::error);
    auto& node = world.add_node("broker");
    std::vector<Bytes> batches = {all_of(0, 0, 3), all_of(8, 0, 3), all_of(12, 0, 3), all_of(15, 0, 3)};
    if (!c.holes) batches = {all_of(0, 0, 3), all_of(3, 0, 3), all_of(6, 0, 3), all_of(9, 0, 3)};
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", LogConfig{}, false).value_or(nullptr);
      for (const auto& batch : batches) {
        auto header = read_batch_header(batch.view());
        ASSERT_TRUE(log->append_replicated({batch, {{0, header->base_offset}}, header->next_offset(), {}}));
      }
      ASSERT_TRUE(log->wait_stable(log->log_end(), Deadline::never()));
    });
    node.kill();
    std::size_t at = 7;
    for (std::size_t i = 0; i < c.batch; ++i) at += batches[i].size();
    auto files = node.disk().image().files();
    files.at("t-0/00000000000000000000.log")->flip(at, c.bits);
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      EXPECT_FALSE(manager.open("t-0", LogConfig{}, false, OnDamage::refuse).has_value()) << c.name;
    });
  }
}

// Writes a synced log from with_holes(), and kills the process.
void write_and_kill(World& world, Node& node) {
  run_process(world, node, [&](Host& host) {
    LogManager manager(host, {});
    auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
    ASSERT_TRUE(log->append_replicated(with_holes()));
    ASSERT_TRUE(log->wait_stable(20, Deadline::never()));
  });
  node.kill();
}

// Only the file has the beginning of an epoch whose first batches are gone.
TEST(Holes, WithoutTheFileOfEpochsTheirReplicaMustBeGivenAllAgain) {
  World world(7, LogLevel::error);
  auto& node = world.add_node("broker");
  write_and_kill(world, node);
  run_process(world, node, [&](Host& host) {
    ASSERT_TRUE(host.disk().remove("t-0/leader-epoch-checkpoint"));
    LogManager manager(host, {});
    auto log = manager.open("t-0", small_segments(), false, OnDamage::keep_good).value_or(nullptr);
    ASSERT_NE(log, nullptr);
    EXPECT_TRUE(log->lost_synced());
  });
}

// Every batch is read then, but none of epoch 2 is left.
// The process ends before the last append is synced: its batches survive, and the file has where their epochs begin. A
// file from before (earlier releases wrote it only with the sync) has not.
TEST(Holes, WhatWasNotSyncedGoesWhereItIsNotKnownWhichEpochsBeginInThem) {
  for (bool in_hole : {true, false})
    for (bool earlier_file : {true, false}) {
      World world(1, LogLevel::error);
      auto& node = world.add_node("broker");
      const std::string file = "t-0/leader-epoch-checkpoint";
      std::string before;
      run_process(world, node, [&](Host& host) {
        LogManager manager(host, {});
        auto log = manager.open("t-0", LogConfig(), false, OnDamage::keep_good).value();
        ASSERT_TRUE(log->append_replicated({all_of(0, 1, 3), {{1, 0}}, 3, {}}).has_value());
        ASSERT_TRUE(log->wait_stable(3, Deadline::never()));
        before = node.disk().image().file(file, true)->durable();
        const Offset base = in_hole ? 6 : 3;
        ASSERT_TRUE(
            log->append_replicated({all_of(base, 2, 2), {{1, 3}, {2, in_hole ? 5 : 3}}, base + 2, {}}).has_value());
        EXPECT_EQ(log->log_end(), base + 2);
      });
      run_process(world, node, [&](Host& host) {
        ASSERT_TRUE(!earlier_file || replace_file(host.disk(), file, ByteChain(Bytes::copy_of(before))));
        LogManager manager(host, {});
        auto log = manager.open("t-0", LogConfig(), false, OnDamage::keep_good).value();
        EXPECT_FALSE(log->lost_synced());
        std::vector<EpochCache::Entry> known = {{1, 0}};
        if (!in_hole) known.push_back({2, 3});
        if (in_hole && !earlier_file) known.push_back({2, 5});
        EXPECT_EQ(log->log_end(), !in_hole ? 5 : earlier_file ? 3 : 8);
        EXPECT_EQ(epochs_of(*log), known);
      });
    }
}

// No room for the file, or for the batch after it: nothing is appended, and nothing known of later epochs.
TEST(Holes, WithoutRoomForTheEpochsThatBeginInThemNothingIsAppended) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  run_process(world, node, [&](Host& host) {
    LogManager manager(host, {});
    auto log = manager.open("t-0", LogConfig(), false, OnDamage::keep_good).value();
    ASSERT_TRUE(log->append_replicated({all_of(0, 1, 3), {{1, 0}}, 3, {}}).has_value());
    ASSERT_TRUE(log->wait_stable(3, Deadline::never()));
    const Replicated after_hole = {all_of(6, 2, 2), {{1, 3}, {2, 5}}, 8, {}};
    node.disk().set_faults({.capacity_bytes = 1});
    EXPECT_FALSE(log->append_replicated(after_hole).has_value());
    EXPECT_FALSE(log->offline());
    EXPECT_EQ(log->log_end(), 3);
    EXPECT_EQ(epochs_of(*log), (std::vector<EpochCache::Entry>{{1, 0}}));
    node.disk().set_faults({});
    ASSERT_TRUE(log->append_replicated(after_hole).has_value());
    ASSERT_TRUE(log->wait_stable(8, Deadline::never()));
    EXPECT_EQ(epochs_of(*log), (std::vector<EpochCache::Entry>{{1, 0}, {2, 5}}));
  });
}

TEST(Holes, WhereDamageIsSuspectedTheFileStillTellsTheEpochsThatBeginInThem) {
  World world(9, LogLevel::error);
  auto& node = world.add_node("broker");
  write_and_kill(world, node);
  run_process(world, node, [&](Host& host) {
    ASSERT_TRUE(replace_file(host.disk(), "t-0/fulmar-damage", ByteChain()));
    LogManager manager(host, {});
    auto log = manager.open("t-0", small_segments(), false, OnDamage::keep_good).value_or(nullptr);
    ASSERT_NE(log, nullptr);
    EXPECT_EQ(log->log_end(), 20);
    EXPECT_EQ(epochs_of(*log), (std::vector<EpochCache::Entry>{{0, 0}, {2, 12}, {3, 14}}));
  });
}

TEST(Holes, AreNoFaultToWhoInspectsALog) {
  World world(8, LogLevel::error);
  auto& node = world.add_node("broker");
  run_process(world, node, [&](Host& host) {
    {
      LogManager manager(host, {});
      auto log = manager.open("t-0", small_segments(), false).value_or(nullptr);
      ASSERT_TRUE(log->append_replicated(with_holes()));
      ASSERT_TRUE(manager.close());
    }
    auto found = inspect_log(host.disk(), "t-0");
    ASSERT_TRUE(found.has_value()) << to_string(found.error());
    for (const auto& fault : found->faults)
      EXPECT_EQ(fault.file, "t-0/partition.metadata") << fault.file << " " << fault.what;
    EXPECT_EQ(found->records, 10);
    ASSERT_TRUE(salvage_log(host.disk(), "t-0", *found, "copy"));
    LogManager manager(host, {});
    auto copy = manager.open("copy", small_segments(), false).value_or(nullptr);
    ASSERT_NE(copy, nullptr);
    EXPECT_EQ(offsets_of(read_all(*copy, 0)), left);
    EXPECT_EQ(epochs_of(*copy), (std::vector<EpochCache::Entry>{{0, 0}, {2, 12}, {3, 14}}));
  });
}

}  // namespace
}  // namespace fulmar
