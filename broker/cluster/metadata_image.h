// MetadataImage: the cluster's metadata at one moment, immutable, shared by all shards. A change makes a new image.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "broker/cluster/properties.h"
#include "broker/protocol/record_batch.h"
#include "broker/protocol/uuid.h"

namespace fulmar {

struct TopicImage {
  Uuid id;
  std::int32_t partitions = 0;
  Properties configs;
};

struct MetadataImage {
  std::string cluster_id;
  Offset offset = 0;                // of the metadata log: all below it is in here
  ProducerId next_producer_id = 0;  // where the next block begins
  std::map<std::string, TopicImage, std::less<>> topics;

  const TopicImage* topic(std::string_view name) const {
    auto found = topics.find(name);
    return found == topics.end() ? nullptr : &found->second;
  }
  // The name of a topic by its id; empty if there is none.
  std::string topic_name(const Uuid& id) const {
    for (const auto& [name, topic] : topics)
      if (topic.id == id) return name;
    return {};
  }
};

using MetadataImagePtr = std::shared_ptr<const MetadataImage>;

}  // namespace fulmar
