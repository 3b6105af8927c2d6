#include "broker/server/controller/assignment.h"

#include <algorithm>
#include <iterator>

#include "runtime/fiber/slices.h"
#include "runtime/host/entropy.h"

namespace fulmar {

namespace {

constexpr std::int32_t placed_at_once = 1000;  // before other fibers get their turn
constexpr Duration place_partition_work = nanoseconds(500);

}  // namespace

std::expected<std::vector<ReplicaId>, std::string> assigned_replicas(const MetadataImage& image,
                                                                     const std::vector<std::int32_t>& brokers) {
  std::vector<ReplicaId> replicas;
  for (auto id : brokers) {
    auto found = image.brokers.find(id);
    if (found == image.brokers.end()) return std::unexpected("there is no broker " + std::to_string(id));
    if (found->second.leaving) return std::unexpected("broker " + std::to_string(id) + " is being decommissioned");
    ReplicaId replica{id, found->second.directory};
    if (std::find(replicas.begin(), replicas.end(), replica) != replicas.end())
      return std::unexpected("broker " + std::to_string(id) + " is named twice");
    replicas.push_back(replica);
  }
  if (replicas.empty()) return std::unexpected("a partition needs at least one replica");
  return replicas;
}

std::map<std::int32_t, Candidate> placement_candidates(const MetadataImage& image) {
  std::map<std::int32_t, Candidate> alive;
  for (const auto& [id, broker] : image.brokers)
    if (broker.may_lead()) alive[id] = {id, broker.rack};
  for (const auto& [name, topic] : image.topics) count_replicas(topic.partitions, alive);
  return alive;
}

std::vector<Candidate> listed(const std::map<std::int32_t, Candidate>& candidates) {
  std::vector<Candidate> list;
  for (const auto& [id, candidate] : candidates) list.push_back(candidate);
  return list;
}

std::expected<std::vector<PartitionImage>, std::string> placed_replicas(Draft& draft, std::int32_t partitions,
                                                                        std::int32_t factor) {
  if (!draft.candidates) draft.candidates = placement_candidates(draft.image);
  auto candidates = *draft.candidates;
  if (factor < 1) return std::unexpected("Replication factor must be larger than 0.");
  if (static_cast<std::size_t>(factor) > candidates.size())
    return std::unexpected("Unable to replicate the partition " + std::to_string(factor) + " time(s): only " +
                           std::to_string(candidates.size()) + " broker(s) are registered.");
  auto random = draft.shard.host().entropy().stream();
  std::vector<PartitionImage> placed;
  while (std::ssize(placed) < partitions) {
    auto some = std::min(placed_at_once, partitions - static_cast<std::int32_t>(placed.size()));
    std::vector<PartitionImage> piece;
    for (const auto& brokers : place_replicas(listed(candidates), some, factor, random))
      piece.push_back({*assigned_replicas(draft.image, brokers)});
    count_replicas(piece, candidates);
    placed.insert(placed.end(), std::make_move_iterator(piece.begin()), std::make_move_iterator(piece.end()));
    work_in_slices(place_partition_work * some);
  }
  return placed;
}

}  // namespace fulmar
