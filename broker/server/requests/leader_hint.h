// KIP-951: who asked the wrong broker is told the right one in the same answer.
#pragma once

#include <algorithm>

#include "broker/server/shard/broker_shard.h"

namespace fulmar {

// Says in `out`, a partition's part of `response`, who leads it, and in `response` where that broker is, if the answer
// is that it is led elsewhere, and by a later leader than the client knows of (`claimed`; -1: does not say).
template <class Response>
void hint_leader(const BrokerShard& shard, const TopicImage& topic, Epoch claimed,
                 typename Response::Topic::Partition& out, Response& response) {
  if (out.error_code != ErrorCode::not_leader_or_follower && out.error_code != ErrorCode::fenced_leader_epoch) return;
  auto leader = shard.leader_of(topic, out.index);
  auto at = shard.image()->brokers.find(leader.broker);
  if (at == shard.image()->brokers.end() || leader.epoch <= claimed) return;
  // It said itself that it is not.
  if (out.error_code == ErrorCode::not_leader_or_follower && leader.broker == shard.config().node_id) return;
  out.current_leader = {leader.broker, leader.epoch};
  typename Response::NodeEndpoint endpoint{leader.broker, at->second.listener.host, at->second.listener.port,
                                           at->second.rack};
  auto& known = response.node_endpoints;
  if (std::find(known.begin(), known.end(), endpoint) == known.end()) known.push_back(std::move(endpoint));
}

}  // namespace fulmar
