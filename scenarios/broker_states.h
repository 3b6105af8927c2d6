// BrokerStates: what each broker of a life is in, as it was told by the brokers themselves: for people who look at a
// life
// , and as happenings for whoever observes it. Kept only in lives that are looked at or observed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/cluster/metadata_image.h"
#include "broker/server/shard/broker_observer.h"

namespace fulmar {

class World;

class BrokerStates {
 public:
  explicit BrokerStates(World& world) : world_(world) {}

  // As BrokerObserver's.
  void stepped(const ReplicaSight& sight);
  void removed(const GroupId& group, const ReplicaId& self);
  void shows(const ReplicaId& self, const MetadataImage& image);
  void coordinates(const GroupId& partition, std::int32_t broker, Epoch epoch, const AllUnderWay& all);
  // A broker's process has ended, or starts anew.
  void ended(std::int32_t broker);

  // Roles, terms and logs of its replicas, the cluster as it shows it, and what it coordinates; as lines.
  std::vector<std::string> describe(std::int32_t broker) const;
  // How many partitions it leads, in its own view, the metadata's among them.
  std::size_t led_by(std::int32_t broker) const;

 private:
  struct Coordinator {
    Epoch epoch = -1;
    AllUnderWay under_way;
  };
  struct Broker {
    std::map<GroupId, ReplicaSight> replicas;
    std::map<GroupId, Coordinator> coordinators;
    std::optional<MetadataImage> image;
  };
  std::string name_of(const GroupId& group) const;

  World& world_;
  std::map<std::int32_t, Broker> brokers_;
  std::map<Uuid, std::string> topics_;  // names, by id
};

}  // namespace fulmar
