// What a leader sends from a log with holes, and what a follower writes.
#include <gtest/gtest.h>

#include <cstring>

#include "broker/log/log_manager.h"
#include "broker/replication/append_reader.h"
#include "tests/log/log_test_kit.h"

namespace fulmar {
namespace {

Bytes stored(Offset base, Epoch epoch, int records) {
  auto batch = batch_of(records, "value");
  MutableBytes bytes(batch.size());
  std::memcpy(bytes.data(), batch.data(), batch.size());
  stamp_batch(bytes.data(), base, epoch);
  return std::move(bytes).freeze();
}

std::vector<std::pair<Offset, Offset>> batches_of(PartitionLog& log) {
  std::vector<std::pair<Offset, Offset>> batches;
  for (const auto& segment : log.segments())
    EXPECT_TRUE(segment->scan(0, [&](const BatchHeader& header, std::uint64_t) {
      batches.emplace_back(header.base_offset, header.next_offset());
      return true;
    }));
  return batches;
}

LogConfig small_segments() {
  LogConfig config;
  config.segment_bytes = 200;
  return config;
}

TEST(Holes, AFollowerIsFedFromAnyOffsetAndComesToTheSameEnd) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  run_process(world, node, [](Host& host) {
    LogManager manager(host, {});
    auto leader = manager.open("leader-0", small_segments(), false).value_or(nullptr);
    const std::vector<EpochCache::Entry> epochs = {{0, 0}, {1, 13}, {4, 30}};
    for (auto [base, epoch] : {std::pair(2, 0), {5, 0}, {12, 0}, {20, 1}, {23, 1}, {36, 4}, {39, 4}})
      ASSERT_TRUE(leader->append_replicated({stored(base, epoch, 3), epochs, base + 3, {}}).has_value()) << base;
    ASSERT_TRUE(leader->append_replicated({{}, epochs, 50, {}}).has_value());
    ASSERT_TRUE(leader->wait_stable(50, Deadline::never()));

    for (Offset begin = 0; begin < 50; ++begin) {
      auto follower = manager.open("follower-" + std::to_string(begin), small_segments(), false).value_or(nullptr);
      ASSERT_TRUE(follower->start_over(begin, -1));
      while (follower->log_end() < leader->log_end()) {
        auto from = follower->log_end();
        auto read = read_append(*leader, from);
        ASSERT_TRUE(read.has_value()) << to_string(read.error());
        ASSERT_GT(read->end, from);
        auto batches = read->batches.flatten();
        // begins in the middle of a batch
        if (!batches.empty() && read_batch_header(batches.view())->base_offset < from) break;
        ASSERT_TRUE(follower->append_replicated({batches, epochs, read->end, {}}).has_value()) << begin;
      }
      if (follower->log_end() == begin) continue;
      EXPECT_EQ(follower->log_end(), 50) << begin;
      auto wanted = batches_of(*leader);
      std::erase_if(wanted, [&](const auto& batch) { return batch.second <= begin; });
      EXPECT_EQ(batches_of(*follower), wanted) << begin;
    }
  });
}

}  // namespace
}  // namespace fulmar
