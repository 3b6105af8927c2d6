// Assignors: compute the target assignment of a consumer group (KIP-848): pure functions of the members, their
// subscriptions, and the topics. Reconciliation then moves the members to it one by one, so that no partition has two
// owners meanwhile.
//
// Both assign each partition of each topic that has subscribers to exactly one of its subscribers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/protocol/uuid.h"

namespace fulmar {

// Partitions by their topic; no topic has an empty set.
using PartitionSets = std::map<Uuid, std::set<std::int32_t>>;

struct AssignorTopic {
  std::int32_t partitions = 0;
  // For each partition, the racks that have a replica of it; empty: not known.
  std::vector<std::set<std::string>> racks;
};

struct AssignorMember {
  std::optional<std::string> instance_id;  // of a static member
  std::optional<std::string> rack;
  std::set<Uuid> topics;                   // its subscriptions; topics that do not exist are ignored
  const PartitionSets* current = nullptr;  // its previous target assignment; nullptr: none
};

struct AssignorInput {
  std::map<std::string, AssignorMember> members;  // by member id
  std::map<Uuid, AssignorTopic> topics;
};

using Assignments = std::map<std::string, PartitionSets>;  // by member id; each member has an entry

// `uniform`: a member that has a partition of a topic has in total at most one partition more than any other subscriber
// of that topic. Members keep the partitions they have as far as that allows; partitions that are assigned anew go to
// members in the rack of one of their replicas where there is a choice.
Assignments assign_uniform(const AssignorInput& input);

// `range`: divides each topic's partitions into consecutive ranges, whose lengths differ by at most one, one for each
// subscriber: first the static members in the order of their instance ids, then the others in the order of their member
// ids. Topics with the same subscribers and the same number of partitions are assigned alike, so that one member gets
// the records with the same key from all of them.
Assignments assign_range(const AssignorInput& input);

using Assignor = Assignments (*)(const AssignorInput&);
// The assignor with this name in Kafka; nullptr if there is none.
Assignor find_assignor(std::string_view name);

}  // namespace fulmar
