// MetadataDelta: the differences between two images of the metadata. Computed once for all shards and listeners, in
// time proportional to the changes.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "broker/cluster/metadata_image.h"

namespace fulmar {

// The change of the topic with one name. If the name belongs to another topic now, the old one is deleted and the new
// one created.
struct TopicChange {
  std::string name;
  const TopicImage* before = nullptr;  // null: there was none; else in the delta's `before`
  const TopicImage* after = nullptr;   // null: there is none; else in its `after`

  bool made() const { return after && (!before || before->id != after->id); }
  bool deleted() const { return before && (!after || before->id != after->id); }

  // Calls changed(index), ascending, for each partition that is new or has changed. Only if `after` is not null.
  template <class Changed>
  void each_partition(Changed&& changed) const {
    static const PersistentVector<PartitionImage> none;
    PersistentVector<PartitionImage>::compare(made() ? none : before->partitions, after->partitions,
                                              [&](std::size_t index) { changed(static_cast<std::int32_t>(index)); });
  }
};

struct MetadataDelta {
  MetadataDelta(MetadataImagePtr old_image, MetadataImagePtr new_image)
      : before(std::move(old_image)), after(std::move(new_image)) {
    PersistentMap<std::string, TopicImage>::compare(
        before->topics, after->topics, [this](const std::string& name, const TopicImage* was, const TopicImage* is) {
          topics.push_back({name, was, is});
        });
  }

  MetadataImagePtr before;
  MetadataImagePtr after;
  std::vector<TopicChange> topics;  // the topics that differ, in the order of their names
};

}  // namespace fulmar
