// Assignors: which member of a consumer group is to have which partitions (KIP-848). Pure functions of the members,
// what they are subscribed to, and the topics. What they return is only aimed at: how members come there one by one, so
// that no partition has two owners meanwhile, is reconciliation's.
//
// Both give every partition of every topic that somebody is subscribed to to exactly one of its subscribers.
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
  // Of each partition the racks that have a replica of it; empty: not known.
  std::vector<std::set<std::string>> racks;
};

struct AssignorMember {
  std::optional<std::string> instance_id;  // of a static member
  std::optional<std::string> rack;
  std::set<Uuid> topics;                   // that it is subscribed to; those that are not there count for nothing
  const PartitionSets* current = nullptr;  // what it was assigned last, if anything
};

struct AssignorInput {
  std::map<std::string, AssignorMember> members;  // by member id
  std::map<Uuid, AssignorTopic> topics;
};

using Assignments = std::map<std::string, PartitionSets>;  // by member id; of each member

// `uniform`: no two subscribers of a topic have numbers of partitions, over all topics, that differ by two or more if
// moving one of the topic's from one to the other would help; members keep what they have as far as that allows, and
// take over partitions of their own rack where there is a choice.
Assignments assign_uniform(const AssignorInput& input);

// `range`: each topic's subscribers, in the order of their instance ids or else their ids, have a run of its partitions
// each, of lengths that differ by at most one. Topics with the same subscribers and numbers of partitions are assigned
// alike, so that what belongs together by its key stays together.
Assignments assign_range(const AssignorInput& input);

using Assignor = Assignments (*)(const AssignorInput&);
// By the name that Kafka gives it; nullptr if there is none.
Assignor find_assignor(std::string_view name);

}  // namespace fulmar
