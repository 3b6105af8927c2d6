// DescribeQuorum: the metadata group's voters and observers, and how far each is (KIP-595, KIP-836, KIP-853).
#include "broker/protocol/messages/quorum.h"

#include <algorithm>

#include "broker/cluster/topic_name.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

using Described = DescribeQuorumResponse::Topic::Partition;

Described refused(ErrorCode code, std::string why) {
  Described described;
  described.error_code = code;
  described.error_message = std::move(why);
  return described;
}

// On shard 0. Only the leader knows.
Described describe_metadata(BrokerShard& shard) {
  const auto& metadata = *shard.broker().metadata;
  if (!metadata.controls()) return refused(ErrorCode::not_leader_or_follower, "this broker does not lead the metadata");
  Described described;
  const auto& raft = metadata.replica().raft();
  described.leader_id = raft.self().broker;
  described.leader_epoch = raft.term();
  described.high_watermark = raft.commit();
  auto& clock = shard.host().clock();
  auto wall_ms = [&](Instant at) -> std::int64_t {
    return at == long_ago ? -1 : clock.wall_ms() - (clock.now() - at) / milliseconds(1);
  };
  auto describe = [&](const ReplicaId& id) {
    DescribeQuorumResponse::Replica replica{id.broker, id.directory, raft.match_of(id), -1, -1};
    if (const auto* progress = raft.progress(id)) {
      replica.last_fetch_timestamp = wall_ms(progress->heard_at());
      replica.last_caught_up_timestamp = wall_ms(progress->caught_up_at());
    } else {
      replica.log_end_offset = metadata.replica().log().log_end();
      replica.last_fetch_timestamp = replica.last_caught_up_timestamp = clock.wall_ms();
    }
    return replica;
  };
  for (const auto& id : raft.configuration().all_voters()) described.voters.push_back(describe(id));
  for (const auto& id : raft.configuration().learners) described.observers.push_back(describe(id));
  return described;
}

// Adds a voter's INTERNAL address; a broker that is a cluster by itself has only those for clients.
void add_node(const MetadataImage& image, std::int32_t id, DescribeQuorumResponse& response) {
  bool known = std::ranges::any_of(response.nodes, [&](const auto& node) { return node.node_id == id; });
  auto broker = image.brokers.find(id);
  if (known || broker == image.brokers.end()) return;
  auto& node = response.nodes.emplace_back();
  node.node_id = id;
  const auto& internal = broker->second.internal;
  if (internal.port != 0) node.listeners.push_back({"INTERNAL", internal.host, internal.port});
  if (internal.port == 0)
    for (const auto& [name, protocol, at] : broker->second.listeners)
      node.listeners.push_back({name, at.host, at.port});
}

}  // namespace

Result<ByteChain> handle_describe_quorum(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<DescribeQuorumRequest>());
  DescribeQuorumResponse response;
  for (const auto& asked : request.topics) {
    auto& topic = response.topics.emplace_back();
    topic.name = asked.name;
    for (const auto& partition : asked.partitions) {
      bool is_metadata = asked.name == metadata_topic_name && partition.index == 0;
      auto described = is_metadata ? shard.on(0, [](BrokerShard& first) { return describe_metadata(first); })
                                   : refused(ErrorCode::unknown_topic_or_partition, "no quorum is kept of it");
      described.index = partition.index;
      for (const auto& voter : described.voters) add_node(*shard.image(), voter.replica_id, response);
      topic.partitions.push_back(std::move(described));
    }
  }
  return call.answer(response);
}

}  // namespace fulmar
