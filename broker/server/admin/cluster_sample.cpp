#include "broker/server/admin/cluster_sample.h"

#include <algorithm>

#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr Duration look_for_leader_work = microseconds(1);

ClusterSample::Totals totals_of(const BrokerShard& first, const MetadataImage& image) {
  ClusterSample::Totals totals;
  totals.brokers = std::ssize(image.brokers);
  totals.brokers_fenced = std::ranges::count_if(image.brokers, [](const auto& broker) { return broker.second.fenced; });
  for (const auto& [name, topic] : image.topics) {
    ++totals.topics;
    totals.partitions += topic.partition_count();
    for (std::int32_t index = 0; index < topic.partition_count(); ++index) {
      work_in_slices(look_for_leader_work);
      if (first.leader_of(topic, index).broker < 0) ++totals.partitions_without_leader;
      if (topic.partitions[static_cast<std::size_t>(index)].changing()) ++totals.reassignments;
    }
  }
  return totals;
}

}  // namespace

ClusterSample sample_cluster(BrokerShard& first) {
  const auto& metadata = *first.broker().metadata;
  const auto image = metadata.image();
  auto self = image->brokers.find(first.broker().self.broker);
  ClusterSample sample{.cluster_id = image->cluster_id,
                       .metadata_offset = image->offset,
                       .controller_known = metadata.controller().has_value(),
                       .is_fenced = self == image->brokers.end() || self->second.fenced,
                       .totals = {}};
  if (metadata.controls() && metadata.publishes()) sample.totals = totals_of(first, *image);
  return sample;
}

}  // namespace fulmar
