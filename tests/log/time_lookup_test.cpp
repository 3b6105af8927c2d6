// Lookups by time, compared with a search of all records.
#include "broker/log/log_manager.h"
#include "tests/log/log_test_kit.h"

namespace fulmar {
namespace {

Bytes batch_at(const std::vector<Timestamp>& times, Compression codec = Compression::none) {
  std::vector<Record> records;
  records.reserve(times.size());
  for (auto at : times) records.push_back({std::nullopt, "v", at, {}});
  return build_batch(records, {.codec = codec});
}

using Answer = std::optional<std::pair<Offset, Timestamp>>;

Answer answer(const Result<std::optional<OffsetAndTimestamp>>& found) {
  EXPECT_TRUE(found.has_value()) << to_string(found.error());
  if (!found || !*found) return std::nullopt;
  return std::pair{(*found)->offset, (*found)->timestamp};
}

void with_log(World& world, const LogConfig& config, const std::function<void(PartitionLog&)>& body) {
  run_process(world, world.add_node("broker"), [&](Host& host) {
    LogManager manager(host, {});
    auto log = manager.open("t-0", config, false).value_or(nullptr);
    ASSERT_NE(log, nullptr);
    body(*log);
  });
}

TEST(TimeLookup, GoesOnWhereTheBoundOfABatchWasThatOfADeletedRecord) {
  World world(1, LogLevel::error);
  with_log(world, {}, [](PartitionLog& log) {
    ASSERT_TRUE(append(log, batch_at({900, 100, 200})));
    ASSERT_TRUE(append(log, batch_at({300, 800})));
    ASSERT_TRUE(append(log, batch_at({400})));
    ASSERT_TRUE(log.wait_stable(6, Deadline::never()));
    ASSERT_TRUE(log.advance_start(1));  // deletes the record with timestamp 900, but not its batch
    EXPECT_EQ(answer(log.offset_for_timestamp(500, 6)), Answer({4, 800}));
    EXPECT_EQ(answer(log.offset_for_timestamp(0, 6)), Answer({1, 100}));
    EXPECT_EQ(answer(log.offset_for_timestamp(801, 6)), std::nullopt);
    EXPECT_EQ(answer(log.max_timestamp(6)), Answer({4, 800}));
    EXPECT_EQ(answer(log.max_timestamp(4)), Answer({3, 300})) << "the bound is in the midst of a batch as well";
    EXPECT_EQ(answer(log.max_timestamp(3)), Answer({2, 200}));
    EXPECT_EQ(answer(log.offset_for_timestamp(250, 4)), Answer({3, 300}));
  });
}

TEST(TimeLookup, RecordsWithoutTimestampsAreNeverFound) {
  World world(1, LogLevel::error);
  LogConfig config;
  config.index_interval_bytes = 1;
  with_log(world, config, [](PartitionLog& log) {
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(append(log, batch_at({-1, -1})));
    ASSERT_TRUE(log.wait_stable(10, Deadline::never()));
    EXPECT_EQ(answer(log.offset_for_timestamp(0, 10)), std::nullopt);
    EXPECT_EQ(answer(log.max_timestamp(10)), std::nullopt);
    EXPECT_EQ(log.segments().front()->time_index().entries().size(), 0u);
    ASSERT_TRUE(append(log, batch_at({-1, 7})));
    EXPECT_EQ(answer(log.offset_for_timestamp(0, 12)), Answer({11, 7}));
    EXPECT_EQ(answer(log.max_timestamp(12)), Answer({11, 7}));
  });
}

TEST(TimeLookup, AnswersWhatTheRecordsSay) {
  constexpr Timestamp far = std::numeric_limits<Timestamp>::max() / 2;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    World world(seed, LogLevel::error);
    auto random = world.random().split("lookups");
    LogConfig config;
    config.segment_bytes = random.between(200, 2000);
    config.index_interval_bytes = static_cast<std::int32_t>(random.between(1, 300));
    with_log(world, config, [&](PartitionLog& log) {
      std::vector<Timestamp> records;
      Timestamp base = 1000;
      while (records.size() < 60) {
        std::vector<Timestamp> batch;
        for (auto n = random.between(1, 6); n > 0; --n) {
          base += random.between(-3, 5);
          auto kind = random.below(20);
          batch.push_back(kind == 0 ? -1 : kind == 1 ? far : base);
        }
        ASSERT_TRUE(append(log, batch_at(batch, random.chance(1, 2) ? Compression::zstd : Compression::none)));
        records.insert(records.end(), batch.begin(), batch.end());
      }
      auto end = static_cast<Offset>(records.size());
      ASSERT_TRUE(log.wait_stable(end, Deadline::never()));
      for (Offset start = 0; start < end; start += random.between(1, 15)) {
        ASSERT_TRUE(log.advance_start(start));
        for (int asked = 0; asked < 20; ++asked) {
          auto up_to = random.between(start, end);
          auto ts = random.chance(1, 10) ? far : random.between(980, 1100);
          Answer first, largest;
          for (Offset at = start; at < up_to; ++at) {
            auto here = records[static_cast<std::size_t>(at)];
            if (!first && here >= ts) first = {at, here};
            if (here >= 0 && (!largest || here > largest->second)) largest = {at, here};
          }
          ASSERT_EQ(answer(log.offset_for_timestamp(ts, up_to)), first) << ts << " in " << start << ".." << up_to;
          auto found = answer(log.max_timestamp(up_to));
          ASSERT_EQ(found.has_value(), largest.has_value()) << "seed " << seed;
          if (!largest) continue;
          ASSERT_EQ(found, largest) << "seed " << seed << ", " << start << ".." << up_to;
        }
      }
    });
  }
}

}  // namespace
}  // namespace fulmar
