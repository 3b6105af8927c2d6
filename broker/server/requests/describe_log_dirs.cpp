// DescribeLogDirs: the sizes of a broker's logs, and the disk's size and free space (KIP-113, KIP-827).
#include "broker/protocol/messages/describe_log_dirs.h"

#include <algorithm>
#include <map>
#include <set>

#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr Duration describe_partition_work = nanoseconds(200);

using LogDir = DescribeLogDirsResponse::LogDir;

// The requested partitions; nullopt: all.
using Wanted = std::optional<std::map<std::string, std::set<std::int32_t>, std::less<>>>;

Wanted wanted(const DescribeLogDirsRequest& request) {
  if (!request.topics) return std::nullopt;
  Wanted wanted(std::in_place);
  for (const auto& topic : *request.topics)
    (*wanted)[topic.name].insert(topic.partitions.begin(), topic.partitions.end());
  return wanted;
}

bool has(const Wanted& wanted, const PartitionKey& key) {
  if (!wanted) return true;
  auto topic = wanted->find(key.first);
  return topic != wanted->end() && topic->second.contains(key.second);
}

// Adds one shard's partitions. Called on that shard.
void describe(const BrokerShard& shard, const Wanted& wanted, std::map<std::string, LogDir::Topic>& topics) {
  shard.partitions().each([&](const PartitionKey& key, const Partition& partition) {
    const auto& [name, index] = key;
    declare_work(describe_partition_work);
    if (!partition.replica || !has(wanted, key)) return;
    auto& topic = topics[name];
    topic.name = name;
    // Lag 0: it is the distance of the log end behind the known high watermark, which here never exceeds the log end.
    topic.partitions.push_back({index, static_cast<std::int64_t>(partition.replica->log().size_bytes()), 0, false});
  });
}

}  // namespace

Result<ByteChain> handle_describe_log_dirs(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<DescribeLogDirsRequest>());
  const auto asked = wanted(request);
  std::map<std::string, LogDir::Topic> topics;
  for (unsigned n = 0; n < shard.host().shard_count(); ++n)
    shard.on(n, [&](BrokerShard& there) { describe(there, asked, topics); });
  LogDir directory;
  directory.path = shard.host().disk().name();
  for (auto& [name, topic] : topics) {
    std::ranges::sort(topic.partitions, {}, &LogDir::Topic::Partition::index);
    directory.topics.push_back(std::move(topic));
  }
  if (auto space = shard.host().disk().space()) {
    directory.total_bytes = static_cast<std::int64_t>(space->total_bytes);
    directory.usable_bytes = static_cast<std::int64_t>(space->free_bytes);
  }
  DescribeLogDirsResponse response;
  response.log_dirs.push_back(std::move(directory));
  return call.answer(response);
}

}  // namespace fulmar
