#include "broker/server/admin/metrics_page.h"

#include <algorithm>
#include <map>

#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

using enum MetricType;

constexpr Duration write_sample_work = nanoseconds(500);  // of a partition that was asked for

double seconds_of(Duration time) {
  return std::chrono::duration<double>(time).count();
}

double seconds_of_ms(Timestamp ms) {
  return static_cast<double>(ms) / 1000;
}

}  // namespace

void write_process(Exposition& text, const BrokerSamples& samples) {
  text.family("fulmar_build", info, "", "The release that runs.");
  text.sample({{"version", FULMAR_VERSION}}, std::int64_t{1});
  text.family("fulmar_broker", info, "", "Which broker this is.");
  text.sample({{"node_id", std::to_string(samples.node_id)}, {"cluster_id", samples.cluster.cluster_id}},
              std::int64_t{1});
  text.family("fulmar_broker_ready", gauge, "", "1 if /health/ready says so, else 0.");
  text.sample({}, std::int64_t{samples.ready});
  if (samples.usage) {
    text.family("process_cpu", counter, "seconds", "Computing time of all threads.");
    text.sample({}, seconds_of(samples.usage->cpu));
    text.family("process_resident_memory", gauge, "bytes", "Memory that the process has in RAM.");
    text.sample({}, static_cast<std::int64_t>(samples.usage->resident_bytes));
  }
  text.family("process_open_fds", gauge, "", "Open files and sockets, about.");
  text.sample({}, static_cast<std::int64_t>(samples.descriptors.in_use));
  text.family("process_max_fds", gauge, "", "How many files and sockets the process may open.");
  text.sample({}, static_cast<std::int64_t>(samples.descriptors.limit));
  text.family("process_start_time", gauge, "seconds", "When the broker started, since 1970.");
  text.sample({}, seconds_of_ms(samples.started_ms));
  text.family("fulmar_scrape_duration", gauge, "seconds", "How long it took to gather this scrape.");
  text.sample({}, seconds_of(samples.scraped_in));
}

void write_certificates(Exposition& text, const BrokerSamples& samples) {
  text.family("fulmar_tls_certificate_expiry_timestamp", gauge, "seconds",
              "When the first of the listener's own certificates expires, since 1970.");
  for (const auto& expiry : samples.certificates)
    text.sample({{"listener", expiry.listener}}, seconds_of_ms(expiry.at_ms));
  text.family("fulmar_tls_certificate_reload_failed", counter, "",
              "Looks at the files of certificates, one every 5 seconds, that found new contents which can't be used.");
  text.sample({}, samples.certificate_looks_failed);
}

void write_token_keys(Exposition& text, const BrokerSamples& samples) {
  text.family("fulmar_token_keys", gauge, "", "Keys that tokens of OAUTHBEARER are checked with; 0: none are known.");
  text.sample({}, samples.token_keys);
  text.family("fulmar_token_keys_fetch_failed", counter, "",
              "Tries to fetch the keys for tokens that had none of use; those of before are kept.");
  text.sample({}, samples.token_key_tries_failed);
}

void write_cluster(Exposition& text, const BrokerSamples& samples) {
  const auto& cluster = samples.cluster;
  text.family("fulmar_controller_active", gauge, "",
              "1 on the broker that decides about the metadata, 0 on the others.");
  text.sample({}, std::int64_t{cluster.totals.has_value()});
  text.family("fulmar_controller_known", gauge, "", "Whether the broker knows a controller.");
  text.sample({}, std::int64_t{cluster.controller_known});
  text.family("fulmar_broker_fenced", gauge, "", "Whether the broker is fenced, as far as it knows itself.");
  text.sample({}, std::int64_t{cluster.is_fenced});
  text.family("fulmar_metadata_offset", gauge, "",
              "Up to which offset of the metadata log the broker knows the metadata.");
  text.sample({}, cluster.metadata_offset);
  if (!cluster.totals) return;
  const auto& totals = *cluster.totals;
  auto one = [&](std::string_view name, std::int64_t value, std::string_view help) {
    text.family(name, gauge, "", help);
    text.sample({}, value);
  };
  one("fulmar_cluster_brokers", totals.brokers, "Registered brokers; only on the controller, as all of cluster_.");
  one("fulmar_cluster_brokers_fenced", totals.brokers_fenced,
      "Registered brokers that the controller does not hear of.");
  one("fulmar_cluster_topics", totals.topics, "Topics, also internal ones.");
  one("fulmar_cluster_partitions", totals.partitions, "Partitions of all topics.");
  one("fulmar_cluster_partitions_offline", totals.partitions_without_leader, "Partitions of which no leader is known.");
  one("fulmar_cluster_reassignments", totals.reassignments, "Partitions whose replicas are being changed.");
}

void write_coordinators(Exposition& text, const BrokerSamples& samples) {
  std::map<std::pair<std::string, std::string>, std::int64_t> groups;
  std::int64_t loading = 0, open = 0;
  Timestamp oldest = -1;
  for (const auto& shard : samples.shards) {
    for (const auto& [key, count] : shard.groups) groups[key] += count;
    loading += shard.coordinators_loading;
    open += shard.open_transactions;
    if (shard.oldest_transaction >= 0 && (oldest < 0 || shard.oldest_transaction < oldest))
      oldest = shard.oldest_transaction;
  }
  text.family("fulmar_groups", gauge, "", "Groups that this broker coordinates, by type and state.");
  for (const auto& [key, count] : groups) text.sample({{"type", key.first}, {"state", key.second}}, count);
  text.family("fulmar_coordinators_loading", gauge, "",
              "Shards with coordinators of groups or transactions that still read their partitions.");
  text.sample({}, loading);
  text.family("fulmar_transactions_open", gauge, "",
              "Transactions that this broker coordinates and that are not complete.");
  text.sample({}, open);
  text.family("fulmar_transaction_oldest_age", gauge, "seconds",
              "For how long the oldest transaction is open; 0: there is none.");
  text.sample({}, oldest < 0 ? 0.0 : seconds_of_ms(std::max<Timestamp>(samples.now_ms - oldest, 0)));
}

void write_asked_for(Exposition& text, const BrokerSamples& samples) {
  std::vector<const TopicPartitionSample*> partitions;
  for (const auto& shard : samples.shards)
    for (const auto& partition : shard.topics) partitions.push_back(&partition);
  auto each = [&](std::string_view name, std::string_view unit, std::string_view help, auto&& value) {
    text.family(name, gauge, unit, help);
    for (const auto* partition : partitions) {
      work_in_slices(write_sample_work);
      text.sample({{"topic", partition->topic}, {"partition", std::to_string(partition->index)}},
                  std::int64_t{value(*partition)});
    }
  };
  if (!partitions.empty()) {
    using Sample = const TopicPartitionSample&;
    each("fulmar_partition_led", "", "Whether this broker leads the partition.", [](Sample p) { return p.led; });
    each("fulmar_partition_log_start_offset", "", "The offset of the first record that is kept.",
         [](Sample p) { return p.log_start; });
    each("fulmar_partition_log_end_offset", "", "The offset that the next record gets.",
         [](Sample p) { return p.log_end; });
    each("fulmar_partition_high_watermark", "", "The end of what is committed.",
         [](Sample p) { return p.high_watermark; });
    each("fulmar_partition_log_size", "bytes", "Size of the replica's log.", [](Sample p) { return p.log_bytes; });
    each("fulmar_partition_replicas", "", "Replicas that the partition is to have.",
         [](Sample p) { return p.replicas; });
    each("fulmar_partition_in_sync_replicas", "", "Replicas in sync; 0 where this broker does not lead.",
         [](Sample p) { return p.in_sync; });
    text.family("fulmar_partition_replica_lag", gauge, "",
                "Records of a partition led here that the replica on that broker does not have.");
    for (const auto* partition : partitions)
      for (auto [broker, lag] : partition->lags) {
        work_in_slices(write_sample_work);
        text.sample({{"topic", partition->topic},
                     {"partition", std::to_string(partition->index)},
                     {"broker", std::to_string(broker)}},
                    lag);
      }
  }
  if (samples.group_lags.empty()) return;
  auto of_groups = [&](std::string_view name, std::string_view help, std::int64_t GroupLag::* value) {
    text.family(name, gauge, "", help);
    for (const auto& lag : samples.group_lags) text.sample({{"group", lag.group}}, lag.*value);
  };
  of_groups("fulmar_group_lag", "Committed records that the group has not committed as read.", &GroupLag::sum);
  of_groups("fulmar_group_lag_max", "The lag of the group in the partition where it is largest.", &GroupLag::max);
  of_groups("fulmar_group_partitions", "Partitions in which the group has committed an offset.", &GroupLag::partitions);
  of_groups("fulmar_group_partitions_unknown", "Partitions of the group whose leader has not said where they end.",
            &GroupLag::partitions_unknown);
}

std::string metrics_page(const BrokerSamples& samples, ExpositionFormat format) {
  Exposition text(format);
  write_process(text, samples);
  write_certificates(text, samples);
  write_token_keys(text, samples);
  write_requests(text, samples);
  write_shards(text, samples);
  write_logs(text, samples);
  write_partitions(text, samples);
  write_cluster(text, samples);
  write_coordinators(text, samples);
  write_asked_for(text, samples);
  return std::move(text).finish();
}

}  // namespace fulmar
