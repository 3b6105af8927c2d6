// What is cleaned and when; and that cleaning a log in several passes removes exactly the superseded records.
#include "broker/log/compaction.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <map>

#include "broker/log/log_manager.h"
#include "log_test_kit.h"

namespace fulmar {
namespace {

std::vector<SegmentFacts> segments_of(std::initializer_list<std::uint64_t> sizes) {
  std::vector<SegmentFacts> closed;
  Offset next = 0;
  for (auto bytes : sizes) {
    closed.push_back({.base_offset = next,
                      .next_offset = next + 10,
                      .bytes = bytes,
                      .index_bytes = bytes / 100,
                      .oldest = 100 * next,
                      .newest = 100 * (next + 9)});
    next += 10;
  }
  return closed;
}

TEST(Compaction, IsDueOnceEnoughIsDirty) {
  auto closed = segments_of({500, 500, 500});
  auto plan = plan_cleaning(closed, 0, CompactionPolicy(), 0);
  EXPECT_TRUE(plan.due);
  EXPECT_EQ(plan.from, 0);
  EXPECT_EQ(plan.up_to, 30);
  plan = plan_cleaning(closed, 20, CompactionPolicy(), 0);
  EXPECT_FALSE(plan.due) << "a third is dirty, and more than half is to be";
  EXPECT_EQ(plan.clean_bytes, 1000u);
  EXPECT_EQ(plan.dirty_bytes, 500u);
  CompactionPolicy eager;
  eager.min_cleanable_ppm = 333'000;
  EXPECT_TRUE(plan_cleaning(closed, 20, eager, 0).due);
  eager.min_cleanable_ppm = 0;
  EXPECT_FALSE(plan_cleaning(closed, 30, eager, 0).due) << "nothing is dirty";
  EXPECT_FALSE(plan_cleaning({}, 7, eager, 0).due);
  closed.erase(closed.begin());
  EXPECT_EQ(plan_cleaning(closed, 0, eager, 0).from, 10) << "what is gone from the front need not be cleaned";
}

TEST(Compaction, LeavesAloneWhatIsTooYoungAndDoesNotWaitWithWhatIsTooOld) {
  auto closed = segments_of({500, 500, 500, 500});  // their newest records are of 900, 1900, 2900, 3900
  CompactionPolicy policy;
  policy.min_lag_ms = 2'000;
  auto plan = plan_cleaning(closed, 10, policy, 4'500);
  EXPECT_EQ(plan.up_to, 20);
  EXPECT_EQ(plan.dirty_bytes, 500u);
  EXPECT_FALSE(plan.due);
  policy.max_lag_ms = 3'499;  // the second one's oldest is of 1000
  plan = plan_cleaning(closed, 10, policy, 4'500);
  EXPECT_TRUE(plan.overdue && plan.due);
  policy.max_lag_ms = 3'500;
  EXPECT_FALSE(plan_cleaning(closed, 10, policy, 4'500).due);
  EXPECT_FALSE(plan_cleaning(closed, 20, policy, 1'000'000'000).clean_bytes == 0);
}

TEST(Compaction, TheDirtiestLogIsFirstAndWhatIsOverdueBeforeAll) {
  auto closed = segments_of({500, 500, 500});
  auto dirty = plan_cleaning(closed, 0, CompactionPolicy(), 0);
  auto half = plan_cleaning(closed, 10, CompactionPolicy(), 0);
  CompactionPolicy policy;
  policy.max_lag_ms = 1;
  auto overdue = plan_cleaning(closed, 20, policy, 10'000);
  EXPECT_TRUE(dirty.before(half) && !half.before(dirty));
  EXPECT_TRUE(overdue.before(dirty) && !dirty.before(overdue));
  EXPECT_FALSE(dirty.before(dirty));
}

TEST(Compaction, NeighboursBecomeOneSegmentAsFarAsTheyFit) {
  CompactionPolicy policy;
  policy.segment_bytes = 1'000;
  auto closed = segments_of({400, 400, 400, 1'500, 100, 900, 100});
  EXPECT_EQ(plan_runs(closed, 70, policy), (std::vector<SegmentRun>{{0, 2}, {20, 1}, {30, 1}, {40, 2}, {60, 1}}));
  EXPECT_EQ(plan_runs(closed, 21, policy), (std::vector<SegmentRun>{{0, 2}, {20, 1}}));
  EXPECT_TRUE(plan_runs(closed, 0, policy).empty());
  policy.segment_index_bytes = 7;
  EXPECT_EQ(plan_runs(closed, 30, policy), (std::vector<SegmentRun>{{0, 1}, {10, 1}, {20, 1}}));
  for (auto& segment : closed)
    if (segment.base_offset > 0) segment.next_offset += std::int64_t{1} << 31;
  policy.segment_index_bytes = 1'000;
  EXPECT_EQ(plan_runs(closed, 20, policy), (std::vector<SegmentRun>{{0, 1}, {10, 1}}))
      << "one file's index can't count";
}

TEST(Compaction, ATombstoneGoesAfterItsHorizonAndOnlyWhereAllAreClean) {
  KeyOffsets last(std::size_t{1} << 16, 7);
  last.put("k", 5);
  last.put("other", 8);
  auto fate = [&](Offset offset, bool has_value, std::optional<Timestamp> horizon, ExpiryRule rule) {
    ReadRecord record;
    record.offset = offset;
    record.key = Bytes::copy_of("k");
    if (has_value) record.value = Bytes::copy_of("v");
    record.delete_horizon = horizon;
    return fate_of(record, last, 20, rule);
  };
  const ExpiryRule rule{.below = 6, .now = 100};
  EXPECT_EQ(fate(5, false, 100, rule), Fate::expired);
  EXPECT_EQ(fate(5, false, 101, rule), Fate::stays) << "too early";
  EXPECT_EQ(fate(5, false, {}, rule), Fate::stays) << "it was never compacted yet";
  EXPECT_EQ(fate(5, false, 100, {.below = 5, .now = 100}), Fate::stays) << "others may have what it deletes";
  EXPECT_EQ(fate(5, true, 100, rule), Fate::stays) << "it has a value";
  EXPECT_EQ(fate(4, false, 100, rule), Fate::superseded);
  EXPECT_EQ(fate(20, false, 100, {.below = 30, .now = 100}), Fate::stays) << "not of this pass";
}

TEST(Compaction, ABatchGetsItsDeleteHorizonWithItsFirstTombstoneAndKeepsTimes) {
  for (auto codec : {Compression::none, Compression::lz4}) {
    auto batch = build_batch({{"a", "1", 1'000, {}}, {"b", std::nullopt, 2'000, {{"h", "x"}}}, {"c", "3", 500, {}}},
                             {.codec = codec});
    auto keep = [](const ReadRecord& record) { return record.key->view() != "a"; };
    auto kept = keep_records(batch, 1 << 20, keep, 70'000).value();
    auto header = read_batch_header(kept.view()).value();
    EXPECT_TRUE(header.has_delete_horizon());
    EXPECT_EQ(header.base_timestamp, 70'000);
    EXPECT_EQ(header.max_timestamp, 2'000);
    EXPECT_EQ(header.record_count, 2);
    EXPECT_EQ(header.codec(), codec);
    auto records = read_records(kept, 1 << 20).value();
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(records[0].timestamp, 2'000);
    EXPECT_EQ(records[1].timestamp, 500);
    EXPECT_EQ(records[0].delete_horizon, 70'000);
    // The first one counts.
    auto all = [](const ReadRecord&) { return true; };
    EXPECT_EQ(keep_records(kept, 1 << 20, all, 90'000).value().view(), kept.view());
    // Where no tombstone stays there is none to be set.
    auto values = [](const ReadRecord& record) { return record.value.has_value(); };
    EXPECT_FALSE(read_batch_header(keep_records(batch, 1 << 20, values, 70'000).value().view())->has_delete_horizon());
  }
}

// The first condition that did not hold, in a fiber that must not throw.
std::string wrong;
void hold(bool holds, const char* what) {
  if (!holds && wrong.empty()) wrong = what;
}
#define HOLD(...) hold((__VA_ARGS__), #__VA_ARGS__)

constexpr auto at_once = [](std::size_t) { return Result<void>(); };

// Makes one pass, like the broker's cleaner. Returns whether there was anything to do.
bool clean(PartitionLog& log, const CompactionPolicy& policy, std::size_t memory, std::uint64_t seed) {
  auto closed = closed_segments(log, log.stable_end()).value();
  auto plan = plan_cleaning(closed, log.cleaned_to(), policy, 0);
  if (!plan.due) return false;
  KeyOffsets last(memory, seed);
  auto end = note_keys(log, plan.from, plan.up_to, last, at_once).value();
  HOLD(end > plan.from && end <= plan.up_to);
  for (const auto& run : plan_runs(closed, end, policy)) {
    auto rewritten = log.rewrite(run.base_offset, run.count, log.stable_end(),
                                 [&](const ReadRecord& record) { return fate_of(record, last, end) == Fate::stays; });
    HOLD(rewritten.has_value());
    if (*rewritten) HOLD(log.replace_segments(std::move(**rewritten)).value());
  }
  HOLD(log.note_cleaned(end, log.cuts()).has_value());
  HOLD(log.cleaned_to() == end);
  return true;
}

// Whether another pass below `cleaned_to` would remove nothing.
bool is_clean(PartitionLog& log, Offset cleaned_to) {
  KeyOffsets last(std::size_t{1} << 20, 0);
  auto noted = note_keys(log, log.held_from(), cleaned_to, last, at_once);
  if (!noted || *noted != cleaned_to) return false;
  for (const auto& segment : closed_segments(log, log.stable_end()).value()) {
    if (segment.base_offset >= cleaned_to) break;
    auto again = log.rewrite(segment.base_offset, 1, log.stable_end(), [&](const ReadRecord& record) {
      return fate_of(record, last, cleaned_to) == Fate::stays;
    });
    if (!again || *again) return false;
  }
  return true;
}

struct Written {
  std::optional<std::string> key;
  std::optional<std::string> value;
  bool operator==(const Written&) const = default;
};

std::map<Offset, Written> content(PartitionLog& log) {
  std::map<Offset, Written> found;
  for (const auto& record : read_all(log, 0)) {
    auto text = [](const std::optional<Bytes>& bytes) {
      return bytes ? std::optional(std::string(bytes->view())) : std::nullopt;
    };
    HOLD(found.emplace(record.offset, Written{text(record.key), text(record.value)}).second);
  }
  return found;
}

// The records that should remain: below `cleaned_to` the last one of each key, and all others above.
std::map<Offset, Written> compacted_model(const std::map<Offset, Written>& all, Offset cleaned_to) {
  std::map<std::string, Offset> last;
  for (const auto& [offset, record] : all)
    if (offset < cleaned_to && record.key) last[*record.key] = offset;
  std::map<Offset, Written> left;
  for (const auto& [offset, record] : all)
    if (offset >= cleaned_to || (record.key && last.at(*record.key) == offset)) left.emplace(offset, record);
  return left;
}

// A replica may have to start over while its log is cleaned.
TEST(Compaction, ALogThatWasStartedOverMeanwhileIsNotCleanBeyondItsEnd) {
  wrong.clear();
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  run_process(world, node, [&](Host& host) {
    LogManager manager(host, {});
    auto log = manager.open("t-0", LogConfig(), false).value();
    for (int i = 0; i < 5; ++i) HOLD(append(*log, build_batch({{"k", "v", World::epoch_ms, {}}})).has_value());
    HOLD(log->wait_stable(5, Deadline::never()));
    const auto cuts = log->cuts();
    HOLD(log->start_over(2, -1).has_value());
    auto noted = log->note_cleaned(5, cuts);
    HOLD(!noted && noted.error().code == Errc::closed);
    HOLD(log->cleaned_to() == 0);
    HOLD(!log->offline());
  });
  EXPECT_EQ(wrong, "");
}

TEST(Compaction, TheBoundOfTombstonesOutlivesAPowerLossAndTheCheckpoint) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("broker");
  auto with_log = [&](const std::function<void(PartitionLog&)>& work) {
    wrong.clear();
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      work(*manager.open("t-0", LogConfig(), false).value());
    });
    EXPECT_EQ(wrong, "");
    node.power_loss();
  };
  with_log([](PartitionLog& log) {
    for (int i = 0; i < 5; ++i) HOLD(append(log, build_batch({{"k", "v", World::epoch_ms, {}}})).has_value());
    HOLD(log.wait_stable(5, Deadline::never()));
    HOLD(log.note_cleaned(4, log.cuts()).has_value());
    HOLD(log.note_tombstone_bound(3).has_value());
    HOLD(log.note_tombstone_bound(2).has_value());
    HOLD(log.tombstone_bound() == 3);
  });
  with_log([](PartitionLog& log) { HOLD(log.tombstone_bound() == 3 && log.cleaned_to() == 4); });
  run_process(world, node, [&](Host& host) {
    HOLD(host.disk().remove("t-0/" + std::string(checkpoint_name)).has_value());
    HOLD(host.disk().sync_directory("t-0").has_value());
  });
  with_log([](PartitionLog& log) {
    HOLD(log.log_end() == 5);
    HOLD(log.tombstone_bound() == 3);
    HOLD(log.cleaned_to() == 0);
    HOLD(log.start_over(9, 0, 7).has_value());
    HOLD(log.tombstone_bound() == 7);
  });
  with_log([](PartitionLog& log) { HOLD(log.tombstone_bound() == 7 && log.log_start() == 9); });
}

RC_GTEST_PROP(Compaction, TheNewestRecordOfEachKeyStaysAndNothingElseGoesAcrossPassesAndRestarts, ()) {
  const auto seed = *rc::gen::inRange<std::uint64_t>(0, 1'000'000);
  const auto keys = *rc::gen::inRange(1, 12);
  const auto memory = static_cast<std::size_t>(*rc::gen::element(0, 500, 5'000, 100'000));
  const auto codec = *rc::gen::element(Compression::none, Compression::lz4, Compression::zstd);
  LogConfig config;
  config.segment_bytes = *rc::gen::inRange(200, 900);
  config.min_cleanable_ppm = *rc::gen::element(0, 400'000);
  const auto policy = policy_of(config);
  wrong.clear();
  World world(seed, LogLevel::error);
  auto& node = world.add_node("broker");
  std::map<Offset, Written> all;
  for (int life = 0; life < 3; ++life) {
    const bool clean_stop = *rc::gen::arbitrary<bool>();
    using Batch = std::vector<std::pair<int, bool>>;  // keys, -1: none; and whether the value is null
    const auto record = rc::gen::pair(rc::gen::inRange(-1, keys), rc::gen::arbitrary<bool>());
    std::vector<Batch> batches;
    for (int left = *rc::gen::inRange(0, 25); left > 0; --left)
      batches.push_back(*rc::gen::container<Batch>(static_cast<std::size_t>(*rc::gen::inRange(1, 6)), record));
    run_process(world, node, [&](Host& host) {
      LogManager manager(host, {});
      auto log = manager.open("t-0", config, false).value();
      HOLD(content(*log) == compacted_model(all, log->cleaned_to()));
      for (const auto& batch : batches) {
        std::vector<Record> records;
        for (auto [key, is_tombstone] : batch) {
          Written written;
          if (key >= 0) written.key = "key " + std::to_string(key);
          if (!is_tombstone) written.value = "value " + std::to_string(all.size());
          records.push_back({written.key, written.value, World::epoch_ms, {}});
          all.emplace(static_cast<Offset>(all.size()), written);
        }
        HOLD(append(*log, build_batch(records, {.codec = codec})).has_value());
      }
      HOLD(log->wait_stable(log->log_end(), Deadline::never()));
      int passes = 0;
      while (wrong.empty() && clean(*log, policy, memory, seed)) HOLD(++passes < 1'000);
      HOLD(content(*log) == compacted_model(all, log->cleaned_to()));
      HOLD(log->log_end() == static_cast<Offset>(all.size()));
      HOLD(is_clean(*log, log->cleaned_to()));
      if (clean_stop) HOLD(manager.close());
    });
    RC_ASSERT(wrong == "");
    if (!clean_stop) node.power_loss();
  }
}

}  // namespace
}  // namespace fulmar
