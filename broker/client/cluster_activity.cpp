#include "broker/client/cluster_activity.h"

#include <algorithm>

#include "broker/client/consumer.h"
#include "broker/client/group_admin.h"
#include "broker/client/group_progress.h"
#include "broker/client/inspect.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration broker_answer_max = seconds(3);
constexpr Duration partition_work = nanoseconds(500);  // of looking at one

std::map<PartitionName, std::int32_t> leaders_of(const ClusterStatus& status) {
  std::map<PartitionName, std::int32_t> leaders;
  for (const auto& topic : status.metadata.topics)
    for (const auto& partition : topic.partitions) {
      leaders[{topic.name.value_or(""), partition.index}] = partition.leader_id;
      work_in_slices(partition_work);
    }
  return leaders;
}

void look_at_brokers(Host& host, ClusterClient& cluster, const std::map<PartitionName, std::int32_t>& leaders,
                     ClusterLook& look) {
  for (const auto& broker : look.status.metadata.brokers) {
    auto& seen = look.brokers[broker.node_id];
    auto begun = host.clock().now();
    auto sizes = opened_partitions(cluster, broker.node_id, host.clock().deadline_in(broker_answer_max));
    if (!sizes) continue;
    seen.answered_in = host.clock().now() - begun;
    for (const auto& [name, bytes] : *sizes) {
      work_in_slices(partition_work);
      seen.log_bytes += bytes;
      auto leader = leaders.find(name);
      if (leader != leaders.end() && leader->second == broker.node_id) look.bytes[name] = bytes;
    }
  }
}

// Those that have grown most since that look.
std::vector<PartitionName> grown_most(const ClusterLook& before, const ClusterLook& now, std::size_t count) {
  std::vector<std::pair<std::int64_t, PartitionName>> grown;
  for (const auto& [name, bytes] : now.bytes) {
    auto earlier = before.bytes.find(name);
    if (earlier != before.bytes.end() && bytes > earlier->second) grown.emplace_back(bytes - earlier->second, name);
  }
  std::ranges::sort(grown, std::greater());
  std::vector<PartitionName> names;
  for (auto& [by, name] : grown)
    if (names.size() < count) names.push_back(std::move(name));
  return names;
}

void look_at_ends(Host& host, ClusterClient& cluster, const std::vector<PartitionName>& names, ClusterLook& look) {
  std::map<std::string, std::vector<std::int32_t>> topics;
  for (const auto& [topic, index] : names) topics[topic].push_back(index);
  for (const auto& [topic, indexes] : topics)
    for (const auto& [index, end] : offsets_by_partition(host, cluster, topic, indexes, latest_offset))
      if (end) look.ends[{topic, index}] = *end;
}

void look_at_groups(Host& host, ClusterClient& cluster, std::size_t count, ClusterLook& look) {
  auto groups = list_groups(cluster);
  if (!groups) return;
  look.groups_in_all = groups->size();
  for (const auto& [name, listed] : *groups) {
    if (look.groups.size() >= count) return;
    auto progress = group_progress(host, cluster, name);
    if (!progress) continue;
    auto& seen = look.groups[name];
    seen.state = progress->state;
    seen.members = progress->members.size();
    seen.lag = 0;
    for (const auto& partition : progress->partitions) {
      auto lag = partition.lag();
      seen.lag = seen.lag && lag ? std::optional(*seen.lag + *lag) : std::nullopt;
      seen.committed += partition.committed.value_or(0);
    }
  }
}

double per_second(double amount, Duration during) {
  return during > Duration::zero() ? std::max(amount, 0.0) / std::chrono::duration<double>(during).count() : 0;
}

}  // namespace

Answer<ClusterLook> look_at_cluster(Host& host, ClusterClient& cluster, const LookLimits& limits,
                                    const ClusterLook* before) {
  ClusterLook look;
  FULMAR_TRY(look.status, cluster_status(host, cluster));
  look.at = host.clock().now();
  look_at_brokers(host, cluster, leaders_of(look.status), look);
  if (before) look_at_ends(host, cluster, grown_most(*before, look, limits.partitions), look);
  look_at_groups(host, cluster, limits.groups, look);
  return look;
}

ClusterActivity activity_between(const ClusterLook& before, const ClusterLook& now) {
  ClusterActivity activity;
  const auto during = now.at - before.at;
  const auto leaders = leaders_of(now.status);
  std::map<std::int32_t, double> by_leader;
  for (const auto& [name, bytes] : now.bytes) {
    auto earlier = before.bytes.find(name);
    if (earlier == before.bytes.end() || bytes <= earlier->second) continue;
    auto& partition = activity.partitions.emplace_back();
    partition.name = name;
    partition.bytes = bytes;
    partition.bytes_per_second = per_second(static_cast<double>(bytes - earlier->second), during);
    if (auto leader = leaders.find(name); leader != leaders.end()) partition.leader = leader->second;
    auto end = now.ends.find(name);
    auto end_before = before.ends.find(name);
    if (end != now.ends.end() && end_before != before.ends.end())
      partition.records_per_second = per_second(static_cast<double>(end->second - end_before->second), during);
    by_leader[partition.leader] += partition.bytes_per_second;
    activity.bytes_per_second += partition.bytes_per_second;
  }
  std::ranges::sort(activity.partitions, [](const auto& a, const auto& b) {
    return std::pair(-a.bytes_per_second, a.name) < std::pair(-b.bytes_per_second, b.name);
  });
  for (const auto& broker : now.status.brokers) {
    auto seen = now.brokers.find(broker.id);
    auto look = seen == now.brokers.end() ? BrokerLook() : seen->second;
    activity.brokers.push_back(
        {broker.id, broker.address.has_value(), broker.leads, look.answered_in, look.log_bytes, by_leader[broker.id]});
  }
  for (const auto& [name, look] : now.groups) {
    auto& group = activity.groups.emplace_back(GroupActivity{name, look, std::nullopt});
    if (auto earlier = before.groups.find(name); earlier != before.groups.end())
      group.committed_per_second = per_second(static_cast<double>(look.committed - earlier->second.committed), during);
  }
  std::ranges::sort(activity.groups, [](const auto& a, const auto& b) {
    return std::pair(-a.now.lag.value_or(-1), a.name) < std::pair(-b.now.lag.value_or(-1), b.name);
  });
  return activity;
}

}  // namespace fulmar
