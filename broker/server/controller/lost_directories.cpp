#include "broker/server/controller/lost_directories.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "broker/cluster/metadata_delta.h"
#include "broker/cluster/reassignment.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

using Brokers = std::map<std::int32_t, BrokerImage>;

// Unregistered brokers have no directory that they could come back with.
bool same_directories(const Brokers& before, const Brokers& after) {
  return std::ranges::all_of(after, [&](const auto& broker) {
    auto found = before.find(broker.first);
    return found != before.end() && found->second.directory == broker.second.directory;
  });
}

// The replicas on their brokers' present directories.
std::vector<ReplicaId> replaced(std::vector<ReplicaId> replicas, const Brokers& brokers) {
  for (auto& id : replicas)
    if (auto found = brokers.find(id.broker); found != brokers.end()) id.directory = found->second.directory;
  return replicas;
}

}  // namespace

std::vector<PartitionRecord> LostDirectories::replacements(const MetadataImagePtr& image) {
  std::vector<PartitionRecord> records;
  bool same = same_directories(in_order_->brokers, image->brokers);
  const MetadataDelta delta(same ? in_order_ : std::make_shared<const MetadataImage>(), image);
  for (const auto& change : delta.topics) {
    if (!change.after) continue;
    change.each_partition([&](std::int32_t index) {
      const auto& partition = change.after->partitions[static_cast<std::size_t>(index)];
      auto wanted = replicas_wanted(partition);
      auto there = replaced(wanted, image->brokers);
      if (there != wanted) {
        FULMAR_MARK("controller: replica of a lost directory replaced");
        records.push_back({change.after->id, index, reassigned(partition, std::move(there))});
      }
    });
  }
  if (records.empty()) in_order_ = image;
  return records;
}

}  // namespace fulmar
