#include "broker/client/cluster_status.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "broker/client/inspect.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration configs_max = seconds(3);
constexpr Duration partition_work = nanoseconds(500);  // of looking at one

using Quorum = DescribeQuorumResponse::Topic::Partition;

std::string listed(const std::vector<std::int32_t>& numbers) {
  std::string text;
  for (auto number : numbers) text += (text.empty() ? "" : ",") + std::to_string(number);
  return text;
}

void add_partitions(ClusterStatus& status, const std::map<std::string, std::size_t>& minimums) {
  std::map<PartitionName, const PartitionMetadata*> sorted;
  for (const auto& topic : status.metadata.topics)
    for (const auto& partition : topic.partitions) {
      sorted[{topic.name.value_or(""), partition.index}] = &partition;
      work_in_slices(partition_work);
    }
  for (const auto& [name, partition] : sorted) {
    work_in_slices(partition_work);
    auto minimum = minimums.find(name.first);
    auto trouble =
        status.counts.add(*partition, minimum == minimums.end() ? std::nullopt : std::optional(minimum->second));
    if (trouble != PartitionTrouble::none) status.troubles.push_back({name, *partition, trouble});
  }
}

// Brokers in the metadata response are alive; others that have replicas or observe the metadata are not.
void add_brokers(ClusterStatus& status, const Quorum* quorum) {
  std::map<std::int32_t, BrokerStatus> all;
  auto broker = [&all](std::int32_t id) -> BrokerStatus& {
    auto& found = all[id];
    found.id = id;
    return found;
  };
  for (const auto& alive : status.metadata.brokers) {
    auto& added = broker(alive.node_id);
    added.address = {alive.host, static_cast<std::uint16_t>(alive.port)};
    added.rack = alive.rack;
  }
  if (quorum) {
    for (const auto& voter : quorum->voters) broker(voter.replica_id);
    for (const auto& observer : quorum->observers) broker(observer.replica_id);
  }
  for (const auto& topic : status.metadata.topics) {
    for (const auto& partition : topic.partitions) {
      work_in_slices(partition_work);
      if (partition.leader_id >= 0) ++broker(partition.leader_id).leads;
      for (auto replica : partition.replica_nodes) broker(replica);
    }
  }
  for (auto& [id, found] : all) {
    if (!found.address) status.brokers_dead.push_back(id);
    status.brokers.push_back(std::move(found));
  }
}

void add_controllers(ClusterStatus& status, const Quorum& quorum, Timestamp now_ms) {
  Offset end = quorum.high_watermark;
  for (const auto& voter : quorum.voters)
    if (voter.replica_id == quorum.leader_id) end = std::max(end, voter.log_end_offset);
  auto add = [&](const DescribeQuorumResponse::Replica& replica, const char* role) {
    const bool leads = replica.replica_id == quorum.leader_id;
    auto ago = [&](Timestamp at) {
      return leads || at < 0 ? std::nullopt : std::optional<std::int64_t>(std::max<Timestamp>(now_ms - at, 0));
    };
    auto& added = status.controllers.emplace_back();
    added.id = replica.replica_id;
    added.role = leads ? "leader" : role;
    if (replica.log_end_offset >= 0) {
      added.log_end = replica.log_end_offset;
      added.lag = std::max<Offset>(end - replica.log_end_offset, 0);
    }
    added.heard_ms_ago = ago(replica.last_fetch_timestamp);
    added.caught_up_ms_ago = ago(replica.last_caught_up_timestamp);
  };
  for (const auto& voter : quorum.voters) add(voter, "voter");
  for (const auto& observer : quorum.observers) add(observer, "observer");
}

}  // namespace

bool is_under_replicated(const PartitionMetadata& partition) {
  return partition.isr_nodes.size() < partition.replica_nodes.size();
}

const char* to_string(PartitionTrouble trouble) {
  switch (trouble) {
    case PartitionTrouble::none: return "";
    case PartitionTrouble::under_replicated: return "under-replicated";
    case PartitionTrouble::under_min_isr: return "under-min-isr";
    case PartitionTrouble::offline: return "offline";
  }
  return "";
}

PartitionTrouble PartitionCounts::add(const PartitionMetadata& partition, std::optional<std::size_t> min_in_sync) {
  const bool has_leader = partition.leader_id >= 0;
  const bool lacks_replicas = is_under_replicated(partition);
  const bool lacks_min = lacks_replicas && min_in_sync &&
                         partition.isr_nodes.size() < std::min(*min_in_sync, partition.replica_nodes.size());
  ++partitions;
  offline += !has_leader;
  under_replicated += lacks_replicas;
  under_min_isr += lacks_min;
  if (!has_leader) return PartitionTrouble::offline;
  if (lacks_min) return PartitionTrouble::under_min_isr;
  return lacks_replicas ? PartitionTrouble::under_replicated : PartitionTrouble::none;
}

std::vector<Concern> ClusterStatus::concerns() const {
  std::vector<Concern> found;
  auto counted = [&found](const char* code, const char* what, std::size_t count) {
    if (count > 0) found.push_back({code, what + std::string(": ") + std::to_string(count)});
  };
  if (metadata.controller_id < 0) found.push_back({"no_controller", "there is no controller"});
  counted("voters_missing", "controllers without a vote", voters_missing);
  if (!brokers_dead.empty()) found.push_back({"dead_brokers", "dead brokers: " + listed(brokers_dead)});
  counted("offline", "offline partitions", counts.offline);
  counted("under_min_isr", "partitions with fewer replicas in sync than min.insync.replicas", counts.under_min_isr);
  counted("under_replicated", "under-replicated partitions", counts.under_replicated);
  return found;
}

Answer<std::map<std::string, std::size_t>> min_in_sync(ClusterClient& cluster, const MetadataResponse& metadata) {
  std::vector<std::string> asked;
  for (const auto& topic : metadata.topics)
    if (std::ranges::any_of(topic.partitions, is_under_replicated)) asked.push_back(topic.name.value_or(""));
  FULMAR_TRY(auto values, topic_property(cluster, asked, "min.insync.replicas"));
  std::map<std::string, std::size_t> wanted;
  for (const auto& [topic, value] : values) {
    std::size_t number = 0;
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error == std::errc() && end == value.data() + value.size()) wanted[topic] = number;
  }
  return wanted;
}

Answer<ClusterStatus> cluster_status(Host& host, ClusterClient& cluster) {
  ClusterStatus status;
  FULMAR_TRY(status.metadata, cluster.metadata(std::nullopt));
  FULMAR_TRY(auto minimums, min_in_sync(cluster, status.metadata));
  add_partitions(status, minimums);
  // Without a controller this is unknown; the status reports its absence first.
  std::optional<Quorum> quorum;
  std::size_t configured = 0;
  if (status.metadata.controller_id >= 0) {
    if (auto described = describe_metadata_quorum(cluster)) quorum = std::move(*described);
    // The controller may have changed since the metadata response.
    if (quorum)
      if (auto named = configured_controllers(cluster, quorum->leader_id, host.clock().deadline_in(configs_max)))
        configured = *named;
  }
  if (quorum) add_controllers(status, *quorum, host.clock().wall_ms());
  add_brokers(status, quorum ? &*quorum : nullptr);
  status.knows_quorum = quorum.has_value();
  const auto voters = quorum ? quorum->voters.size() : 0;
  if (quorum && configured > voters) status.voters_missing = configured - voters;
  return status;
}

}  // namespace fulmar
