#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "campaign/capsule.h"
#include "scenarios/life.h"
#include "scenarios/marks.h"
#include "scenarios/plan_check.h"
#include "scenarios/plan_settings.h"

namespace fulmar {
namespace {

std::string text_of(const Violations& violations) {
  std::string text;
  for (const auto& violation : violations)
    text += violation.property + " " + violation.anomaly + "\n" + violation.text + "\n";
  return text;
}

TEST(Scenarios, ALifesRecordHasItsOperationsAndEventsAndChangesNothingOfIt) {
  for (const auto& scenario : all_scenarios()) {
    SCOPED_TRACE(scenario.name);
    auto plan = scenario.plan(9001);
    auto recorded = scenario.run(plan, {.record = true});
    auto plain = scenario.run(plan, {});
    EXPECT_EQ(recorded.trace_hash, plain.trace_hash);
    EXPECT_TRUE(plain.record.events.empty() && plain.record.operations.empty());
    const auto& [operations, events] = recorded.record;
    EXPECT_TRUE(std::ranges::is_sorted(operations, {}, &LifeRecord::Operation::invoked));
    EXPECT_TRUE(std::ranges::is_sorted(events, {}, &LifeRecord::Event::at));
    auto has = [&](std::string_view text) {
      return std::ranges::any_of(events, [&](const auto& event) { return event.what.contains(text); });
    };
    EXPECT_TRUE(has(" starts"));
    EXPECT_TRUE(has(" ms " + std::string(plan.faults.front().kind->name) + " "));
    EXPECT_GE(operations.size(), recorded.operations["sends"] + recorded.operations["reads"]);
    EXPECT_TRUE(operations.empty() || std::ranges::any_of(operations, [](const auto& operation) {
                  return operation.what.starts_with("sends ") && operation.outcome.starts_with("ok at offset ");
                }));
  }
}

TEST(Scenarios, SomeLivesOfEachAreCleanAndTheSameTwice) {
  std::map<std::string, std::uint64_t> marks;
  for (const auto& scenario : all_scenarios()) {
    // Lives of clusters take longer.
    std::uint64_t last = scenario.name == "single-broker" ? 9050 : 9010;
    for (std::uint64_t seed = 9001; seed <= last; ++seed) {
      auto plan = scenario.plan(seed);
      auto life = scenario.run(plan, {});
      EXPECT_TRUE(life.violations.empty()) << "seed " << seed << "\n" << text_of(life.violations);
      EXPECT_TRUE(life.operations["sends"] > 0 || !life.times.empty()) << "seed " << seed;
      for (const auto& [mark, count] : life.marks) marks[mark] += count;
      if (seed % 10 == 0) {
        EXPECT_EQ(scenario.run(plan, {}).trace_hash, life.trace_hash) << seed;
      }
    }
  }
  // Marks that already these few lives reach.
  for (auto mark : {Mark::metadata_snapshot_taken,
                    Mark::metadata_snapshot_loaded,
                    Mark::metadata_snapshot_fetched,
                    Mark::lookup_by_time,
                    Mark::lookup_past_the_last,
                    Mark::lookup_of_maximum,
                    Mark::epoch_end_told,
                    Mark::fetch_with_epoch,
                    Mark::follower_read,
                    Mark::too_few_in_sync,
                    Mark::partitions_added,
                    Mark::topic_made_again,
                    Mark::record_in_deleted_topic,
                    Mark::deleted_to_high_watermark,
                    Mark::record_without_time,
                    Mark::record_from_the_past,
                    Mark::record_from_the_future,
                    Mark::false_maximum,
                    Mark::idle_lookup,
                    Mark::long_poll,
                    Mark::waited_behind_transaction,
                    Mark::consumer_at_the_end,
                    Mark::calm_majority})
    EXPECT_GT(marks[mark_name(mark)], 0u) << mark_name(mark);
}

// What is judged of a life that ends early holds at any time, so it blames no life that is right.
TEST(Scenarios, LivesThatEndEarlyAreCleanToo) {
  for (const auto& scenario : all_scenarios()) {
    if (scenario.name == "recovery") continue;  // it measures until the end
    for (std::uint64_t seed = 9001; seed <= 9004; ++seed) {
      auto plan = scenario.plan(seed);
      auto last = plan.setting(settings::safety_ms);
      plan.set(settings::end_ms, Random(seed).between(last / 4, last));
      auto checked = scenario.check(scenario, plan);
      ASSERT_TRUE(checked.has_value()) << to_string(checked.error());
      auto life = scenario.run(plan, {});
      EXPECT_TRUE(life.violations.empty()) << scenario.name << " seed " << seed << "\n" << text_of(life.violations);
      EXPECT_LE(life.simulated, milliseconds(plan.setting(settings::end_ms)) + seconds(1)) << scenario.name;
    }
  }
}

TEST(Scenarios, NeighboursOfALifeAreOtherLivesByTheSamePlan) {
  for (std::string_view name : {"single-broker", "replication", "recovery"}) {
    const auto* scenario = find_scenario(name);
    auto plan = scenario->plan(9001);
    auto own = scenario->run(plan, {}).trace_hash;
    plan.branches = {{0, 1}};
    auto neighbour = scenario->run(plan, {});
    EXPECT_NE(neighbour.trace_hash, own);
    EXPECT_TRUE(neighbour.violations.empty()) << text_of(neighbour.violations);
    EXPECT_EQ(neighbour.trace_hash, scenario->run(plan, {}).trace_hash);
  }
}

TEST(Scenarios, LookingAtALifeDoesNotChangeIt) {
  const auto* scenario = find_scenario("single-broker");
  ASSERT_NE(scenario, nullptr);
  auto plan = scenario->plan(3);
  std::size_t lines = 0;
  LifeOptions options;
  options.trace = [&](Instant, std::string_view) { ++lines; };
  std::uint64_t events = 0;
  options.event = [&](std::uint64_t before, Instant, std::uint64_t) { EXPECT_EQ(before, events++); };
  std::uint64_t happenings = 0;
  options.happening = [&](const Happening& happening) { EXPECT_EQ(happening.number, ++happenings); };
  auto life = scenario->run(plan, options);
  EXPECT_EQ(life.trace_hash, scenario->run(plan, {}).trace_hash);
  EXPECT_GT(happenings, 1000u);
  EXPECT_GE(events, life.events) << "the world's end is looked at too, though it is not in the result";
  EXPECT_GT(lines, 100u);
}

// Its clients' operations, its messages by name, and the states of its replicas.
TEST(Scenarios, TellWhatHappensInALife) {
  const auto* scenario = find_scenario("replication");
  ASSERT_NE(scenario, nullptr);
  std::set<std::string> begun, texts;
  std::uint64_t ended = 0, leaders = 0;
  LifeOptions options;
  options.happening = [&](const Happening& happening) {
    switch (happening.kind) {
      case Happening::Kind::client:
        ASSERT_TRUE(happening.where && happening.where->shard);
        if (happening.began)
          ++ended;
        else
          begun.insert(happening.text);
        break;
      case Happening::Kind::received: texts.insert(happening.text); break;
      case Happening::Kind::state: leaders += happening.text.starts_with("is leader in epoch "); break;
      default: break;
    }
  };
  scenario->run(scenario->plan(1), options);
  EXPECT_GT(begun.size(), 20u);
  EXPECT_GE(ended, begun.size());
  EXPECT_GT(leaders, 5u);
  for (const char* text : {"Produce", "answer to Produce", "Fetch", "RaftMessages"})
    EXPECT_TRUE(texts.contains(text)) << text;
}

// Lives that once found a bug: they must stay clean.
TEST(Regressions, StayClean) {
  std::size_t count = 0;
  const Simulator simulator{"fulmar-sim", all_scenarios()};
  for (const auto& entry : std::filesystem::directory_iterator(FULMAR_REGRESSIONS)) {
    auto file = read_play_file(entry.path(), simulator);
    ASSERT_TRUE(file.has_value()) << to_string(file.error());
    ASSERT_TRUE(file->capsule.has_value())
        << entry.path() << " is to be a capsule: fulmar-sim replay FILE --capsule NAME.capsule.json";
    auto life = file->scenario->run(file->plan, {});
    EXPECT_TRUE(life.violations.empty()) << entry.path() << "\n" << text_of(life.violations);
    ++count;
  }
  EXPECT_GT(count, 0u);
}

}  // namespace
}  // namespace fulmar
