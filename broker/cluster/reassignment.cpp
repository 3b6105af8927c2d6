#include "broker/cluster/reassignment.h"

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

std::vector<ReplicaId> without(std::vector<ReplicaId> replicas, const std::vector<ReplicaId>& others) {
  std::erase_if(replicas,
                [&](const ReplicaId& id) { return std::find(others.begin(), others.end(), id) != others.end(); });
  return replicas;
}

}  // namespace

std::vector<ReplicaId> replicas_before(const PartitionImage& partition) {
  return without(partition.replicas, partition.adding);
}

std::vector<ReplicaId> replicas_wanted(const PartitionImage& partition) {
  return without(partition.replicas, partition.removing);
}

PartitionImage reassigned(const PartitionImage& partition, std::vector<ReplicaId> wanted) {
  FULMAR_ASSERT(!wanted.empty());
  PartitionImage next;
  auto leaving = without(partition.replicas, wanted);
  next.replicas = std::move(wanted);
  next.replicas.insert(next.replicas.end(), leaving.begin(), leaving.end());
  next.adding = without(next.replicas, replicas_before(partition));
  next.removing = std::move(leaving);
  next.settled = partition.settled;
  return next;
}

std::optional<PartitionImage> settled(const PartitionImage& partition, const std::vector<ReplicaId>& voters,
                                      ConfigurationMark mark) {
  auto wanted = replicas_wanted(partition);
  auto ascending = wanted;
  std::sort(ascending.begin(), ascending.end());
  // A replaced leader may still tell of an earlier configuration, with the same voters.
  if (voters != ascending || mark < partition.settled) return std::nullopt;
  if (!partition.changing() && mark.version <= partition.settled.version) return std::nullopt;
  return PartitionImage{std::move(wanted), {}, {}, mark};
}

}  // namespace fulmar
