#include "scenarios/settings.h"

#include <algorithm>

#include "faults/kinds.h"
#include "scenarios/piping_client.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

void choose_workload(const Random& random, Plan& plan) {
  auto choose = [&](const char* name, std::int64_t low, std::int64_t high) {
    return random.split(name).between(low, high);
  };
  plan.set(settings::partitions, choose("partitions", 1, 4));
  plan.set(settings::memory_topic, choose("memory topic", 0, 1));
  plan.set(settings::retained_topic, choose("retained topic", 0, 1));
  plan.set(settings::timed_topic, choose("timed topic", 0, 2) == 0);
  plan.set(settings::false_maxima, choose("false maxima", 0, 2) == 0);
  plan.set(settings::idle_topic, choose("idle topic", 0, 1));
  plan.set(settings::growing_topic, choose("growing topic", 0, 3) == 0);
  plan.set(settings::deletes, choose("deletes", 0, 1));
  plan.set(settings::lookup_pace_ms,
           choose("lookups", 0, 1) == 0 ? 0 : std::int64_t{1} << choose("lookup pace", 8, 11));
  plan.set(settings::remake_pace_ms, choose("remakes", 0, 3) > 0 ? 0 : std::int64_t{1} << choose("remake pace", 9, 12));
  plan.set(settings::streaming_pace_ms,
           choose("streaming", 0, 2) > 0 ? 0 : std::int64_t{1} << choose("streaming pace", 8, 11));
  plan.set(settings::clients, choose("clients", 1, 3));
  plan.set(settings::producers, choose("producers", 1, 2));
  plan.set(settings::consumers, choose("consumers", 1, 2));
  plan.set(settings::producer_pace_ms, std::int64_t{1} << choose("producer pace", 6, 12));
  plan.set(settings::consumer_pace_ms, std::int64_t{1} << choose("consumer pace", 6, 12));
  plan.set(settings::batch_records_max, choose("batch records", 1, 8));
  plan.set(settings::value_bytes_max, std::int64_t{1} << choose("value bytes", 4, 11));
  // In half of the lives brokers compute as slowly as if everything were much larger.
  if (choose("slow work", 0, 1)) plan.set(settings::work_factor, choose("work factor", 2, 100));
  // Where brokers have little memory for clients, these wait for each other.
  if (choose("little memory", 0, 7) == 0)
    plan.set(settings::client_memory_bytes, std::int64_t{1} << choose("client memory", 9, 13));
}

void limit_client_memory(const Plan& plan, std::map<std::string, std::string, std::less<>>& properties) {
  if (!plan.has(settings::client_memory_bytes)) return;
  for (const auto* property : {"queued.max.request.bytes", "queued.max.response.bytes"})
    properties[property] = std::to_string(plan.setting(settings::client_memory_bytes));
}

void describe_topics(Workload& workload, std::int16_t replication_factor) {
  const auto& plan = workload.plan;
  auto partitions = static_cast<std::int32_t>(plan.setting(settings::partitions));
  constexpr std::int64_t default_retention_ms = std::int64_t{7} * 24 * 3600 * 1000;
  bool replicated = replication_factor > 1;
  auto wanted = [&](const Setting& setting) { return plan.setting_or(setting, 0) != 0; };
  auto expect = [&](std::initializer_list<Mark> marks) {
    for (auto mark : marks) workload.marks.expect(mark);
  };
  auto& topics = workload.topics;
  topics["synced"] = {partitions, {true, default_retention_ms, replicated}, {}, replication_factor};
  if (wanted(settings::memory_topic))
    topics["memory"] = {partitions,
                        {false, default_retention_ms, replicated},
                        {{"flush.messages", "9223372036854775807"}},
                        replication_factor};
  if (wanted(settings::retained_topic))
    topics["retained"] = {
        1, {true, 5000, replicated}, {{"retention.ms", "5000"}, {"segment.ms", "2000"}}, replication_factor};
  if (wanted(settings::timed_topic)) {
    topics["timed"] = {
        1, {true, 10'000, replicated, true}, {{"retention.ms", "10000"}, {"segment.ms", "3000"}}, replication_factor};
    expect({Mark::record_without_time, Mark::record_from_the_past, Mark::record_from_the_future});
  }
  if (wanted(settings::guarded_topic)) {
    topics["guarded"] = {
        1, {true, default_retention_ms, replicated}, {{"min.insync.replicas", "2"}}, replication_factor};
    expect({Mark::too_few_in_sync});
  }
  if (wanted(settings::idle_topic)) {
    topics["idle"] = {1, {true, default_retention_ms, replicated}, {}, replication_factor, true};
    expect({Mark::idle_deletion, Mark::idle_lookup});
  }
  if (wanted(settings::growing_topic)) {
    topics["growing"] = {1, {true, default_retention_ms, replicated}, {}, replication_factor, false, true};
    expect({Mark::partitions_added});
  }
  for (std::int64_t stage = 0;
       wanted(settings::stages) && stage < std::max<std::int64_t>(2, plan.setting(settings::stages)); ++stage)
    workload.stages.push_back("stage-" + std::to_string(stage));
  if (!workload.stages.empty())
    workload.grouped_stages =
        std::min<std::size_t>(workload.stages.size() - (wanted(settings::ring) ? 0 : 1),
                              static_cast<std::size_t>(plan.setting_or(settings::grouped_stages, 0)));
  if (workload.grouped_stages > 0) expect({Mark::transaction_of_past_member});
  workload.stage_spec = {stage_partitions, {true, -1, replicated}, {{"retention.ms", "-1"}}, replication_factor};
  if (!workload.stages.empty())
    expect({Mark::transaction_committed, Mark::transaction_aborted, Mark::transaction_abandoned,
            Mark::transaction_fenced, Mark::unstable_offset, Mark::committed_read,
            Mark::transaction_finished_by_another});
  if (wanted(settings::ring) && plan.setting_or(settings::polls_per_transaction, 1) > 1)
    expect({Mark::later_transaction_read});
  if (wanted(settings::lookup_pace_ms))
    expect({Mark::lookup_by_time, Mark::lookup_past_the_last, Mark::lookup_of_maximum, Mark::epoch_end_told});
  if (wanted(settings::false_maxima)) expect({Mark::false_maximum});
  if (wanted(settings::remake_pace_ms)) expect({Mark::topic_made_again, Mark::record_in_deleted_topic});
  if (wanted(settings::deletes)) expect({Mark::deleted_to_high_watermark});
  if (wanted(settings::deletes) && wanted(settings::racks)) expect({Mark::follower_start_told});
  if (wanted(settings::racks)) expect({Mark::follower_read});
  if (plan.setting_or(settings::consumers, 0) > 0) expect({Mark::fetch_with_epoch, Mark::consumer_at_the_end});
  expect({Mark::long_poll});
  if (wanted(settings::work_factor)) expect({Mark::malformed_batch_refused});
  if (has_fault(plan.faults, {&faults::short_reads})) expect({Mark::short_read});
  for (const auto& [name, spec] : topics) workload.history.topics[name] = spec.promise;
}

}  // namespace fulmar
