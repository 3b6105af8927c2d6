// MetadataRecords: the changes of the cluster's metadata, one kind each, as in the metadata log, and how each changes
// an image. The image at an offset is the same everywhere, since it depends only on the records before.
// metadata_codec.h writes them: each kind has a number, which is never reused, and its versions.
#pragma once

#include <string>
#include <variant>

#include "broker/cluster/metadata_image.h"
#include "broker/protocol/message.h"
#include "runtime/base/result.h"

namespace fulmar {

struct ClusterRecord {  // the first of all
  static constexpr std::uint32_t type = 1;
  static constexpr MessageSchema schema{"ClusterRecord", 0, 0, 0};

  std::string cluster_id;
};
// A broker registered, or its data changed. Version 1: its features; 2: several listeners, or others than PLAINTEXT.
struct BrokerRecord {
  static constexpr std::uint32_t type = 2;
  static constexpr MessageSchema schema{"BrokerRecord", 0, 2, 0};

  std::int32_t broker = -1;
  BrokerImage image;
};
struct UnregisterRecord {  // a broker was unregistered for good
  static constexpr std::uint32_t type = 3;
  static constexpr MessageSchema schema{"UnregisterRecord", 0, 0, 0};

  std::int32_t broker = -1;
};
struct TopicRecord {  // a new topic, or its new configuration
  static constexpr std::uint32_t type = 4;
  static constexpr MessageSchema schema{"TopicRecord", 0, 0, 0};

  std::string name;
  TopicImage topic;
};
struct PartitionsRecord {  // a topic has more partitions
  static constexpr std::uint32_t type = 5;
  static constexpr MessageSchema schema{"PartitionsRecord", 0, 0, 0};

  Uuid topic_id;
  std::vector<PartitionImage> added;
};
struct PartitionRecord {  // a partition's replicas are changing, or have changed
  static constexpr std::uint32_t type = 6;
  static constexpr MessageSchema schema{"PartitionRecord", 0, 0, 0};

  Uuid topic_id;
  std::int32_t partition = 0;
  PartitionImage image;
};
struct DeleteTopicRecord {
  static constexpr std::uint32_t type = 7;
  static constexpr MessageSchema schema{"DeleteTopicRecord", 0, 0, 0};

  Uuid topic_id;
};
struct TopicConfigsRecord {  // all properties that are set for a topic from now on
  static constexpr std::uint32_t type = 8;
  static constexpr MessageSchema schema{"TopicConfigsRecord", 0, 0, 0};

  Uuid topic_id;
  Properties configs;
};
struct BrokerConfigsRecord {  // likewise, for a broker or `all_brokers`
  static constexpr std::uint32_t type = 9;
  static constexpr MessageSchema schema{"BrokerConfigsRecord", 0, 0, 0};

  std::int32_t broker = all_brokers;
  Properties configs;
};
struct ProducerIdsRecord {  // all ids below `next` are allocated
  static constexpr std::uint32_t type = 10;
  static constexpr MessageSchema schema{"ProducerIdsRecord", 0, 0, 0};

  ProducerId next = 0;
};
struct FeatureLevelRecord {  // a feature is finalised at a level from now on; 0: it is not in use
  static constexpr std::uint32_t type = 11;
  static constexpr MessageSchema schema{"FeatureLevelRecord", 0, 0, 0};

  std::string name;
  std::int16_t level = 0;
};

struct ControllerRecord {  // a registered broker became a controller, or ceased to be one
  static constexpr std::uint32_t type = 12;
  static constexpr MessageSchema schema{"ControllerRecord", 0, 0, 0};

  std::int32_t broker = -1;
  bool decides = false;
};

struct GroupConfigsRecord {  // all properties that are set for a consumer group from now on; none: as the broker's
  static constexpr std::uint32_t type = 13;
  static constexpr MessageSchema schema{"GroupConfigsRecord", 0, 0, 0};

  std::string group;
  Properties configs;
};

struct ClientQuotaRecord {  // all quotas that are set for an entity from now on; none: it has none of its own
  static constexpr std::uint32_t type = 17;
  static constexpr MessageSchema schema{"ClientQuotaRecord", 0, 0, 0};

  QuotaEntity entity;
  QuotaValues values;
};
struct AclRecord {  // an entry of the access control lists
  static constexpr std::uint32_t type = 15;
  static constexpr MessageSchema schema{"AclRecord", 0, 0, 0};

  AclBinding acl;
};
struct RemoveAclRecord {
  static constexpr std::uint32_t type = 16;
  static constexpr MessageSchema schema{"RemoveAclRecord", 0, 0, 0};

  AclBinding acl;
};
// What a user authenticates by with one SCRAM mechanism from now on; without iterations: nothing any more. From
// metadata.version 3 on. The user "" is nobody's: see ScramUsers.
struct ScramCredentialRecord {
  static constexpr std::uint32_t type = 14;
  static constexpr MessageSchema schema{"ScramCredentialRecord", 0, 0, 0};

  std::string user;
  ScramMechanism mechanism = ScramMechanism::unknown;
  ScramCredential credential;
};

using MetadataRecord = std::variant<ClusterRecord, BrokerRecord, UnregisterRecord, TopicRecord, PartitionsRecord,
                                    PartitionRecord, DeleteTopicRecord, TopicConfigsRecord, BrokerConfigsRecord,
                                    ProducerIdsRecord, FeatureLevelRecord, ControllerRecord, GroupConfigsRecord,
                                    ScramCredentialRecord, AclRecord, RemoveAclRecord, ClientQuotaRecord>;

// A record about a topic or broker that does not exist changes nothing.
void apply_record(const MetadataRecord& record, MetadataImage& image);

// Version 4 (RFC 4122).
Uuid random_uuid(class Entropy& entropy);

}  // namespace fulmar
