// Reads and writes the records of coordinators of all types. Only the .cpp files beside this include it.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "broker/protocol/reader.h"
#include "broker/protocol/records/coordinator_record.h"
#include "broker/protocol/writer.h"
#include "runtime/base/assert.h"

namespace fulmar {

template <class M>
Bytes write_prefixed(std::int16_t prefix, const M& message, std::int16_t version) {
  Writer writer;
  writer.int16(prefix);
  encode(writer, message, version);
  return std::move(writer).finish().flatten();
}

template <class Key>
Bytes write_record_key(const Key& key) {
  return write_prefixed(Key::type, key, 0);
}

template <class Value>
Bytes write_record_value(const Value& value, std::int16_t version) {
  const auto& schema = message_schema<Value>();
  FULMAR_ASSERT(version >= schema.min && version <= schema.max);
  return write_prefixed(version, value, version);
}

// All remaining bytes.
template <class M>
Result<M> read_rest(Reader& reader, std::int16_t version) {
  FULMAR_TRY(auto message, decode<M>(reader, version));
  if (reader.remaining() > 0)
    return fail(Errc::corrupt, std::string(message_schema<M>().name) + ": bytes are left over after it");
  return message;
}

// Errors: corrupt.
inline Result<std::int16_t> read_prefix(Reader& reader, const char* of) {
  auto prefix = reader.int16();
  if (reader.failed()) return fail(Errc::corrupt, std::string("the ") + of + " is too short");
  return prefix;
}

// A value of one of the versions [min, max]. It keeps only its own bytes alive.
template <class Value>
Result<Value> read_record_value(std::string_view bytes, std::int16_t min = message_schema<Value>().min,
                                std::int16_t max = message_schema<Value>().max) {
  Reader reader(Bytes::copy_of(bytes));
  FULMAR_TRY(auto version, read_prefix(reader, "value"));
  if (version < min || version > max)
    return fail(Errc::corrupt,
                std::string(message_schema<Value>().name) + ": version " + std::to_string(version) + " is not known");
  return read_rest<Value>(reader, version);
}

// The record of a key whose type has been read. `Record` is a variant of CoordinatorRecords.
template <class Record, class Key>
Result<Record> read_record(Reader& key, const std::optional<std::string_view>& value) {
  CoordinatorRecord<Key> record;
  FULMAR_TRY(record.key, read_rest<Key>(key, 0));
  if (value) {
    FULMAR_TRY(record.value, read_record_value<typename Key::Value>(*value));
  }
  return Record(std::move(record));
}

// The variant's record for the key's type. Errors: unsupported (none), corrupt.
template <class Record, class... Keys>
Result<Record> read_any_record(std::variant<CoordinatorRecord<Keys>...>*, std::int16_t type, Reader& key,
                               const std::optional<std::string_view>& value) {
  Result<Record> read = fail(Errc::unsupported, "record type " + std::to_string(type) + " is not known");
  (void)((Keys::type == type && (read = read_record<Record, Keys>(key, value), true)) || ...);
  return read;
}

}  // namespace fulmar

// To be used where describe.h is included and the descriptions are.
#define FULMAR_DEFINE_RECORD(Key)                   \
  FULMAR_DEFINE_MESSAGE(Key);                       \
  FULMAR_DEFINE_MESSAGE(Key::Value);                \
  template Bytes write_record_key<Key>(const Key&); \
  template Bytes write_record_value<Key::Value>(const Key::Value&, std::int16_t)
