// MetadataImage: the cluster's metadata at one moment, immutable, shared by all shards. A change makes a new image,
// which shares with the one before all that is the same in both; so a change costs what it changes, whatever else there
// is.
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
#include "broker/protocol/record_batch.h"
#include "broker/protocol/uuid.h"
#include "broker/raft/types.h"
#include "runtime/base/persistent_map.h"
#include "runtime/base/persistent_vector.h"
#include "runtime/host/network.h"

namespace fulmar {

struct BrokerImage {
  Uuid directory;          // of its data; another one after a change of disks
  SocketAddress listener;  // what clients are told
  SocketAddress internal;  // for its peers; no port: it has none, and is a cluster by itself
  std::optional<std::string> rack;
  bool fenced = true;           // not heard of: given no new replicas, not told to clients
  bool stopping = false;        // hands over what it leads: given neither replicas nor leaderships
  bool leaving = false;         // for good: its replicas move to others; likewise
  Uuid incarnation = {};        // of its life that registered last
  FeatureRanges features = {};  // that its release supports

  bool operator==(const BrokerImage&) const = default;
  bool may_lead() const { return !fenced && !stopping && !leaving; }
};

// A partition's replicas. While they change, `replicas` are all that have a log or are to get one: those that were, and
// are `adding` not; and those that will be, and are `removing` not (KIP-455). A replica may be both, when what it was
// added for was given up: it has a log, and may count in the group, until the group has let go of it.
struct PartitionImage {
  std::vector<ReplicaId> replicas;       // the preferred leader first
  std::vector<ReplicaId> adding = {};    // in the order of `replicas`
  std::vector<ReplicaId> removing = {};  // likewise
  // The group's configuration that the last change ended with: none that names another replica is later, unless a
  // change is under way.
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

inline constexpr std::int32_t all_brokers = -1;  // no broker's number

struct MetadataImage {
  std::string cluster_id;
  Offset offset = 0;                // of the metadata log: all below it is in here
  ProducerId next_producer_id = 0;  // where the next block begins
  std::map<std::int32_t, BrokerImage> brokers;
  std::map<std::int32_t, Uuid> retired;  // the directories of brokers that were unregistered: they don't come back
  PersistentMap<std::string, TopicImage> topics;
  PersistentMap<Uuid, std::string> topic_names;  // by id; follows from the topics
  // What was set for brokers while they run, by broker; for all of them under `all_brokers` (KIP-226).
  std::map<std::int32_t, Properties> broker_configs = {};
  // Brokers that were added to those that decide about the metadata (true), or removed from them (false): they do, or
  // do not, whatever controller.quorum.voters says (KIP-853).
  std::map<std::int32_t, bool> controllers = {};
  // At which levels the cluster's features are finalised.
  FeatureLevels features = first_levels();

  // Whether a broker was added to those that decide about the metadata that is not this one.
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
  // Of one broker, or of `all_brokers`.
  const Properties& configs_of(std::int32_t broker) const {
    static const Properties none;
    auto found = broker_configs.find(broker);
    return found == broker_configs.end() ? none : found->second;
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
