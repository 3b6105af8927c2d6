#include "broker/protocol/reader.h"

#include "broker/protocol/endian.h"

namespace fulmar {

void Reader::fail(const char* why) {
  if (!error_) error_ = why;
  at_ = bytes_.size();
}

std::string_view Reader::raw(std::size_t count) {
  if (count > remaining()) {
    fail("the message ends early");
    return {};
  }
  auto view = bytes_.view().substr(at_, count);
  at_ += count;
  return view;
}

Bytes Reader::slice(std::size_t count) {
  if (count > remaining()) {
    fail("the message ends early");
    return {};
  }
  auto part = bytes_.slice(at_, count);
  at_ += count;
  return part;
}

template <class T>
T Reader::integer() {
  auto view = raw(sizeof(T));
  return view.size() == sizeof(T) ? load_big<T>(view.data()) : T{};
}
template std::int8_t Reader::integer();
template std::int16_t Reader::integer();
template std::int32_t Reader::integer();
template std::int64_t Reader::integer();

std::uint32_t Reader::unsigned_varint() {
  std::uint32_t value = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    auto byte = static_cast<std::uint8_t>(int8());
    if (shift == 28 && byte > 0x0f) break;
    value |= static_cast<std::uint32_t>(byte & 0x7f) << shift;
    if (!(byte & 0x80)) return value;
  }
  fail("a varint is longer than 32 bits");
  return 0;
}

std::int32_t Reader::varint() {
  auto raw = unsigned_varint();
  return static_cast<std::int32_t>(raw >> 1) ^ -static_cast<std::int32_t>(raw & 1);
}

std::int64_t Reader::varlong() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    auto byte = static_cast<std::uint8_t>(int8());
    if (shift == 63 && byte > 0x01) break;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (!(byte & 0x80)) return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  fail("a varlong is longer than 64 bits");
  return 0;
}

Uuid Reader::uuid() {
  auto high = static_cast<std::uint64_t>(int64());
  auto low = static_cast<std::uint64_t>(int64());
  return {high, low};
}

std::optional<std::string_view> Reader::nullable_string(bool compact) {
  std::int64_t length = compact ? static_cast<std::int64_t>(unsigned_varint()) - 1 : int16();
  if (failed() || length == -1) return std::nullopt;
  if (length < 0) {
    fail("a string has a negative length");
    return std::nullopt;
  }
  auto text = raw(static_cast<std::size_t>(length));
  if (failed()) return std::nullopt;
  return text;
}

std::optional<Bytes> Reader::nullable_bytes(bool compact) {
  std::int64_t length = compact ? static_cast<std::int64_t>(unsigned_varint()) - 1 : int32();
  if (failed() || length == -1) return std::nullopt;
  if (length < 0) {
    fail("bytes have a negative length");
    return std::nullopt;
  }
  auto part = slice(static_cast<std::size_t>(length));
  if (failed()) return std::nullopt;
  return part;
}

std::optional<std::size_t> Reader::array_count(bool compact, std::size_t count_max) {
  std::int64_t count = compact ? static_cast<std::int64_t>(unsigned_varint()) - 1 : int32();
  if (failed() || count == -1) return std::nullopt;
  if (count < 0 || static_cast<std::uint64_t>(count) > remaining()) {
    fail("an array claims more elements than the message has bytes");
    return std::nullopt;
  }
  if (static_cast<std::uint64_t>(count) > count_max) {
    fail("an array has too many elements");
    return std::nullopt;
  }
  if (count_max <= array_count_max) {
    if (static_cast<std::uint64_t>(count) > elements_left_) {
      fail("the message has too many elements in its arrays");
      return std::nullopt;
    }
    elements_left_ -= static_cast<std::size_t>(count);
  }
  return static_cast<std::size_t>(count);
}

std::uint32_t Reader::tagged_field_count() {
  auto count = unsigned_varint();
  if (count <= tagged_fields_max) return count;
  fail("there are more than ten thousand tagged fields");
  return 0;
}

void Reader::skip_tagged_fields() {
  auto count = tagged_field_count();
  for (std::uint32_t i = 0; i < count && !failed(); ++i) {
    unsigned_varint();
    auto size = unsigned_varint();
    skip(size);
  }
}

}  // namespace fulmar
