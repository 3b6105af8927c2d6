// Peers: what a broker has to know to communicate with the others of its cluster.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "broker/protocol/messages/peer.h"
#include "broker/raft/configuration.h"
#include "broker/security/tls/tls_context.h"
#include "runtime/host/network.h"

namespace fulmar {

// Mutual TLS: what a broker shows and asks for as either end of a connection. Shared by its shards.
struct PeerTls {
  std::shared_ptr<const TlsContext> as_server;
  std::shared_ptr<const TlsContext> as_client;
};

// One per shard. The functions are called on it at any time, and their results may change.
struct Peers {
  ReplicaId self;
  // Empty while it is unknown.
  std::function<std::string()> cluster_id;
  // The address of a broker's INTERNAL listener; nullopt if unknown.
  std::function<std::optional<SocketAddress>(std::int32_t broker)> address;
  // The first voters of the metadata group, as this broker knows them; empty if it knows none yet.
  std::function<std::vector<ReplicaId>()> first_voters = [] { return std::vector<ReplicaId>(); };
  // The controller, as this broker knows it; -1 if it knows none.
  std::function<std::int32_t()> controller = [] { return -1; };
  // Whether the broker is fenced, or removed for good: it is then in sync with nobody.
  std::function<bool(std::int32_t broker)> is_fenced = [](std::int32_t) { return false; };
  // Shared by all brokers of the cluster; empty: the cluster has none.
  std::string secret = {};
  // How connections between brokers are encrypted, and by which certificates; null: they are not.
  std::shared_ptr<const PeerTls> tls = {};
  PeerVersions versions = peer_versions;  // the versions that this broker speaks
};

}  // namespace fulmar
