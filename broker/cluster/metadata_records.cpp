#include "broker/cluster/metadata_records.h"

#include "runtime/host/entropy.h"

namespace fulmar {

namespace {

void change(MetadataImage& image, const ClusterRecord& record) {
  if (image.cluster_id.empty()) image.cluster_id = record.cluster_id;
}
void change(MetadataImage& image, const BrokerRecord& record) {
  image.brokers.insert_or_assign(record.broker, record.image);
}
void change(MetadataImage& image, const UnregisterRecord& record) {
  auto found = image.brokers.find(record.broker);
  if (found == image.brokers.end()) return;
  image.retired.insert_or_assign(record.broker, found->second.directory);
  image.brokers.erase(found);
  image.controllers.erase(record.broker);
}
void change(MetadataImage& image, const TopicRecord& record) {
  image.put_topic(record.name, record.topic);
}
// Does nothing if there is no such topic.
template <class Change>
void change_topic(MetadataImage& image, const Uuid& id, const Change& make_change) {
  const auto* topic = image.topic(id);
  if (!topic) return;
  auto changed = *topic;
  make_change(changed);
  image.topics.insert_or_assign(image.topic_name(id), std::move(changed));
}
void change(MetadataImage& image, const PartitionsRecord& record) {
  change_topic(image, record.topic_id, [&](TopicImage& topic) { topic.partitions.append(record.added); });
}
void change(MetadataImage& image, const PartitionRecord& record) {
  change_topic(image, record.topic_id, [&](TopicImage& topic) {
    if (record.partition < 0 || record.partition >= topic.partition_count()) return;
    topic.partitions.set(static_cast<std::size_t>(record.partition), record.image);
  });
}
void change(MetadataImage& image, const DeleteTopicRecord& record) {
  image.remove_topic(record.topic_id);
}
void change(MetadataImage& image, const TopicConfigsRecord& record) {
  change_topic(image, record.topic_id, [&](TopicImage& topic) { topic.configs = record.configs; });
}
void change(MetadataImage& image, const BrokerConfigsRecord& record) {
  if (record.configs.empty())
    image.broker_configs.erase(record.broker);
  else
    image.broker_configs.insert_or_assign(record.broker, record.configs);
}
void change(MetadataImage& image, const GroupConfigsRecord& record) {
  if (record.configs.empty())
    image.group_configs.erase(record.group);
  else
    image.group_configs.insert_or_assign(record.group, record.configs);
}
void change(MetadataImage& image, const ClientQuotaRecord& record) {
  if (record.values.empty())
    image.client_quotas.erase(record.entity);
  else
    image.client_quotas.insert_or_assign(record.entity, record.values);
}
void change(MetadataImage& image, const AclRecord& record) {
  image.acls.add(record.acl);
}
void change(MetadataImage& image, const RemoveAclRecord& record) {
  image.acls.remove(record.acl);
}
void change(MetadataImage& image, const ScramCredentialRecord& record) {
  if (record.credential.iterations == 0)
    image.scram_users.remove(record.user, record.mechanism);
  else
    image.scram_users.put(record.user, record.mechanism, record.credential);
}
void change(MetadataImage& image, const ProducerIdsRecord& record) {
  image.next_producer_id = record.next;
}
void change(MetadataImage& image, const ControllerRecord& record) {
  if (image.brokers.contains(record.broker)) image.controllers.insert_or_assign(record.broker, record.decides);
}
void change(MetadataImage& image, const FeatureLevelRecord& record) {
  if (record.level == 0)
    image.features.erase(record.name);
  else
    image.features.insert_or_assign(record.name, record.level);
}

}  // namespace

void apply_record(const MetadataRecord& record, MetadataImage& image) {
  std::visit([&](const auto& known) { change(image, known); }, record);
}

Uuid random_uuid(Entropy& entropy) {
  auto high = entropy.next();
  auto low = entropy.next();
  // RFC 4122 version 4; the first character of its base64 is then never '-', which command lines would misread.
  high = (high & 0x7fffffffffff0fffULL) | 0x4000;
  low = (low & 0x3fffffffffffffffULL) | 0x8000000000000000ULL;
  return {high, low};
}

}  // namespace fulmar
