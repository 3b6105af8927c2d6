#include "scenarios/plan_settings.h"

#include <algorithm>

namespace fulmar {

namespace {

constexpr bool everywhere = false;
constexpr bool clusters = true;
constexpr bool needed = false;
constexpr bool optional = true;

constexpr SettingUse uses[] = {
    {&settings::access_pace_ms, clusters, optional},
    {&settings::batch_records_max, everywhere, needed},
    {&settings::brokers, clusters, needed},
    {&settings::calm_from_ms, clusters, optional},
    {&settings::calm_ms, clusters, optional},
    {&settings::calm_rest, clusters, optional},
    {&settings::cancelled_moves_percent, clusters, optional},
    {&settings::catch_up_lag, clusters, optional},
    {&settings::checkpoint_ms, everywhere, needed},
    {&settings::cleanable_percent, clusters, optional},
    {&settings::cleaner_backoff_ms, clusters, optional},
    {&settings::client_memory_bytes, everywhere, optional},
    {&settings::clients, everywhere, needed},
    {&settings::compacted_segment_bytes, clusters, optional},
    {&settings::config_pace_ms, clusters, optional},
    {&settings::consumer_members, clusters, optional},
    {&settings::migrating_members, clusters, optional},
    {&settings::consumer_pace_ms, everywhere, needed},
    {&settings::consumer_pipelines, clusters, optional},
    {&settings::consumers, everywhere, needed},
    {&settings::controller_pace_ms, clusters, optional},
    {&settings::delete_retention_ms, clusters, optional},
    {&settings::deletes, everywhere, needed},
    {&settings::downgrade_at_ms, clusters, optional},
    {&settings::end_ms, everywhere, optional},
    {&settings::epoch_pace_ms, clusters, optional},
    {&settings::examiner_pace_ms, clusters, optional},
    {&settings::false_maxima, everywhere, optional},
    {&settings::group_segment_bytes, clusters, optional},
    {&settings::group_size_max, clusters, optional},
    {&settings::grouped_stages, clusters, optional},
    {&settings::growing_topic, everywhere, optional},
    {&settings::guarded_topic, clusters, optional},
    {&settings::idle_topic, everywhere, optional},
    {&settings::index_interval_bytes, everywhere, needed},
    {&settings::internal_tls, clusters, optional},
    {&settings::keyed_clients, clusters, optional},
    {&settings::keyed_pace_ms, clusters, optional},
    {&settings::keyed_transactions, clusters, optional},
    {&settings::lookup_pace_ms, everywhere, optional},
    {&settings::max_compaction_lag_ms, clusters, optional},
    {&settings::members, clusters, optional},
    {&settings::stages, clusters, optional},
    {&settings::memory_topic, everywhere, needed},
    {&settings::metadata_segment_bytes, clusters, optional},
    {&settings::metadata_snapshot_bytes, clusters, optional},
    {&settings::offsets_check_ms, clusters, optional},
    {&settings::offsets_retention_ms, clusters, optional},
    {&settings::operator_pace_ms, clusters, optional},
    {&settings::partitions, everywhere, needed},
    {&settings::owner_pace_ms, clusters, optional},
    {&settings::password_pace_ms, everywhere, optional},
    {&settings::polls_per_transaction, clusters, optional},
    {&settings::producer_id_block, clusters, optional},
    {&settings::producer_pace_ms, everywhere, needed},
    {&settings::producers, everywhere, needed},
    {&settings::quota_pace_ms, clusters, optional},
    {&settings::racks, clusters, optional},
    {&settings::remake_pace_ms, everywhere, optional},
    {&settings::replica_lag_ms, clusters, optional},
    {&settings::replication_factor, clusters, needed},
    {&settings::reshard, clusters, needed},
    {&settings::rest, clusters, needed},
    {&settings::rest_count, clusters, needed},
    {&settings::retained_topic, everywhere, needed},
    {&settings::retention_check_ms, everywhere, needed},
    {&settings::ring, clusters, optional},
    {&settings::safety_ms, everywhere, needed},
    {&settings::security, everywhere, optional},
    {&settings::segment_bytes, everywhere, needed},
    {&settings::session_ms, everywhere, optional},
    {&settings::shards, everywhere, needed},
    {&settings::streaming_pace_ms, everywhere, optional},
    {&settings::throttled_rate, clusters, optional},
    {&settings::timed_topic, everywhere, optional},
    {&settings::topic_pace_ms, clusters, optional},
    {&settings::upgrade_at_ms, clusters, optional},
    {&settings::value_bytes_max, everywhere, needed},
    {&settings::work_factor, everywhere, optional},
};

}  // namespace

std::span<const SettingUse> setting_uses() {
  return uses;
}

std::vector<const Setting*> all_settings() {
  // Of these there are more events than of all others.
  std::vector<const Setting*> all = {
      &settings::shards,           &settings::reshard,          &settings::replication_factor,
      &settings::brokers,          &settings::partitions,       &settings::work_factor,
      &settings::clients,          &settings::producers,        &settings::consumers,
      &settings::members,          &settings::consumer_members, &settings::keyed_clients,
      &settings::memory_topic,     &settings::retained_topic,   &settings::timed_topic,
      &settings::lookup_pace_ms,   &settings::config_pace_ms,   &settings::guarded_topic,
      &settings::growing_topic,    &settings::remake_pace_ms,   &settings::streaming_pace_ms,
      &settings::consumer_pace_ms, &settings::producer_pace_ms};
  for (const auto& use : uses)
    if (std::ranges::find(all, use.setting) == all.end()) all.push_back(use.setting);
  return all;
}

}  // namespace fulmar
