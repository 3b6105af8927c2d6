#include "scenarios/setting_ranges.h"

#include "runtime/fiber/slices.h"
#include "sim/world.h"

namespace fulmar {

namespace {

constexpr bool everywhere = false;
constexpr bool clusters = true;
constexpr bool needed = false;
constexpr bool optional = true;

constexpr std::int64_t time_ms_max = 3'600'000;
constexpr std::int64_t safety_ms_max = 600'000;   // a life's real time is bounded, too
constexpr std::int64_t pace_ms_max = 30'000;      // clients have to end soon after they are asked to
constexpr std::int64_t replica_lag_ms_min = 100;  // below what passes between two heartbeats nobody is ever in sync
constexpr std::int64_t brokers_max = 15;
constexpr std::int64_t work_factor_max = World::stall_min / slice_length;
constexpr std::int64_t clients_max = 32;
constexpr std::int64_t bytes_max = 1 << 30;
constexpr std::int64_t batch_bytes_min = 14;  // the least that the broker takes for the size of a segment

constexpr SettingRange ranges[] = {
    {"batch_records_max", 1, 100, everywhere, needed},
    {"brokers", 1, brokers_max, clusters, needed},
    {"calm_from_ms", 0, time_ms_max, clusters, optional},
    {"calm_ms", 0, time_ms_max, clusters, optional},
    {"calm_rest", 0, (1 << brokers_max) - 1, clusters, optional},
    {"cancelled_moves_percent", 0, 100, clusters, optional},
    {"catch_up_lag", 0, bytes_max, clusters, optional},
    {"checkpoint_ms", 1, time_ms_max, everywhere, needed},
    {"clients", 1, clients_max, everywhere, needed},
    {"config_pace_ms", 0, pace_ms_max, clusters, optional},
    {"consumer_pace_ms", 1, pace_ms_max, everywhere, needed},
    {"consumers", 0, clients_max, everywhere, needed},
    {"deletes", 0, 1, everywhere, needed},
    {"epoch_pace_ms", 0, pace_ms_max, clusters, optional},
    {"false_maxima", 0, 1, everywhere, optional},
    {"growing_topic", 0, 1, everywhere, optional},
    {"guarded_topic", 0, 1, clusters, optional},
    {"idle_topic", 0, 1, everywhere, optional},
    {"index_interval_bytes", 0, bytes_max, everywhere, needed},
    {"lookup_pace_ms", 0, pace_ms_max, everywhere, optional},
    {"members", 0, clients_max, clusters, optional},
    {"memory_topic", 0, 1, everywhere, needed},
    {"metadata_segment_bytes", batch_bytes_min, bytes_max, clusters, optional},
    {"metadata_snapshot_bytes", batch_bytes_min, bytes_max, clusters, optional},
    {"operator_pace_ms", 0, pace_ms_max, clusters, optional},
    {"partitions", 1, 100, everywhere, needed},
    {"producer_id_block", 1, 1'000'000, clusters, optional},
    {"producer_pace_ms", 1, pace_ms_max, everywhere, needed},
    {"producers", 0, clients_max, everywhere, needed},
    {"racks", 0, 1, clusters, optional},
    {"remake_pace_ms", 0, pace_ms_max, everywhere, optional},
    {"replica_lag_ms", replica_lag_ms_min, time_ms_max, clusters, optional},
    {"replication_factor", 1, brokers_max, clusters, needed},
    {"reshard", 0, 1, clusters, needed},
    {"rest", 0, 3, clusters, needed},
    {"rest_count", 0, brokers_max, clusters, needed},
    {"retained_topic", 0, 1, everywhere, needed},
    {"retention_check_ms", 1, time_ms_max, everywhere, needed},
    {"safety_ms", 1, safety_ms_max, everywhere, needed},
    {"segment_bytes", batch_bytes_min, bytes_max, everywhere, needed},
    {"shards", 0, 16, everywhere, needed},
    {"throttled_rate", 1, std::int64_t{1} << 50, clusters, optional},
    {"timed_topic", 0, 1, everywhere, optional},
    {"topic_pace_ms", 0, pace_ms_max, clusters, optional},
    {"value_bytes_max", 8, 8192, everywhere, needed},
    {"work_factor", 1, work_factor_max, everywhere, optional},
};

}  // namespace

std::span<const SettingRange> setting_ranges() {
  return ranges;
}

}  // namespace fulmar
