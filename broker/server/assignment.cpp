#include "broker/server/assignment.h"

#include <algorithm>

#include "broker/cluster/placement.h"
#include "runtime/host/entropy.h"

namespace fulmar {

std::expected<std::vector<ReplicaId>, std::string> assigned_replicas(const MetadataImage& image,
                                                                     const std::vector<std::int32_t>& brokers) {
  std::vector<ReplicaId> replicas;
  for (auto id : brokers) {
    auto found = image.brokers.find(id);
    if (found == image.brokers.end()) return std::unexpected("there is no broker " + std::to_string(id));
    ReplicaId replica{id, found->second.directory};
    if (std::find(replicas.begin(), replicas.end(), replica) != replicas.end())
      return std::unexpected("broker " + std::to_string(id) + " is named twice");
    replicas.push_back(replica);
  }
  if (replicas.empty()) return std::unexpected("a partition needs at least one replica");
  return replicas;
}

std::expected<std::vector<PartitionImage>, std::string> placed_replicas(const Draft& draft, std::int32_t partitions,
                                                                        std::int32_t factor) {
  std::map<std::int32_t, Candidate> alive;
  for (const auto& [id, broker] : draft.image.brokers)
    if (broker.may_lead()) alive[id] = {id, broker.rack};
  if (factor < 1) return std::unexpected("Replication factor must be larger than 0.");
  if (static_cast<std::size_t>(factor) > alive.size())
    return std::unexpected("Unable to replicate the partition " + std::to_string(factor) + " time(s): only " +
                           std::to_string(alive.size()) + " broker(s) are registered.");
  for (const auto& [name, topic] : draft.image.topics) {
    for (const auto& partition : topic.partitions) {
      for (const auto& replica : partition.replicas)
        if (auto found = alive.find(replica.broker); found != alive.end()) ++found->second.replicas;
      if (auto found = alive.find(partition.replicas.front().broker); found != alive.end()) ++found->second.leaders;
    }
  }
  std::vector<Candidate> candidates;
  for (auto& [id, candidate] : alive) candidates.push_back(std::move(candidate));
  auto random = draft.controller.host().entropy().stream();
  std::vector<PartitionImage> placed;
  for (const auto& brokers : place_replicas(std::move(candidates), partitions, factor, random))
    placed.push_back({*assigned_replicas(draft.image, brokers)});
  return placed;
}

}  // namespace fulmar
