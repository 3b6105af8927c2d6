// MetadataRecords: the changes of the cluster's metadata, one kind each, as they stand in the metadata log; and what
// each makes of an image. The image at an offset is the same everywhere, since it follows from the records before it
// alone.
#pragma once

#include <string>
#include <variant>

#include "broker/cluster/metadata_image.h"
#include "runtime/base/result.h"

namespace fulmar {

struct ClusterRecord {  // the first of all
  std::string cluster_id;
};
struct BrokerRecord {  // a broker registered, or what is known of it changed
  std::int32_t broker = -1;
  BrokerImage image;
};
struct UnregisterRecord {  // a broker will not come back
  std::int32_t broker = -1;
};
struct TopicRecord {  // a new topic, or its new configuration
  std::string name;
  TopicImage topic;
};
struct PartitionsRecord {  // a topic has more of them
  Uuid topic_id;
  std::vector<PartitionImage> added;
};
struct PartitionRecord {  // a partition's replicas change, or have
  Uuid topic_id;
  std::int32_t partition = 0;
  PartitionImage image;
};
struct DeleteTopicRecord {
  Uuid topic_id;
};
struct TopicConfigsRecord {  // all that is set for a topic from now on
  Uuid topic_id;
  Properties configs;
};
struct BrokerConfigsRecord {  // likewise, for a broker or `all_brokers`
  std::int32_t broker = all_brokers;
  Properties configs;
};
struct ProducerIdsRecord {  // all below are given out
  ProducerId next = 0;
};

using MetadataRecord =
    std::variant<ClusterRecord, BrokerRecord, UnregisterRecord, TopicRecord, PartitionsRecord, PartitionRecord,
                 DeleteTopicRecord, TopicConfigsRecord, BrokerConfigsRecord, ProducerIdsRecord>;

// A record that speaks of what is not there changes nothing.
void apply_record(const MetadataRecord& record, MetadataImage& image);

// JSON, as everything that is read rarely and looked at by people. Strings are to be UTF-8, as check_strings() has it:
// what is not is replaced. Errors: corrupt.
std::string encode(const MetadataRecord& record);
// Before a record is committed. Errors: invalid_argument: a string in it is no UTF-8.
Result<void> check_strings(const MetadataRecord& record);
Result<MetadataRecord> decode_metadata_record(std::string_view text);
std::string encode(const MetadataImage& image);
Result<MetadataImage> decode_metadata_image(std::string_view text);

Uuid random_uuid(class Entropy& entropy);

}  // namespace fulmar
