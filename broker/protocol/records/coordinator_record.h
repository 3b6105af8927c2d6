// CoordinatorRecord: what a coordinator keeps in its internal topic, in Kafka's own formats, so that Kafka's tools read
// it and a coordinator loads what Kafka's wrote.
//
// A record's key is two bytes that name the type of record, and the key of that type; its value two bytes of version,
// and the value in that version. A tombstone has no value.
#pragma once

#include <cstdint>
#include <optional>

#include "broker/protocol/message.h"
#include "runtime/base/bytes.h"

namespace fulmar {

// `Key` has the type's number as `Key::type` and names its value as `Key::Value`.
template <class Key>
struct CoordinatorRecord {
  Key key;
  std::optional<typename Key::Value> value;  // nullopt: a tombstone
};

struct RecordBytes {
  Bytes key;
  std::optional<Bytes> value;
};

// For the key and value types of this folder. Strings have at most 32767 bytes in a version that is not flexible, which
// all keys are in; asserted.
template <class Key>
Bytes write_record_key(const Key& key);
// `version` lies within message_schema<Value>(); asserted.
template <class Value>
Bytes write_record_value(const Value& value, std::int16_t version);
// The value in the version that Kafka 4.4 would write it in.
template <class Key>
RecordBytes write_record(const CoordinatorRecord<Key>& record) {
  RecordBytes bytes{write_record_key(record.key), std::nullopt};
  if (record.value) bytes.value = write_record_value(*record.value, record.value->written_version());
  return bytes;
}

}  // namespace fulmar
