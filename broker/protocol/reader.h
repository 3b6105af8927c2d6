// Reader: reads the protocol's primitive types from untrusted bytes.
//
// After the first error every read returns zero or an empty value, and failed() is true. So a message is read to its
// end and checked once. Every length is compared with the bytes that are left before it is used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/protocol/uuid.h"
#include "runtime/base/bytes.h"

namespace fulmar {

class Reader {
 public:
  // As Kafka 4.4. No sensible message has more, and an element may take many times its bytes in memory.
  static constexpr std::size_t array_count_max = 1'000'000;
  // Of all arrays together, which may be in one another: an element of one byte may take a hundred in memory. A
  // response of Metadata with half a million partitions has fewer.
  static constexpr std::size_t elements_max = 5'000'000;
  static constexpr std::uint32_t tagged_fields_max = 10'000;

  explicit Reader(Bytes bytes) : bytes_(std::move(bytes)) {}

  bool failed() const { return error_ != nullptr; }
  const char* error() const { return error_ ? error_ : ""; }
  void fail(const char* why);

  std::size_t position() const { return at_; }
  std::size_t remaining() const { return bytes_.size() - at_; }

  std::int8_t int8() { return integer<std::int8_t>(); }
  std::int16_t int16() { return integer<std::int16_t>(); }
  std::int32_t int32() { return integer<std::int32_t>(); }
  std::int64_t int64() { return integer<std::int64_t>(); }
  std::uint32_t unsigned_varint();  // at most 5 bytes
  std::int32_t varint();            // zigzag
  std::int64_t varlong();           // zigzag, at most 10 bytes
  Uuid uuid();

  // nullopt is null. A length below -1, or beyond the bytes that are left, fails.
  std::optional<std::string_view> nullable_string(bool compact);
  std::optional<Bytes> nullable_bytes(bool compact);  // a slice, not a copy
  // The number of elements, or nullopt for null. Each element takes at least a byte, so more elements than bytes fail;
  // and so do more than count_max, and more than elements_max with those of earlier arrays, except for a larger
  // count_max.
  std::optional<std::size_t> array_count(bool compact, std::size_t count_max = array_count_max);

  std::string_view raw(std::size_t count);
  Bytes slice(std::size_t count);
  void skip(std::size_t count) { raw(count); }
  // How many tagged fields follow; more than tagged_fields_max fail, and count as none.
  std::uint32_t tagged_field_count();
  void skip_tagged_fields();

 private:
  template <class T>
  T integer();

  Bytes bytes_;
  std::size_t at_ = 0;
  const char* error_ = nullptr;
  std::size_t elements_left_ = elements_max;
};

}  // namespace fulmar
