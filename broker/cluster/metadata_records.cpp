#include "broker/cluster/metadata_records.h"

#include <nlohmann/json.hpp>

#include "runtime/base/utf8.h"
#include "runtime/host/entropy.h"

namespace fulmar {

namespace {

using nlohmann::json;

json to_json(const Uuid& uuid) {
  return to_string(uuid);
}

json to_json(const std::vector<ReplicaId>& replicas) {
  json all = json::array();
  for (const auto& replica : replicas) all.push_back({replica.broker, to_json(replica.directory)});
  return all;
}

// What most partitions do not have is left out.
json to_json(const PartitionImage& partition) {
  json value = {{"replicas", to_json(partition.replicas)}};
  if (!partition.adding.empty()) value["adding"] = to_json(partition.adding);
  if (!partition.removing.empty()) value["removing"] = to_json(partition.removing);
  if (partition.settled != ConfigurationMark{})
    value["settled_by"] = {partition.settled.term, partition.settled.version};
  return value;
}

template <class Partitions>
json list_to_json(const Partitions& partitions) {
  json all = json::array();
  for (const auto& partition : partitions) all.push_back(to_json(partition));
  return all;
}

json to_json(const TopicImage& topic) {
  return {{"id", to_json(topic.id)}, {"partitions", list_to_json(topic.partitions)}, {"configs", topic.configs}};
}

json to_json(const SocketAddress& address) {
  return {address.host, address.port};
}

json to_json(const BrokerImage& broker) {
  json value = {{"directory", to_json(broker.directory)},
                {"listener", to_json(broker.listener)},
                {"internal", to_json(broker.internal)},
                {"fenced", broker.fenced}};
  if (broker.rack) value["rack"] = *broker.rack;
  if (broker.stopping) value["stopping"] = true;
  if (broker.leaving) value["leaving"] = true;
  if (!broker.incarnation.is_zero()) value["incarnation"] = to_json(broker.incarnation);
  return value;
}

// What is missing or of another type throws; caught where the text is decoded.
Uuid uuid_from(const json& value) {
  auto uuid = parse_uuid(value.get<std::string>());
  if (!uuid) throw std::invalid_argument("no uuid");
  return *uuid;
}

std::vector<ReplicaId> replicas_from(const json& value) {
  std::vector<ReplicaId> replicas;
  for (const auto& replica : value) replicas.push_back({replica.at(0), uuid_from(replica.at(1))});
  return replicas;
}

PartitionImage partition_from(const json& value) {
  PartitionImage partition{replicas_from(value.at("replicas"))};
  if (value.contains("adding")) partition.adding = replicas_from(value.at("adding"));
  if (value.contains("removing")) partition.removing = replicas_from(value.at("removing"));
  if (value.contains("settled_by")) partition.settled = {value.at("settled_by").at(0), value.at("settled_by").at(1)};
  // Of the release before, which told where in the log the configuration stood.
  if (value.contains("settled"))
    partition.settled = version_of_offset(value.at("settled").at(0), value.at("settled").at(1));
  return partition;
}

std::vector<PartitionImage> partitions_from(const json& value) {
  std::vector<PartitionImage> partitions;
  for (const auto& entry : value) partitions.push_back(partition_from(entry));
  return partitions;
}

SocketAddress address_from(const json& value) {
  return {value.at(0), value.at(1)};
}

BrokerImage broker_from(const json& value) {
  BrokerImage broker;
  broker.directory = uuid_from(value.at("directory"));
  broker.listener = address_from(value.at("listener"));
  broker.internal = address_from(value.at("internal"));
  broker.fenced = value.at("fenced");
  if (value.contains("rack")) broker.rack = value.at("rack");
  if (value.contains("stopping")) broker.stopping = value.at("stopping");
  if (value.contains("leaving")) broker.leaving = value.at("leaving");
  if (value.contains("incarnation")) broker.incarnation = uuid_from(value.at("incarnation"));
  return broker;
}

Properties properties_from(const json& value) {
  Properties properties;
  for (const auto& [name, text] : value.items()) properties.emplace(name, text);
  return properties;
}

TopicImage topic_from(const json& value) {
  return {uuid_from(value.at("id")), partitions_from(value.at("partitions")), properties_from(value.at("configs"))};
}

json record_to_json(const ClusterRecord& record) {
  return {{"type", "cluster"}, {"cluster_id", record.cluster_id}};
}
json record_to_json(const BrokerRecord& record) {
  return {{"type", "broker"}, {"broker", record.broker}, {"image", to_json(record.image)}};
}
json record_to_json(const UnregisterRecord& record) {
  return {{"type", "unregister"}, {"broker", record.broker}};
}
json record_to_json(const TopicRecord& record) {
  return {{"type", "topic"}, {"name", record.name}, {"topic", to_json(record.topic)}};
}
json record_to_json(const PartitionsRecord& record) {
  return {{"type", "partitions"}, {"topic_id", to_json(record.topic_id)}, {"added", list_to_json(record.added)}};
}
json record_to_json(const PartitionRecord& record) {
  return {{"type", "partition"},
          {"topic_id", to_json(record.topic_id)},
          {"partition", record.partition},
          {"image", to_json(record.image)}};
}
json record_to_json(const DeleteTopicRecord& record) {
  return {{"type", "delete-topic"}, {"topic_id", to_json(record.topic_id)}};
}
json record_to_json(const TopicConfigsRecord& record) {
  return {{"type", "topic-configs"}, {"topic_id", to_json(record.topic_id)}, {"configs", record.configs}};
}
json record_to_json(const BrokerConfigsRecord& record) {
  return {{"type", "broker-configs"}, {"broker", record.broker}, {"configs", record.configs}};
}
json record_to_json(const ProducerIdsRecord& record) {
  return {{"type", "producer-ids"}, {"next", record.next}};
}

MetadataRecord record_from(const json& value) {
  std::string type = value.at("type");
  if (type == "cluster") return ClusterRecord{value.at("cluster_id")};
  if (type == "broker") return BrokerRecord{value.at("broker"), broker_from(value.at("image"))};
  if (type == "unregister") return UnregisterRecord{value.at("broker")};
  if (type == "topic") return TopicRecord{value.at("name"), topic_from(value.at("topic"))};
  if (type == "partitions")
    return PartitionsRecord{uuid_from(value.at("topic_id")), partitions_from(value.at("added"))};
  if (type == "partition")
    return PartitionRecord{uuid_from(value.at("topic_id")), value.at("partition"), partition_from(value.at("image"))};
  if (type == "delete-topic") return DeleteTopicRecord{uuid_from(value.at("topic_id"))};
  if (type == "topic-configs")
    return TopicConfigsRecord{uuid_from(value.at("topic_id")), properties_from(value.at("configs"))};
  if (type == "broker-configs") return BrokerConfigsRecord{value.at("broker"), properties_from(value.at("configs"))};
  if (type == "producer-ids") return ProducerIdsRecord{value.at("next")};
  throw std::invalid_argument("an unknown type: " + type);
}

// Never throws: whoever makes a snapshot of what others have committed can't refuse it.
std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool all_utf8(const json& value) {
  if (value.is_string()) return is_utf8(value.get_ref<const std::string&>());
  if (!value.is_structured()) return true;
  for (const auto& [key, part] : value.items())
    if ((value.is_object() && !is_utf8(key)) || !all_utf8(part)) return false;
  return true;
}

// The library tells of bad input by exceptions; here they become a Result.
template <class F>
auto decoding(std::string_view text, F&& make) -> Result<decltype(make(json()))> {
  try {
    return make(json::parse(text));
  } catch (const std::exception& wrong) {
    return fail(Errc::corrupt, wrong.what());
  }
}

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
}
void change(MetadataImage& image, const TopicRecord& record) {
  image.put_topic(record.name, record.topic);
}
// If there is such a topic.
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
void change(MetadataImage& image, const ProducerIdsRecord& record) {
  image.next_producer_id = record.next;
}

}  // namespace

void apply_record(const MetadataRecord& record, MetadataImage& image) {
  std::visit([&](const auto& known) { change(image, known); }, record);
}

std::string encode(const MetadataRecord& record) {
  return dump(std::visit([](const auto& known) { return record_to_json(known); }, record));
}

Result<void> check_strings(const MetadataRecord& record) {
  if (all_utf8(std::visit([](const auto& known) { return record_to_json(known); }, record))) return {};
  return fail(Errc::invalid_argument, "a string that is no UTF-8");
}

Result<MetadataRecord> decode_metadata_record(std::string_view text) {
  return decoding(text, [](const json& value) { return record_from(value); });
}

std::string encode(const MetadataImage& image) {
  json topics = json::object();
  for (const auto& [name, topic] : image.topics) topics[name] = to_json(topic);
  json retired = json::array();
  for (const auto& [id, directory] : image.retired) retired.push_back({id, to_json(directory)});
  json brokers = json::array();
  for (const auto& [id, broker] : image.brokers) brokers.push_back({id, to_json(broker)});
  json broker_configs = json::array();
  for (const auto& [id, configs] : image.broker_configs) broker_configs.push_back({id, configs});
  return dump({{"cluster_id", image.cluster_id},
               {"offset", image.offset},
               {"next_producer_id", image.next_producer_id},
               {"brokers", std::move(brokers)},
               {"retired", std::move(retired)},
               {"topics", std::move(topics)},
               {"broker_configs", std::move(broker_configs)}});
}

Result<MetadataImage> decode_metadata_image(std::string_view text) {
  return decoding(text, [](const json& value) {
    MetadataImage image;
    image.cluster_id = value.at("cluster_id");
    image.offset = value.at("offset");
    image.next_producer_id = value.at("next_producer_id");
    for (const auto& broker : value.at("brokers")) image.brokers.emplace(broker.at(0), broker_from(broker.at(1)));
    for (const auto& broker : value.at("retired")) image.retired.emplace(broker.at(0), uuid_from(broker.at(1)));
    for (const auto& [name, topic] : value.at("topics").items()) image.put_topic(name, topic_from(topic));
    if (value.contains("broker_configs"))  // which older ones do not have
      for (const auto& broker : value.at("broker_configs"))
        image.broker_configs.emplace(broker.at(0), properties_from(broker.at(1)));
    return image;
  });
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
