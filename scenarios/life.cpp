#include "scenarios/life.h"

#include "scenarios/cluster_life.h"
#include "scenarios/cluster_plans.h"
#include "scenarios/damage/damage_faults.h"
#include "scenarios/life_security.h"
#include "scenarios/marks.h"
#include "scenarios/node_names.h"
#include "scenarios/plan_check.h"
#include "scenarios/plan_settings.h"
#include "scenarios/recovery/recovery.h"
#include "scenarios/single_broker.h"

namespace fulmar {

namespace {

// What campaigns have to reach, of what few lives reach. Each is reached in a sixth of a scenario's lives or more, so
// that 40 lives miss it once in 1,400 campaigns at most.
constexpr std::uint64_t enough = 40;
const RequiredMark required_of_groups[] = {
    {mark_name(Mark::group_stable), enough},
    {mark_name(Mark::group_rebalanced), enough},
    {mark_name(Mark::group_coordinator_moved), enough},
    {mark_name(Mark::group_fenced), enough},
    {mark_name(Mark::group_full), enough},
    {mark_name(Mark::group_offset_expired), enough},
    {mark_name(Mark::group_offset_deleted), enough},
    {mark_name(Mark::consumer_assigned), enough},
    {mark_name(Mark::consumer_gave_up), enough},
    {mark_name(Mark::consumer_fenced), enough},
    {mark_name(Mark::group_upgraded), enough},
    {mark_name(Mark::group_downgraded), enough},
    {mark_name(Mark::coordinator_lost_in_rebalance), enough},
    {mark_name(Mark::log_compacted), enough},
};
const RequiredMark required_of_administration[] = {
    {mark_name(Mark::owned_topic_made), enough},      {mark_name(Mark::change_only_validated), enough},
    {mark_name(Mark::owned_partition_moved), enough}, {mark_name(Mark::owned_move_taken_back), enough},
    {mark_name(Mark::write_examined), enough},        {mark_name(Mark::read_examined), enough},
    {mark_name(Mark::lookup_examined), enough},       {mark_name(Mark::session_examined), enough},
    {mark_name(Mark::wait_examined), enough},         {mark_name(Mark::size_examined), enough},
};
const RequiredMark required_of_compaction[] = {
    {mark_name(Mark::log_compacted), enough},
    {mark_name(Mark::batch_compacted_away), enough},
    {mark_name(Mark::tombstone_removed), enough},
    {mark_name(Mark::marker_removed), enough},
    {mark_name(Mark::leader_was_away_past_tombstones), enough},
};
const RequiredMark required_of_exactly_once[] = {
    {mark_name(Mark::transaction_committed), enough},           {mark_name(Mark::transaction_aborted), enough},
    {mark_name(Mark::transaction_abandoned), enough},           {mark_name(Mark::transaction_fenced), enough},
    {mark_name(Mark::transaction_of_past_member), enough},      {mark_name(Mark::committed_read), enough},
    {mark_name(Mark::transaction_finished_by_another), enough}, {mark_name(Mark::unstable_offset), 200},
};

constexpr PlanTerms terms{fault_kinds, node_names, all_settings, &settings::end_ms};

template <Plan (*plan)(std::uint64_t, FaultDraw), FaultDraw draw>
Plan plan_by(std::uint64_t seed) {
  auto planned = plan(seed, draw);
  choose_security(Random(seed).split(planned.scenario).split("security"), planned.has(settings::brokers), planned);
  return planned;
}

template <Plan (*plan)(std::uint64_t, FaultDraw)>
constexpr Scenario storm(std::string_view name, std::string_view description,
                         LifeResult (*run)(const Plan&, const LifeOptions&),
                         std::span<const RequiredMark> required = {}) {
  return {.name = name,
          .description = description,
          .plan = plan_by<plan, FaultDraw::swarm>,
          .run = run,
          .terms = terms,
          .check = check_plan,
          .required = required,
          .plan_of_every_kind = plan_by<plan, FaultDraw::every_kind>};
}

const Scenario scenarios[] = {
    storm<plan_single_broker>("single-broker",
                              "one broker, several clients, all faults that one broker promises to survive",
                              run_single_broker),
    storm<plan_replication>(
        "replication", "three or five brokers that replicate, all kinds of acknowledgement, all faults", run_cluster),
    storm<plan_partitions>("partitions", "the same, and networks that come apart in every way", run_cluster),
    storm<plan_disk>("disk",
                     "the same, and disks that fail, are damaged or emptied, a majority of each partition's never",
                     run_cluster),
    storm<plan_churn>("churn",
                      "partitions that move between brokers, which are killed, stopped, replaced and emptied meanwhile",
                      run_cluster),
    storm<plan_metadata>(
        "metadata", "topics made and deleted under faults, and requests with leader epochs of the past", run_cluster),
    storm<plan_administration>("administration",
                               "topics that are made, changed, moved and deleted, and answers that are examined, by "
                               "clients that know what has to be shown",
                               run_cluster, required_of_administration),
    storm<plan_groups>("groups",
                       "members of consumer groups that join, commit, vanish and come back, and coordinators that move",
                       run_cluster, required_of_groups),
    storm<plan_compaction>("compaction",
                           "a compacted topic of few keys, written, also in transactions, read and cleaned all at once",
                           run_cluster, required_of_compaction),
    {"recovery", "a cluster that is well meets one fault: how long it takes to serve again", plan_recovery,
     run_recovery, terms, check_recovery_plan},
    storm<plan_exactly_once>(
        "exactly-once", "pipelines of transactions, taken over, abandoned and timed out, and coordinators that move",
        run_cluster, required_of_exactly_once),
};

}  // namespace

std::span<const Scenario> all_scenarios() {
  return scenarios;
}

const Scenario* find_scenario(std::string_view name) {
  for (const auto& scenario : scenarios)
    if (scenario.name == name) return &scenario;
  return nullptr;
}

}  // namespace fulmar
