// Shared by the pipelines and their check at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "broker/client/cluster_client.h"
#include "scenarios/workload.h"

namespace fulmar {

struct Polled;

inline constexpr std::int32_t stage_partitions = 2;

// The group that commits how far the stage's topic was read.
std::string group_of_stage(std::size_t stage);
// A member of the group of a grouped pipeline: passes on what the group assigns to it, until the workload stops. Under
// the classic protocol, or that of consumers (KIP-848).
void pipe_as_member(Host& host, Workload& workload, Random random);
void pipe_as_consumer(Host& host, Workload& workload, Random random);
// Notes what a consumer of committed records got. `position`: where the consumer was before.
void note_committed_read(Host& host, Workload& workload, const std::string& topic, Offset position, const Polled& part);
// The group's stable committed offset, which the history then has too; nullopt: not known in time.
std::optional<Offset> read_up_to(Host& host, Workload& workload, ClusterClient& cluster, const std::string& group,
                                 const TopicPartition& of);
// The same of a stage's group.
std::optional<Offset> stage_read_up_to(Host& host, Workload& workload, ClusterClient& cluster, std::size_t stage,
                                       std::int32_t partition);

}  // namespace fulmar
