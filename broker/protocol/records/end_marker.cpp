#include "broker/protocol/records/end_marker.h"

#include "broker/protocol/reader.h"
#include "broker/protocol/record_builder.h"
#include "broker/protocol/writer.h"

namespace fulmar {

namespace {

// Key and value begin with their version. A later version only adds fields at the end, as in Kafka.
constexpr std::int16_t version = 0;
constexpr std::int16_t abort_type = 0;
constexpr std::int16_t commit_type = 1;
constexpr std::size_t control_record_bytes_max = 4096;

}  // namespace

Bytes build_end_marker(const EndMarker& marker, ProducerId producer, std::int16_t producer_epoch, Timestamp at) {
  Writer key;
  key.int16(version);
  key.int16(marker.commit ? commit_type : abort_type);
  Writer value;
  value.int16(version);
  value.int32(marker.coordinator_epoch);
  Record record{.key = std::string(std::move(key).finish().flatten().view()),
                .value = std::string(std::move(value).finish().flatten().view()),
                .timestamp = at,
                .headers = {}};
  return build_batch(
      {record}, {.producer_id = producer, .producer_epoch = producer_epoch, .transactional = true, .control = true});
}

std::optional<EndMarker> read_end_marker(const Bytes& batch) {
  auto header = read_batch_header(batch.view());
  if (!header || !header->control() || header->record_count != 1) return std::nullopt;
  auto records = read_records(batch, control_record_bytes_max);
  return records ? read_end_marker(records->front()) : std::nullopt;
}

std::optional<EndMarker> read_end_marker(const ReadRecord& record) {
  if (!record.key || !record.value) return std::nullopt;
  Reader key(*record.key);
  auto key_version = key.int16();
  auto type = key.int16();
  if (key.failed() || key_version < 0 || (type != abort_type && type != commit_type)) return std::nullopt;
  Reader value(*record.value);
  auto value_version = value.int16();
  EndMarker marker{.commit = type == commit_type, .coordinator_epoch = value.int32()};
  if (value.failed() || value_version < 0) return std::nullopt;
  return marker;
}

}  // namespace fulmar
