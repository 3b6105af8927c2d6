// MetadataImage: the cluster's metadata at one moment, immutable, shared by all shards. A change makes a new image that
// shares its unchanged parts with the old one, so that the cost depends only on the change.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/cluster/features.h"
#include "broker/cluster/properties.h"
#include "broker/cluster/scram_users.h"
#include "broker/protocol/record_batch.h"
#include "broker/protocol/uuid.h"
#include "broker/raft/types.h"
#include "broker/security/acl_set.h"
#include "broker/security/client_quotas.h"
#include "broker/security/security_protocol.h"
#include "runtime/base/persistent_map.h"
#include "runtime/base/persistent_vector.h"
#include "runtime/host/network.h"

namespace fulmar {

// Where clients reach a broker.
struct ListenerImage {
  std::string name;  // as in listener.security.protocol.map, in upper case
  SecurityProtocol protocol = SecurityProtocol::plaintext;
  SocketAddress address;

  bool operator==(const ListenerImage&) const = default;
};
using ListenerImages = std::vector<ListenerImage>;
// What a broker has that was not told otherwise, and of earlier releases every broker: one listener, PLAINTEXT.
inline ListenerImages plain_listener(SocketAddress address) {
  return {{"PLAINTEXT", SecurityProtocol::plaintext, std::move(address)}};
}
inline bool is_plain(const ListenerImages& listeners) {
  return listeners.size() == 1 && listeners == plain_listener(listeners.front().address);
}

struct BrokerImage {
  Uuid directory;            // the id of its data directory; a new disk has a new one
  ListenerImages listeners;  // for clients; each name once
  SocketAddress internal;    // for its peers; without a port: it has no peers
  std::optional<std::string> rack;
  bool fenced = true;           // its heartbeats are missing: it gets no new replicas, and clients are not sent to it
  bool stopping = false;        // is shutting down: it gets neither replicas nor leaderships
  bool leaving = false;         // is being decommissioned: its replicas move to others; likewise
  Uuid incarnation = {};        // of its last run that registered
  FeatureRanges features = {};  // that it supports

  bool operator==(const BrokerImage&) const = default;
  // Where clients reach it that came in by a listener of that name; null: it has none.
  const SocketAddress* address_at(std::string_view listener) const {
    auto found = std::ranges::find(listeners, listener, &ListenerImage::name);
    return found == listeners.end() ? nullptr : &found->address;
  }
  bool may_lead() const { return !fenced && !stopping && !leaving; }
};

// A partition's replicas. During a reassignment `replicas` are the old and the new ones: the old are those not in
// `adding`, the new those not in `removing` (KIP-455). A replica is in both if the reassignment that added it was
// cancelled: it has a log, and may be a member of the group, until the group has removed it.
struct PartitionImage {
  std::vector<ReplicaId> replicas;       // the preferred leader first
  std::vector<ReplicaId> adding = {};    // in the order of `replicas`
  std::vector<ReplicaId> removing = {};  // likewise
  // The mark of the configuration that ended the last reassignment: without a reassignment, no later configuration has
  // other replicas.
  ConfigurationMark settled = {};

  bool operator==(const PartitionImage&) const = default;
  bool changing() const { return !adding.empty() || !removing.empty(); }
  bool has(const ReplicaId& id) const { return std::find(replicas.begin(), replicas.end(), id) != replicas.end(); }
  bool adds(const ReplicaId& id) const { return std::find(adding.begin(), adding.end(), id) != adding.end(); }
  bool removes(const ReplicaId& id) const { return std::find(removing.begin(), removing.end(), id) != removing.end(); }
};

struct TopicImage {
  Uuid id;
  PersistentVector<PartitionImage> partitions;
  Properties configs;

  bool operator==(const TopicImage&) const = default;
  std::int32_t partition_count() const { return static_cast<std::int32_t>(partitions.size()); }
};

inline constexpr std::int32_t all_brokers = -1;  // not a broker id

struct MetadataImage {
  std::string cluster_id;
  Offset offset = 0;                // all records of the metadata log below it are applied
  ProducerId next_producer_id = 0;  // first of the next block
  std::map<std::int32_t, BrokerImage> brokers;
  std::map<std::int32_t, Uuid> retired;  // directories of unregistered brokers, which must not come back
  PersistentMap<std::string, TopicImage> topics;
  PersistentMap<Uuid, std::string> topic_names;  // by id; derived from `topics`
  // Dynamic broker properties by broker; cluster-wide ones under `all_brokers` (KIP-226).
  std::map<std::int32_t, Properties> broker_configs = {};
  // Properties of consumer groups, by group, whether or not there is such a group.
  PersistentMap<std::string, Properties> group_configs = {};
  ClientQuotas client_quotas = {};
  AclSet acls = {};
  // Who authenticates with SCRAM, and by what.
  ScramUsers scram_users = {};
  // Brokers that became controllers (true), or ceased to be (false), whatever controller.quorum.voters says (KIP-853).
  std::map<std::int32_t, bool> controllers = {};
  // The finalised levels of the cluster's features.
  FeatureLevels features = first_levels();

  // Whether another broker than this one was added to the controllers.
  bool others_decide(std::int32_t self) const {
    for (const auto& [broker, decides] : controllers)
      if (decides && broker != self) return true;
    return false;
  }

  bool operator==(const MetadataImage&) const = default;
  const TopicImage* topic(std::string_view name) const { return topics.find(name); }
  const TopicImage* topic(const Uuid& id) const {
    const auto* name = topic_names.find(id);
    return name ? topics.find(*name) : nullptr;
  }
  // The properties of one broker, or of `all_brokers`.
  const Properties& configs_of(std::int32_t broker) const {
    static const Properties none;
    auto found = broker_configs.find(broker);
    return found == broker_configs.end() ? none : found->second;
  }
  const Properties& configs_of_group(std::string_view group) const {
    static const Properties none;
    const auto* found = group_configs.find(group);
    return found ? *found : none;
  }
  // The name of a topic by its id; empty if there is none.
  std::string topic_name(const Uuid& id) const {
    const auto* name = topic_names.find(id);
    return name ? *name : std::string();
  }
  void put_topic(const std::string& name, TopicImage topic) {
    const auto* old = topics.find(name);
    if (!old || old->id != topic.id) {
      if (old) topic_names.erase(old->id);
      topic_names.insert_or_assign(topic.id, name);
    }
    topics.insert_or_assign(name, std::move(topic));
  }
  void remove_topic(const Uuid& id) {
    const auto* name = topic_names.find(id);
    if (!name) return;
    topics.erase(*name);
    topic_names.erase(id);
  }
};

using MetadataImagePtr = std::shared_ptr<const MetadataImage>;

}  // namespace fulmar
