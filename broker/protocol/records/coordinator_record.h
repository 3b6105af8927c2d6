// CoordinatorRecord: a coordinator's record in its internal topic, in Kafka's own formats, so that Kafka's tools can
// read it, and a coordinator can load records that Kafka wrote.
//
// A record's key is two bytes with the record's type, and the key of that type; its value is two bytes of version, and
// the value in that version. A tombstone has no value.
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

// For the key and value types of this folder. Strings have at most 32767 bytes in versions that are not flexible, which
// includes all keys; asserted.
template <class Key>
Bytes write_record_key(const Key& key);
// `version` lies within message_schema<Value>(); asserted.
template <class Value>
Bytes write_record_value(const Value& value, std::int16_t version);
// The value in the version in which Kafka 4.4 would write it.
template <class Key>
RecordBytes write_record(const CoordinatorRecord<Key>& record) {
  RecordBytes bytes{write_record_key(record.key), std::nullopt};
  if (record.value) bytes.value = write_record_value(*record.value, record.value->written_version());
  return bytes;
}

}  // namespace fulmar
