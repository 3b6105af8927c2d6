// KIP-951: a client that asked the wrong broker gets the right one in the same response.
#pragma once

#include <algorithm>
#include <string_view>

#include "broker/server/shard/broker_shard.h"

namespace fulmar {

// If `out`, a partition's part of `response`, has an error because another broker leads: adds the leader to it, and its
// address to `response`, if the leader's epoch is later than the one the client knows (`claimed`; -1: unknown)
// and the client can reach it by a listener of the name by which it came.
template <class Response>
void hint_leader(const BrokerShard& shard, std::string_view listener, const TopicImage& topic, Epoch claimed,
                 typename Response::Topic::Partition& out, Response& response) {
  if (out.error_code != ErrorCode::not_leader_or_follower && out.error_code != ErrorCode::fenced_leader_epoch) return;
  auto leader = shard.leader_of(topic, out.index);
  auto at = shard.image()->brokers.find(leader.broker);
  if (at == shard.image()->brokers.end() || leader.epoch <= claimed) return;
  // This broker itself has just said that it does not lead.
  if (out.error_code == ErrorCode::not_leader_or_follower && leader.broker == shard.config().node_id) return;
  const auto* address = at->second.address_at(listener);
  if (!address) return;
  out.current_leader = {leader.broker, leader.epoch};
  typename Response::NodeEndpoint endpoint{leader.broker, address->host, address->port, at->second.rack};
  auto& known = response.node_endpoints;
  if (std::find(known.begin(), known.end(), endpoint) == known.end()) known.push_back(std::move(endpoint));
}

}  // namespace fulmar
