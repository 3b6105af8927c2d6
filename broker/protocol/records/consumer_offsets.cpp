#include "broker/protocol/records/consumer_offsets.h"

#include "broker/protocol/records/coordinator_record_codec.h"

namespace fulmar {

namespace {

constexpr std::int16_t legacy_offset_commit_type = 0;

// The key has the present format, the value that of version 0.
Result<ConsumerOffsetsRecord> read_legacy_offset(Reader& key, const std::optional<std::string_view>& value) {
  CoordinatorRecord<OffsetCommitKey> record;
  FULMAR_TRY(record.key, read_rest<OffsetCommitKey>(key, 0));
  if (value) {
    FULMAR_TRY(record.value, read_record_value<OffsetCommitValue>(*value, 0, 0));
  }
  return record;
}

}  // namespace

Result<ConsumerOffsetsRecord> read_consumer_offsets_record(std::string_view key,
                                                           std::optional<std::string_view> value) {
  Reader reader(Bytes::copy_of(key));
  FULMAR_TRY(auto type, read_prefix(reader, "key"));
  if (type == legacy_offset_commit_type) return read_legacy_offset(reader, value);
  return read_any_record<ConsumerOffsetsRecord>(static_cast<ConsumerOffsetsRecord*>(nullptr), type, reader, value);
}

}  // namespace fulmar
