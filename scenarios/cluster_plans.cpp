#include "scenarios/cluster_plans.h"

#include <algorithm>
#include <functional>
#include <iterator>

#include "faults/calm.h"
#include "faults/kinds.h"
#include "scenarios/cluster_life.h"
#include "scenarios/damage/damage_faults.h"
#include "scenarios/fault_mixes.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

namespace {

constexpr std::int64_t fast_reader_pace_ms = 16;
constexpr std::int64_t epoch_pace_ms = 40;
constexpr std::int64_t pace_per_writer_ms = 12;  // of keyed records

Plan plan_cluster(std::uint64_t seed, FaultDraw draw, const char* scenario,
                  const std::function<void(Random, Plan&)>& choose_more = {}) {
  auto random = Random(seed).split(scenario);
  Plan plan;
  plan.scenario = scenario;
  plan.seed = seed;
  choose_cluster_settings(random.split("settings"), plan);
  if (choose_more) choose_more(random.split("more"), plan);
  auto window = fault_window(plan);
  const auto& mix = fault_mix_of(scenario);
  if (mix.takes_promises) window.victims_max = victims_max(plan);
  plan.faults = plan_faults(random.split("faults"), window, mix.shapes, draw);
  // A consumer that reads all the time sees what an isolated leader serves until it steps down.
  auto reader = random.split("fast reader");
  bool left_alone = has_fault(plan.faults, {&faults::isolate, &faults::cut_after_transfer});
  if (left_alone && reader.chance(1, 2)) plan.set(settings::consumer_pace_ms, fast_reader_pace_ms);
  // And a client that looks up the end of the epoch sees offsets that may not stay.
  if (left_alone && random.split("epochs").chance(1, 2)) plan.set(settings::epoch_pace_ms, epoch_pace_ms);
  choose_calm(random.split("calm"), window, victims_max(plan), plan);
  return plan;
}

// A rolling upgrade: brokers act as the release before until some time, and from then on each is stopped in order once,
// one after the other, and comes back as this release, whatever else happens meanwhile. In half of the lives they all
// go back in the same way. All are healthy in the end.
void plan_upgrade(Random random, Plan& plan) {
  auto window = fault_window(plan);
  // In whole milliseconds: a plan that is written down has microseconds.
  const auto third = std::chrono::floor<std::chrono::milliseconds>((window.end - window.begin) / 3);
  const auto servers = static_cast<std::int64_t>(window.nodes.servers);
  const auto share = std::chrono::floor<std::chrono::milliseconds>(third / servers);
  const auto from = window.begin + third;
  plan.set(settings::upgrade_at_ms, (from - Instant{}) / milliseconds(1));
  plan.set(settings::rest, 0);
  // The release before has no access control lists.
  for (const auto* setting :
       {&settings::calm_from_ms, &settings::calm_ms, &settings::calm_rest, &settings::access_pace_ms})
    plan.settings.erase(std::string(setting->name));
  auto roll = [&](Instant begin) {
    for (std::int64_t n = 0; n < servers; ++n) {
      Fault stop{.kind = &faults::stop,
                 .at = begin + share * n + milliseconds(random.between(1, share / milliseconds(1))),
                 .duration = milliseconds(random.between(100, 2000)),
                 .target = static_cast<std::size_t>(n)};
      plan.faults.insert(std::ranges::upper_bound(plan.faults, stop.at, {}, &Fault::at), stop);
    }
  };
  roll(from);
  if (!random.chance(1, 2)) return;
  const auto back = from + third;
  plan.set(settings::downgrade_at_ms, (back - Instant{}) / milliseconds(1));
  roll(back);
}

}  // namespace

Plan plan_replication(std::uint64_t seed, FaultDraw draw) {
  return plan_cluster(seed, draw, "replication");
}

Plan plan_partitions(std::uint64_t seed, FaultDraw draw) {
  return plan_cluster(seed, draw, "partitions");
}

Plan plan_disk(std::uint64_t seed, FaultDraw draw) {
  return plan_cluster(seed, draw, "disk");
}

Plan plan_churn(std::uint64_t seed, FaultDraw draw) {
  return plan_cluster(seed, draw, "churn", [](Random random, Plan& plan) {
    plan.set(settings::brokers, 5);
    plan.set(settings::replication_factor, 3);
    plan.set(settings::rest_count, 1);
    plan.set(settings::memory_topic, 0);  // a power loss could take the records of who owns it now
    plan.set(settings::operator_pace_ms, std::int64_t{1} << random.between(8, 13));
    plan.set(settings::cancelled_moves_percent, random.between(0, 60));
  });
}

// In a quarter of the lives the cluster is upgraded; in another, the controllers change. How many of them may fail is
// then unknown when the plan is made: no disk loses acknowledged data, and all brokers are healthy in the end.
Plan plan_metadata(std::uint64_t seed, FaultDraw draw) {
  auto plan = plan_cluster(seed, draw, "metadata", [](Random random, Plan& chosen) {
    chosen.set(settings::topic_pace_ms, std::int64_t{1} << random.between(10, 13));
    chosen.set(settings::producer_pace_ms, 4096);
  });
  // In a third of the lives clients have quotas, which change.
  if (auto quotas = Random(seed).split("quotas"); quotas.chance(1, 3))
    plan.set(settings::quota_pace_ms, std::int64_t{1} << quotas.between(9, 12));
  auto random = Random(seed).split("controllers");
  if (!random.chance(1, 4)) {
    auto upgrade = Random(seed).split("upgrade");
    if (upgrade.chance(1, 3)) plan_upgrade(upgrade, plan);
    return plan;
  }
  plan.set(settings::controller_pace_ms, std::int64_t{1} << random.between(9, 13));
  plan.set(settings::rest, 0);
  for (const auto* setting : {&settings::calm_from_ms, &settings::calm_ms, &settings::calm_rest})
    plan.settings.erase(std::string(setting->name));
  std::erase_if(plan.faults, [](const Fault& fault) { return fault.kind == &faults::damage_small_file; });
  return plan;
}

// Few other clients, and short lives: it matters how many changes and answers there are to compare, whatever they are
// of.
Plan plan_administration(std::uint64_t seed, FaultDraw draw) {
  return plan_cluster(seed, draw, "administration", [](Random random, Plan& chosen) {
    chosen.set(settings::owner_pace_ms, std::int64_t{1} << random.between(6, 10));
    chosen.set(settings::examiner_pace_ms, std::int64_t{1} << random.between(5, 9));
    chosen.set(settings::safety_ms, random.between(10'000, 40'000));
    chosen.set(settings::clients, 1);
    chosen.set(settings::producers, 1);
    chosen.set(settings::producer_pace_ms, 4096);
    chosen.set(settings::consumers, random.between(0, 1));
    chosen.set(settings::deletes, 0);
  });
}

Plan plan_exactly_once(std::uint64_t seed, FaultDraw draw) {
  auto plan = plan_cluster(seed, draw, "exactly-once", [](Random random, Plan& chosen) {
    chosen.set(settings::stages, random.between(2, 3));
    chosen.set(settings::producers, 1);
    chosen.set(settings::producer_pace_ms, 4096);
    chosen.set(settings::consumers, 0);
    chosen.set(settings::deletes, 0);
    chosen.set(settings::operator_pace_ms, std::int64_t{1} << random.between(9, 13));
    chosen.set(settings::ring, random.chance(1, 2));
    chosen.set(settings::polls_per_transaction, random.between(1, 3));
  });
  // In half of the lives, the partitions of the first pipeline or two are assigned by groups, under either protocol.
  auto random = Random(seed).split("grouped stages");
  if (random.chance(1, 2)) {
    plan.set(settings::grouped_stages, random.between(1, 2));
    if (random.chance(1, 2)) plan.set(settings::consumer_pipelines, 1);
  }
  // In half, the offsets that the transactions commit are compacted, and their markers removed.
  random = Random(seed).split("compacted offsets");
  if (!random.chance(1, 2)) return plan;
  plan.set(settings::cleanable_percent, random.between(0, 50));
  plan.set(settings::delete_retention_ms, std::int64_t{1} << random.between(4, 10));
  plan.set(settings::group_segment_bytes, std::int64_t{1} << random.between(9, 12));
  plan.set(settings::cleaner_backoff_ms, std::int64_t{1} << random.between(6, 11));
  return plan;
}

Plan plan_groups(std::uint64_t seed, FaultDraw draw) {
  auto plan = plan_cluster(seed, draw, "groups", [](Random random, Plan& chosen) {
    chosen.set(settings::members, random.between(1, 3));
    chosen.set(settings::consumer_members, random.between(1, 3));
    chosen.set(settings::migrating_members, random.between(1, 2));
    chosen.set(settings::producer_pace_ms, 4096);
    chosen.set(settings::consumers, 0);
    chosen.set(settings::deletes, 0);
    // What the coordinators keep is compacted in most lives.
    if (random.chance(1, 4)) return;
    chosen.set(settings::group_segment_bytes, std::int64_t{1} << random.between(9, 13));
    chosen.set(settings::cleaner_backoff_ms, std::int64_t{1} << random.between(6, 11));
  });
  // In a third of the lives groups are full with one or two members.
  auto random = Random(seed).split("group size");
  if (random.chance(1, 3)) plan.set(settings::group_size_max, random.between(1, 2));
  // In a third, offsets expire so soon that groups lose them while their members are away. How long that takes can't be
  // judged if clocks are wrong.
  random = Random(seed).split("offset retention");
  if (!random.chance(1, 3)) return plan;
  plan.set(settings::offsets_retention_ms, random.between(1'000, 8'000));
  plan.set(settings::offsets_check_ms, std::int64_t{1} << random.between(6, 10));
  std::erase_if(plan.faults, [](const Fault& fault) {
    return fault.kind == &faults::clock_jump || fault.kind == &faults::clock_drift;
  });
  return plan;
}

Plan plan_compaction(std::uint64_t seed, FaultDraw draw) {
  auto plan = plan_cluster(seed, draw, "compaction", [](Random random, Plan& chosen) {
    chosen.set(settings::keyed_clients, random.between(1, 2));
    chosen.set(settings::keyed_pace_ms, std::int64_t{1} << random.between(4, 8));
    chosen.set(settings::compacted_segment_bytes, std::int64_t{1} << random.between(10, 13));
    chosen.set(settings::cleaner_backoff_ms, std::int64_t{1} << random.between(6, 11));
    constexpr std::int64_t shares[] = {0, 10, 10, 50, 90};
    chosen.set(settings::cleanable_percent, shares[random.below(std::size(shares))]);
    if (random.chance(1, 3)) chosen.set(settings::max_compaction_lag_ms, std::int64_t{1} << random.between(6, 12));
    chosen.set(settings::delete_retention_ms, std::int64_t{1} << random.between(4, 13));
    chosen.set(settings::memory_topic, 0);
    chosen.set(settings::producer_pace_ms, 4096);
    chosen.set(settings::deletes, 0);
    // Replicas that leave a partition, and come back to it with an old log.
    if (!random.chance(1, 2)) return;
    chosen.set(settings::brokers, 5);
    chosen.set(settings::replication_factor, 3);
    chosen.set(settings::rest_count, 1);
    chosen.set(settings::operator_pace_ms, std::int64_t{1} << random.between(9, 12));
    chosen.set(settings::cancelled_moves_percent, random.between(0, 60));
  });
  // In two thirds of the lives there are transactions too.
  auto random = Random(seed).split("keyed transactions");
  if (random.chance(2, 3)) plan.set(settings::keyed_transactions, random.between(1, 2));
  // Of many writers each is slower. A life costs what it writes, and finds what happens meanwhile: so more lives are
  // worth more than more writes.
  auto writers = plan.setting(settings::clients) *
                 (plan.setting(settings::keyed_clients) + plan.setting_or(settings::keyed_transactions, 0));
  plan.set(settings::keyed_pace_ms, std::max(plan.setting(settings::keyed_pace_ms), pace_per_writer_ms * writers));
  return plan;
}

}  // namespace fulmar
