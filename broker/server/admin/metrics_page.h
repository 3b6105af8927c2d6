// The page /metrics: writes the samples of one scrape as families of metrics. docs/metrics.md has the table of them; a
// test compares it with a scrape.
//
// How many samples there are is bounded by shards, APIs that were used, errors that were sent, states of groups; and
// what is per topic or group by what the scrape asks for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/metrics/exposition.h"
#include "broker/server/admin/cluster_sample.h"
#include "broker/server/admin/group_lag.h"
#include "broker/server/admin/shard_sample.h"
#include "broker/server/certificate_watch.h"
#include "runtime/host/disk.h"
#include "runtime/host/host.h"
#include "runtime/host/process_usage.h"

namespace fulmar {

struct BrokerSamples {
  std::int32_t node_id = 0;
  bool ready = false;
  Timestamp started_ms = 0;
  Timestamp now_ms = 0;
  std::optional<ProcessUsage> usage;
  Descriptors descriptors;
  std::optional<DiskSpace> space;  // of the volume of the data directory
  std::int64_t peer_connections = 0;
  Duration scraped_in{0};              // how long it took to gather all this
  std::vector<LatencyHistogram> lags;  // by shard
  std::vector<ShardSample> shards;     // by number
  ClusterSample cluster;
  std::vector<GroupLag> group_lags;
  std::vector<CertificateWatch::Expiry> certificates;
  std::int64_t certificate_looks_failed = 0;
  std::int64_t token_keys = 0;
  std::int64_t token_key_tries_failed = 0;
};

// A cancellation point.
std::string metrics_page(const BrokerSamples& samples, ExpositionFormat format);

// -- Its parts.
void write_process(Exposition& text, const BrokerSamples& samples);
void write_certificates(Exposition& text, const BrokerSamples& samples);
void write_token_keys(Exposition& text, const BrokerSamples& samples);
void write_requests(Exposition& text, const BrokerSamples& samples);
void write_shards(Exposition& text, const BrokerSamples& samples);
void write_logs(Exposition& text, const BrokerSamples& samples);
void write_partitions(Exposition& text, const BrokerSamples& samples);
void write_cluster(Exposition& text, const BrokerSamples& samples);
void write_coordinators(Exposition& text, const BrokerSamples& samples);
void write_asked_for(Exposition& text, const BrokerSamples& samples);

}  // namespace fulmar
