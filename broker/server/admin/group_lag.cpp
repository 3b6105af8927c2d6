#include "broker/server/admin/group_lag.h"

#include <algorithm>
#include <map>
#include <utility>

#include "broker/protocol/messages/group_offsets.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/server/requests/ask_broker.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/group.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr std::int16_t list_offsets_version = 7;
constexpr Timestamp at_the_end = -1;
constexpr std::int64_t end_unknown = -1;
constexpr Duration look_at_offset_work = nanoseconds(500);

using PartitionName = std::pair<std::string, std::int32_t>;
using Ends = std::map<PartitionName, Offset>;

struct Committed {
  std::string group;
  std::map<PartitionName, Offset> offsets;
};

std::vector<Committed> committed_offsets(BrokerShard& first, const std::vector<std::string>& groups) {
  std::vector<Committed> all;
  for (const auto& group : groups) {
    OffsetFetchResponse::Group response;
    OffsetFetchRequest::Group asked;
    asked.group_id = group;
    auto error = first.groups().read(
        group, [&](const GroupCoordinator& coordinator) { response = coordinator.fetch_offsets(asked, false); });
    if (error != ErrorCode::none || response.error_code != ErrorCode::none || response.topics.empty()) continue;
    Committed committed{group, {}};
    for (const auto& topic : response.topics)
      for (const auto& partition : topic.partitions) {
        work_in_slices(look_at_offset_work);
        if (partition.committed_offset >= 0)
          committed.offsets[{topic.name, partition.index}] = partition.committed_offset;
      }
    all.push_back(std::move(committed));
  }
  return all;
}

// One request for each leader.
std::map<std::int32_t, ListOffsetsRequest> questions(const BrokerShard& first, const Ends& ends) {
  std::map<std::int32_t, ListOffsetsRequest> by_leader;
  const auto image = first.image();
  for (const auto& [name, end] : ends) {
    work_in_slices(look_at_offset_work);
    const auto* topic = image->topic(name.first);
    if (!topic || name.second >= topic->partition_count()) continue;
    auto leader = first.leader_of(*topic, name.second).broker;
    if (leader < 0) continue;
    auto& topics = by_leader[leader].topics;
    if (topics.empty() || topics.back().name != name.first) topics.push_back({name.first, {}});
    topics.back().partitions.push_back({.index = name.second, .timestamp = at_the_end});
  }
  return by_leader;
}

void learn_ends(BrokerShard& first, Ends& ends, Deadline deadline) {
  FiberGroup asking;
  for (auto& [leader, request] : questions(first, ends))
    asking.spawn("ask for ends of partitions", [&first, &ends, deadline, leader = leader, request = request] {
      auto response = ask_broker<ListOffsetsResponse>(first, leader, request, list_offsets_version, deadline);
      if (!response) return;
      for (const auto& topic : response->topics)
        for (const auto& partition : topic.partitions)
          if (auto asked = ends.find({topic.name, partition.index});
              asked != ends.end() && partition.error_code == ErrorCode::none)
            asked->second = partition.offset;
    });
  asking.join();
}

}  // namespace

std::vector<GroupLag> group_lags(BrokerShard& first, const std::vector<std::string>& groups, Deadline deadline) {
  auto committed = committed_offsets(first, groups);
  Ends ends;
  for (const auto& group : committed)
    for (const auto& [partition, offset] : group.offsets) ends.emplace(partition, end_unknown);
  learn_ends(first, ends, deadline);
  std::vector<GroupLag> lags;
  for (const auto& group : committed) {
    GroupLag lag{.group = group.group};
    for (const auto& [partition, offset] : group.offsets) {
      work_in_slices(look_at_offset_work);
      ++lag.partitions;
      auto end = ends.at(partition);
      if (end == end_unknown) {
        ++lag.partitions_unknown;
        continue;
      }
      auto behind = std::max<std::int64_t>(end - offset, 0);
      lag.sum += behind;
      lag.max = std::max(lag.max, behind);
    }
    lags.push_back(std::move(lag));
  }
  return lags;
}

}  // namespace fulmar
