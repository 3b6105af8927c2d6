// The settings of these scenarios' plans, and which of them a plan needs.
#pragma once

#include <span>
#include <vector>

#include "faults/calm.h"
#include "faults/setting.h"
#include "runtime/fiber/slices.h"
#include "sim/world.h"

namespace fulmar {

namespace settings {

inline constexpr std::int64_t time_ms_max = 3'600'000;
inline constexpr std::int64_t safety_ms_max = 600'000;  // a life's real time is bounded too
inline constexpr std::int64_t pace_ms_max = 30'000;     // clients have to end soon after they are asked to
inline constexpr std::int64_t replica_lag_ms_min =
    100;  // below what passes between two heartbeats nobody is ever in sync
inline constexpr std::int64_t brokers_max = 15;
inline constexpr std::int64_t work_factor_max = World::stall_min / slice_length;
inline constexpr std::int64_t clients_max = 32;
inline constexpr std::int64_t bytes_max = 1 << 30;
inline constexpr std::int64_t batch_bytes_min = 14;  // the smallest segment size that the broker accepts

// Topics are guarded by access control lists, which change.
inline constexpr Setting access_pace_ms{"access_pace_ms", 0, pace_ms_max, 0};
inline constexpr Setting batch_records_max{"batch_records_max", 1, 100, 1};
inline constexpr Setting brokers{"brokers", 1, brokers_max, 1};
inline constexpr Setting cancelled_moves_percent{"cancelled_moves_percent", 0, 100, 0};
inline constexpr Setting catch_up_lag{"catch_up_lag", 0, bytes_max};
inline constexpr Setting checkpoint_ms{"checkpoint_ms", 1, time_ms_max, 10'000};
inline constexpr Setting cleanable_percent{"cleanable_percent", 0, 99};
inline constexpr Setting cleaner_backoff_ms{"cleaner_backoff_ms", 1, time_ms_max};
inline constexpr Setting clients{"clients", 1, clients_max, 1};
inline constexpr Setting compacted_segment_bytes{"compacted_segment_bytes", 1024, bytes_max};
inline constexpr Setting config_pace_ms{"config_pace_ms", 0, pace_ms_max, 0};
inline constexpr Setting migrating_members{"migrating_members", 0, clients_max, 0};
// Of requests, and of responses, that each shard of a broker holds for its clients; without it, the broker's default.
inline constexpr Setting client_memory_bytes{"client_memory_bytes", 1, bytes_max};
inline constexpr Setting consumer_members{"consumer_members", 0, clients_max, 0};
inline constexpr Setting consumer_pace_ms{"consumer_pace_ms", 1, pace_ms_max, 4096};
inline constexpr Setting consumer_pipelines{"consumer_pipelines", 0, 1, 0};
inline constexpr Setting consumers{"consumers", 0, clients_max, 0};
inline constexpr Setting controller_pace_ms{"controller_pace_ms", 0, pace_ms_max, 0};
inline constexpr Setting deletes{"deletes", 0, 1, 0};
// From then on brokers start as the release before again, and its level of the metadata is never raised. Only with
// `upgrade_at_ms`, and later.
inline constexpr Setting downgrade_at_ms{"downgrade_at_ms", 2, safety_ms_max};
// The life ends then, as it is: nothing is healed, and only what was seen until then is judged.
inline constexpr Setting end_ms{"end_ms", 1, time_ms_max};
inline constexpr Setting epoch_pace_ms{"epoch_pace_ms", 0, pace_ms_max, 0};
inline constexpr Setting examiner_pace_ms{"examiner_pace_ms", 0, pace_ms_max, 0};
inline constexpr Setting false_maxima{"false_maxima", 0, 1, 0};
inline constexpr Setting delete_retention_ms{"delete_retention_ms", 0, time_ms_max};
inline constexpr Setting group_segment_bytes{"group_segment_bytes", 512, bytes_max};
inline constexpr Setting group_size_max{"group_size_max", 1, clients_max};
inline constexpr Setting grouped_stages{"grouped_stages", 0, 4, 0};
inline constexpr Setting growing_topic{"growing_topic", 0, 1, 0};
inline constexpr Setting guarded_topic{"guarded_topic", 0, 1, 0};
inline constexpr Setting idle_topic{"idle_topic", 0, 1, 0};
inline constexpr Setting index_interval_bytes{"index_interval_bytes", 0, bytes_max, 4096};
inline constexpr Setting internal_tls{"internal_tls", 0, 1, 0};  // between brokers
inline constexpr Setting keyed_clients{"keyed_clients", 0, clients_max, 0};
inline constexpr Setting keyed_pace_ms{"keyed_pace_ms", 1, pace_ms_max, 1024};
inline constexpr Setting keyed_transactions{"keyed_transactions", 0, clients_max, 0};
inline constexpr Setting lookup_pace_ms{"lookup_pace_ms", 0, pace_ms_max, 0};
inline constexpr Setting max_compaction_lag_ms{"max_compaction_lag_ms", 1, time_ms_max};
inline constexpr Setting stages{"stages", 0, 4, 0};
inline constexpr Setting members{"members", 0, clients_max, 0};
inline constexpr Setting memory_topic{"memory_topic", 0, 1, 0};
inline constexpr Setting metadata_segment_bytes{"metadata_segment_bytes", batch_bytes_min, bytes_max};
inline constexpr Setting metadata_snapshot_bytes{"metadata_snapshot_bytes", batch_bytes_min, bytes_max};
inline constexpr Setting offsets_check_ms{"offsets_check_ms", 1, time_ms_max};
inline constexpr Setting offsets_retention_ms{"offsets_retention_ms", 100, pace_ms_max};
inline constexpr Setting operator_pace_ms{"operator_pace_ms", 0, pace_ms_max, 0};
inline constexpr Setting owner_pace_ms{"owner_pace_ms", 0, pace_ms_max, 0};
inline constexpr Setting partitions{"partitions", 1, 100, 1};
// The password of the clients' user changes. Only with SCRAM.
inline constexpr Setting password_pace_ms{"password_pace_ms", 0, pace_ms_max, 0};
inline constexpr Setting polls_per_transaction{"polls_per_transaction", 1, 10, 1};
inline constexpr Setting producer_id_block{"producer_id_block", 1, 1'000'000};
inline constexpr Setting producer_pace_ms{"producer_pace_ms", 1, pace_ms_max, 4096};
inline constexpr Setting producers{"producers", 0, clients_max, 0};
inline constexpr Setting quota_pace_ms{"quota_pace_ms", 0, pace_ms_max, 0};
inline constexpr Setting racks{"racks", 0, 1, 0};
inline constexpr Setting remake_pace_ms{"remake_pace_ms", 0, pace_ms_max, 0};
inline constexpr Setting replica_lag_ms{"replica_lag_ms", replica_lag_ms_min, time_ms_max};
inline constexpr Setting replication_factor{"replication_factor", 1, brokers_max, 1};
inline constexpr Setting reshard{"reshard", 0, 1, 0};
inline constexpr Setting rest{"rest", 0, 3, 0};
inline constexpr Setting rest_count{"rest_count", 0, brokers_max, 0};
inline constexpr Setting retained_topic{"retained_topic", 0, 1, 0};
inline constexpr Setting retention_check_ms{"retention_check_ms", 1, time_ms_max, 10'000};
inline constexpr Setting ring{"ring", 0, 1, 0};
inline constexpr Setting safety_ms{"safety_ms", 1, safety_ms_max, 1};
// How clients come in: see LifeSecurity.
inline constexpr Setting security{"security", 0, 8, 0};
inline constexpr Setting segment_bytes{"segment_bytes", batch_bytes_min, bytes_max, 1 << 16};
// Clients have to authenticate again within this time. Only with SASL.
inline constexpr Setting session_ms{"session_ms", 0, time_ms_max, 0};
inline constexpr Setting shards{"shards", 0, 16, 0};
// A producer that has several batches under way pauses for that long at most.
inline constexpr Setting streaming_pace_ms{"streaming_pace_ms", 0, pace_ms_max, 0};
inline constexpr Setting throttled_rate{"throttled_rate", 1, std::int64_t{1} << 50};
inline constexpr Setting timed_topic{"timed_topic", 0, 1, 0};
inline constexpr Setting topic_pace_ms{"topic_pace_ms", 0, pace_ms_max, 0};
// From then on brokers start as this release; before, as the one before it.
inline constexpr Setting upgrade_at_ms{"upgrade_at_ms", 1, safety_ms_max};
inline constexpr Setting value_bytes_max{"value_bytes_max", 8, 8192, 16};
inline constexpr Setting work_factor{"work_factor", 1, work_factor_max, 1};

}  // namespace settings

struct SettingUse {
  const Setting* setting;
  bool of_clusters_only = false;
  // Plans may lack it: it is newer than some kept plans, or not every seed chooses it.
  bool optional = false;
};

// All settings, by name.
std::span<const SettingUse> setting_uses();
// The settings alone.
std::vector<const Setting*> all_settings();

}  // namespace fulmar
