// The metrics of what shards do: requests, connections, logs, partitions.
#include <algorithm>
#include <functional>
#include <map>

#include "broker/protocol/error_code.h"
#include "broker/security/client_quotas.h"
#include "broker/server/admin/metrics_page.h"

namespace fulmar {

namespace {

using enum MetricType;

using Samples = BrokerSamples;

void sum(Exposition& text, const Samples& samples, std::string_view name, MetricType type, std::string_view unit,
         std::string_view help, const std::function<std::int64_t(const ShardSample&)>& of) {
  std::int64_t total = 0;
  for (const auto& shard : samples.shards) total += of(shard);
  text.family(name, type, unit, help);
  text.sample({}, total);
}

void by_shard(Exposition& text, const Samples& samples, std::string_view name, std::string_view unit,
              std::string_view help, const std::function<std::int64_t(const ShardSample&)>& of) {
  text.family(name, gauge, unit, help);
  for (std::size_t shard = 0; shard < samples.shards.size(); ++shard)
    text.sample({{"shard", std::to_string(shard)}}, of(samples.shards[shard]));
}

// Of one API on all shards.
struct ApiTotal {
  LatencyHistogram durations;
  std::int64_t request_bytes = 0;
  std::int64_t response_bytes = 0;
  std::map<ErrorCode, std::int64_t> errors;

  bool used() const { return durations.count() > 0 || !errors.empty(); }
};

std::map<std::string, ApiTotal> totals_by_api(const Samples& samples) {
  std::map<std::string, ApiTotal> totals;
  for (const auto& shard : samples.shards)
    shard.counts.apis.each([&](const ApiInfo& api, const ApiCount& count) {
      auto& total = totals[api.name];
      total.durations.add(count.durations);
      total.request_bytes += count.request_bytes;
      total.response_bytes += count.response_bytes;
      for (const auto& [code, times] : count.errors) total.errors[code] += times;
    });
  std::erase_if(totals, [](const auto& total) { return !total.second.used(); });
  return totals;
}

}  // namespace

void write_requests(Exposition& text, const Samples& samples) {
  const auto apis = totals_by_api(samples);
  text.family("fulmar_request_duration", histogram, "seconds",
              "From when a request has come to when there is a response; a fetch also waits for records.");
  for (const auto& [api, total] : apis) text.sample({{"api", api}}, total.durations);
  text.family("fulmar_request", counter, "bytes", "Size of requests that were answered.");
  for (const auto& [api, total] : apis) text.sample({{"api", api}}, total.request_bytes);
  text.family("fulmar_response", counter, "bytes", "Size of responses.");
  for (const auto& [api, total] : apis) text.sample({{"api", api}}, total.response_bytes);
  text.family("fulmar_request_errors", counter, "",
              "Errors in responses that this broker made, for each part that has one.");
  for (const auto& [api, total] : apis)
    for (const auto& [code, times] : total.errors) text.sample({{"api", api}, {"error", error_code_name(code)}}, times);
  using S = const ShardSample&;
  sum(text, samples, "fulmar_produced", counter, "bytes", "Batches of clients that were appended here as leader.",
      [](S s) { return s.counts.produced_bytes; });
  sum(text, samples, "fulmar_produced_records", counter, "", "Records of clients that were appended here as leader.",
      [](S s) { return s.counts.produced_records; });
  sum(text, samples, "fulmar_fetched", counter, "bytes", "Batches in responses to consumers.",
      [](S s) { return s.counts.fetched_bytes; });
  sum(text, samples, "fulmar_fetched_records", counter, "", "Records in responses to consumers.",
      [](S s) { return s.counts.fetched_records; });
  text.family("fulmar_connections", gauge, "", "Open connections, of clients and of other brokers.");
  std::int64_t clients = 0;
  for (const auto& shard : samples.shards) clients += shard.counts.connections;
  text.sample({{"listener", "PLAINTEXT"}}, clients);
  text.sample({{"listener", "INTERNAL"}}, samples.peer_connections);
  sum(text, samples, "fulmar_connections_accepted", counter, "", "Connections of clients that were accepted.",
      [](S s) { return s.counts.connections_accepted; });
  sum(text, samples, "fulmar_connections_refused", counter, "",
      "Connections of clients that were closed at once, for want of descriptors or by max.connections.",
      [](S s) { return s.counts.connections_refused; });
  sum(text, samples, "fulmar_requests_denied", counter, "",
      "Requests in which a client asked for something that access control lists do not allow it.",
      [](S s) { return s.counts.requests_denied; });
  sum(text, samples, "fulmar_slow_requests", counter, "",
      "Requests that took longer than request.slow.ms, without what their clients asked them to wait.",
      [](S s) { return s.counts.slow_requests; });
  ShardCounts::Throttled throttled;
  for (const auto& shard : samples.shards) {
    const auto& more = shard.counts.throttled;
    throttled.produces += more.produces;
    throttled.fetches += more.fetches;
    throttled.requests += more.requests;
    throttled.mutations += more.mutations;
    throttled.connections += more.connections;
  }
  text.family("fulmar_quota_throttled", counter, "",
              "Requests whose clients were held back by a quota, or refused, and refused connections.");
  text.sample({{"quota", std::string(key_of(QuotaKind::produced_bytes))}}, throttled.produces);
  text.sample({{"quota", std::string(key_of(QuotaKind::fetched_bytes))}}, throttled.fetches);
  text.sample({{"quota", std::string(key_of(QuotaKind::request_time))}}, throttled.requests);
  text.sample({{"quota", std::string(key_of(QuotaKind::controller_mutations))}}, throttled.mutations);
  text.sample({{"quota", std::string(key_of(QuotaKind::connections))}}, throttled.connections);
  sum(text, samples, "fulmar_quota_meters_without_room", counter, "",
      "Requests that were not counted against a quota, since too many clients have one.",
      [](S s) { return s.quota_meters_without_room; });
  sum(text, samples, "fulmar_authentications_failed", counter, "",
      "Clients that did not authenticate as they had to, and were closed.",
      [](S s) { return s.counts.authentications_failed; });
  sum(text, samples, "fulmar_tls_handshakes", counter, "", "TLS handshakes of clients that succeeded.",
      [](S s) { return s.counts.tls_handshakes; });
  sum(text, samples, "fulmar_tls_handshakes_failed", counter, "",
      "TLS handshakes of clients that failed: by what they sent, by their certificate, or in time; without those that "
      "sent nothing.",
      [](S s) { return s.counts.tls_handshakes_failed; });
  sum(text, samples, "fulmar_tls_sessions_resumed", counter, "", "TLS handshakes that resumed an earlier session.",
      [](S s) { return s.counts.tls_sessions_resumed; });
}

void write_shards(Exposition& text, const Samples& samples) {
  using S = const ShardSample&;
  text.family("fulmar_shard_lag", histogram, "seconds",
              "How long work waits for its turn on a shard, measured at intervals.");
  for (std::size_t shard = 0; shard < samples.lags.size(); ++shard)
    text.sample({{"shard", std::to_string(shard)}}, samples.lags[shard]);
  by_shard(text, samples, "fulmar_fibers", "", "Fibers that there are.", [](S s) { return s.fibers; });
  by_shard(text, samples, "fulmar_client_requests_held", "bytes", "Memory held for clients' requests.",
           [](S s) { return s.request_bytes; });
  by_shard(text, samples, "fulmar_client_responses_held", "bytes", "Memory held for responses to clients.",
           [](S s) { return s.response_bytes; });
  by_shard(text, samples, "fulmar_fetches_waiting", "", "Fetches that wait for records of the shard's partitions.",
           [](S s) { return s.waiting_fetches; });
  by_shard(text, samples, "fulmar_fetch_sessions", "", "Fetch sessions that are remembered.",
           [](S s) { return s.fetch_sessions; });
  by_shard(text, samples, "fulmar_log_syncs_running", "", "Logs that are being synced.",
           [](S s) { return s.syncs_running; });
  by_shard(text, samples, "fulmar_log_syncs_waiting", "", "Logs that wait for their turn to be synced.",
           [](S s) { return s.syncs_waiting; });
}

void write_logs(Exposition& text, const Samples& samples) {
  using S = const ShardSample&;
  DiskUsage disk;
  bool measured = false;
  for (const auto& shard : samples.shards) {
    if (!shard.disk) continue;
    measured = true;
    disk.read_bytes += shard.disk->read_bytes;
    disk.written_bytes += shard.disk->written_bytes;
    disk.syncs.add(shard.disk->syncs);
  }
  if (measured) {
    text.family("fulmar_disk_sync_duration", histogram, "seconds", "How long syncs of files and directories took.");
    text.sample({}, disk.syncs);
    text.family("fulmar_disk_written", counter, "bytes", "Written to files.");
    text.sample({}, disk.written_bytes);
    text.family("fulmar_disk_read", counter, "bytes", "Read from files.");
    text.sample({}, disk.read_bytes);
  }
  sum(text, samples, "fulmar_log_size", gauge, "bytes", "Size of all logs of partitions.",
      [](S s) { return s.partitions.log_bytes; });
  sum(text, samples, "fulmar_log_segments", gauge, "", "Segments of all logs of partitions.",
      [](S s) { return s.partitions.log_segments; });
  if (samples.space) {
    text.family("fulmar_disk_size", gauge, "bytes", "Size of the volume of the data directory.");
    text.sample({}, static_cast<std::int64_t>(samples.space->total_bytes));
    text.family("fulmar_disk_free", gauge, "bytes", "What is free of the volume of the data directory.");
    text.sample({}, static_cast<std::int64_t>(samples.space->free_bytes));
  }
  sum(text, samples, "fulmar_compactions", counter, "", "Passes of the log cleaner.",
      [](S s) { return s.counts.compactions; });
  sum(text, samples, "fulmar_compactions_failed", counter, "",
      "Passes of the log cleaner that failed, or were given up.", [](S s) { return s.counts.compactions_failed; });
  sum(text, samples, "fulmar_compacted_away", counter, "bytes", "By how much the log cleaner made logs smaller.",
      [](S s) { return s.counts.compacted_away_bytes; });
  double dirtiest = 0;
  for (const auto& shard : samples.shards) dirtiest = std::max(dirtiest, shard.counts.dirty_ratio_max);
  text.family("fulmar_compaction_dirty_ratio_max", gauge, "",
              "The largest share of a compacted log that is not clean, as of the cleaner's last look.");
  text.sample({}, dirtiest);
}

void write_partitions(Exposition& text, const Samples& samples) {
  using S = const ShardSample&;
  by_shard(text, samples, "fulmar_partitions", "", "Replicas of partitions that this broker has.",
           [](S s) { return s.partitions.replicas; });
  by_shard(text, samples, "fulmar_partitions_led", "", "Replicas of partitions that lead here.",
           [](S s) { return s.partitions.led; });
  sum(text, samples, "fulmar_partitions_opening", gauge, "", "Replicas whose logs are not open yet.",
      [](S s) { return s.partitions.opening; });
  sum(text, samples, "fulmar_partitions_failed", gauge, "", "Replicas whose logs can not be used.",
      [](S s) { return s.partitions.failed; });
  sum(text, samples, "fulmar_partitions_under_replicated", gauge, "",
      "Partitions that this broker leads and that have replicas which are not in sync.",
      [](S s) { return s.partitions.under_replicated; });
  sum(text, samples, "fulmar_partitions_under_min_isr", gauge, "",
      "Partitions that this broker leads and that have fewer replicas in sync than min.insync.replicas.",
      [](S s) { return s.partitions.under_min_in_sync; });
  std::int64_t lag_max = 0;
  for (const auto& shard : samples.shards) lag_max = std::max(lag_max, shard.partitions.lag_max);
  text.family("fulmar_replica_lag_max", gauge, "",
              "Records that a replica of a partition led here does not have, at most.");
  text.sample({}, lag_max);
  sum(text, samples, "fulmar_elections_begun", counter, "",
      "Elections in which a replica here was a candidate; beyond those won here, lost or without a winner.",
      [](S s) { return s.elections_begun; });
  sum(text, samples, "fulmar_leaderships_won", counter, "", "Elections that made a replica here the leader.",
      [](S s) { return s.counts.leaderships_won; });
  sum(text, samples, "fulmar_leaderships_lost", counter, "", "Leaderships that ended while the broker ran.",
      [](S s) { return s.counts.leaderships_lost; });
}

}  // namespace fulmar
