// Peers: what a broker has to know to talk to the others of its cluster.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "broker/protocol/messages/peer.h"
#include "broker/raft/configuration.h"
#include "runtime/host/network.h"

namespace fulmar {

// One per shard. The functions are called on it at any time, and may answer differently each time.
struct Peers {
  ReplicaId self;
  // Empty while it is not known yet.
  std::function<std::string()> cluster_id;
  // Where a broker listens for its peers; nullopt if nobody has said yet.
  std::function<std::optional<SocketAddress>(std::int32_t broker)> address;
  // The first voters of the metadata group, as this broker knows them; empty if it knows none yet.
  std::function<std::vector<ReplicaId>()> first_voters = [] { return std::vector<ReplicaId>(); };
  // The controller, as this broker knows it; -1 if it knows none.
  std::function<std::int32_t()> controller = [] { return -1; };
  // Whether the cluster counts on that broker no more, for the time being or for good: it is then in sync with nobody.
  std::function<bool(std::int32_t broker)> is_fenced = [](std::int32_t) { return false; };
  // That all brokers of the cluster share, and nobody else knows; empty: none is asked for, nor known.
  std::string secret = {};
  PeerVersions versions = peer_versions;  // that this broker speaks
};

}  // namespace fulmar
