#include "broker/cluster/earlier_metadata.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "broker/cluster/metadata_codec.h"
#include "broker/cluster/metadata_log.h"
#include "broker/log/log_inspection.h"
#include "runtime/host/disk.h"
#include "runtime/host/entropy.h"

namespace fulmar {

namespace {

using nlohmann::json;

constexpr std::string_view log_name = MetadataLog::log_name;
constexpr std::size_t batch_bytes_max = std::size_t{1} << 30;
constexpr std::size_t snapshot_bytes_max = std::size_t{1} << 30;

// Throws if the value is missing or of another type; caught where the text is decoded.
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
  // Earlier releases stored the epoch and offset of the configuration's batch.
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
  broker.listeners = plain_listener(address_from(value.at("listener")));
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

// The JSON library reports bad input by exceptions; here they become a Result.
template <class F>
auto decoding(std::string_view text, F&& make) -> Result<decltype(make(json()))> {
  try {
    return make(json::parse(text));
  } catch (const std::exception& wrong) {
    return fail(Errc::corrupt, wrong.what());
  }
}

Result<MetadataImage> image_from(std::string_view text) {
  return decoding(text, [](const json& value) {
    MetadataImage image;
    image.cluster_id = value.at("cluster_id");
    image.offset = value.at("offset");
    image.next_producer_id = value.at("next_producer_id");
    for (const auto& broker : value.at("brokers")) image.brokers.emplace(broker.at(0), broker_from(broker.at(1)));
    for (const auto& broker : value.at("retired")) image.retired.emplace(broker.at(0), uuid_from(broker.at(1)));
    for (const auto& [name, topic] : value.at("topics").items()) image.put_topic(name, topic_from(topic));
    if (value.contains("broker_configs"))  // older images lack it
      for (const auto& broker : value.at("broker_configs"))
        image.broker_configs.emplace(broker.at(0), properties_from(broker.at(1)));
    return image;
  });
}

bool is_earlier(const ReadRecord& record) {
  return record.value && is_earlier_metadata(record.value->view());
}

// Keeps offsets, epoch and timestamps. A batch that is converted already stays as it is.
Result<Bytes> convert_batch(const Bytes& batch) {
  FULMAR_TRY(auto header, read_batch_header(batch.view()));
  if (header.control() || header.record_count == 0) return batch;
  FULMAR_TRY(auto records, read_records(batch, batch_bytes_max));
  if (std::ranges::none_of(records, is_earlier)) return batch;
  if (header.record_count != header.last_offset_delta + 1)
    return fail(Errc::unsupported,
                "a batch of the metadata log has holes, at offset " + std::to_string(header.base_offset));
  std::vector<Record> converted;
  for (const auto& record : records) {
    auto& next = converted.emplace_back(Record{std::nullopt, std::nullopt, record.timestamp, {}});
    if (!record.value) continue;
    FULMAR_TRY(auto change, decode_earlier_record(record.value->view()));
    next.value = encode(change);
  }
  auto made = build_batch(converted, {.base_offset = header.base_offset});
  std::string bytes(made.view());
  stamp_batch(bytes.data(), header.base_offset, header.leader_epoch);
  return Bytes::copy_of(bytes);
}

std::string random_hex(Host& host) {
  std::string text;
  for (auto number = host.entropy().next(); text.size() < 16; number >>= 4) text += "0123456789abcdef"[number & 15];
  return text;
}

Result<bool> exists(Disk& disk, std::string_view name) {
  FULMAR_TRY(auto entries, disk.list(""));
  return std::ranges::any_of(entries, [&](const auto& entry) { return entry.name == name; });
}

// Renames the original log, and puts the converted one in its place.
Result<void> replace_log(Host& host) {
  auto& disk = host.disk();
  FULMAR_TRY(auto there, exists(disk, log_name));
  if (there) {
    FULMAR_TRY_VOID(disk.rename(std::string(log_name), std::string(log_name) + "." + random_hex(host) + "-stray"));
    FULMAR_TRY_VOID(disk.sync_directory(""));  // one name at a time: finish_or_forget() tells by them how far this came
  }
  FULMAR_TRY_VOID(disk.rename(std::string(upgraded_log_name), std::string(log_name)));
  return disk.sync_directory("");
}

// After an interrupted upgrade: if the original has its other name already, the rest is done; otherwise the converted
// log may be incomplete, and is removed and made again.
Result<void> finish_or_forget(Host& host) {
  auto& disk = host.disk();
  FULMAR_TRY(auto made, exists(disk, upgraded_log_name));
  if (!made) return {};
  FULMAR_TRY(auto there, exists(disk, log_name));
  if (!there) return replace_log(host);
  FULMAR_TRY_VOID(
      disk.rename(std::string(upgraded_log_name), std::string(upgraded_log_name) + "." + random_hex(host) + "-delete"));
  return disk.sync_directory("");
}

Result<bool> upgrade_log(Host& host) {
  auto& disk = host.disk();
  FULMAR_TRY_VOID(finish_or_forget(host));
  FULMAR_TRY(auto there, exists(disk, log_name));
  if (!there) return false;
  bool any = false;
  auto look = [&](const Segment&, const BatchHeader& header, std::uint64_t,
                  const std::vector<ReadRecord>& records) -> Result<void> {
    any = any || (!header.control() && std::ranges::any_of(records, is_earlier));
    return {};
  };
  FULMAR_TRY(auto found, inspect_log(disk, std::string(log_name), look));
  if (!any) return false;
  if (!found.faults.empty()) return fail(Errc::corrupt, found.faults.front().file + ": " + found.faults.front().what);
  FULMAR_TRY_VOID(salvage_log(disk, std::string(log_name), found, std::string(upgraded_log_name), convert_batch));
  FULMAR_TRY_VOID(replace_log(host));
  return true;
}

Result<bool> upgrade_snapshot(Disk& disk) {
  auto text = read_file(disk, MetadataSnapshot::file_name, snapshot_bytes_max);
  if (!text && text.error().code == Errc::not_found) return false;
  if (!text) return std::unexpected(text.error());
  FULMAR_TRY(auto body, MetadataSnapshot::checked_body(text->view()));
  if (!is_earlier_metadata(body)) return false;
  FULMAR_TRY(auto image, image_from(body));
  FULMAR_TRY_VOID(replace_file(disk, MetadataSnapshot::file_name, ByteChain(MetadataSnapshot::file_of(image))));
  return true;
}

}  // namespace

Result<MetadataRecord> decode_earlier_record(std::string_view text) {
  return decoding(text, [](const json& value) { return record_from(value); });
}

// The log first: a broker does not start while the snapshot is of the previous release.
Result<bool> upgrade_metadata(Host& host) {
  FULMAR_TRY(auto log, upgrade_log(host));
  FULMAR_TRY(auto snapshot, upgrade_snapshot(host.disk()));
  return log || snapshot;
}

}  // namespace fulmar
