// Writer: writes the protocol's primitive types into a chain of buffers. Record batches are shared, not copied.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/protocol/uuid.h"
#include "runtime/base/bytes.h"

namespace fulmar {

class Writer {
 public:
  Writer() = default;

  void int8(std::int8_t value) { integer(value); }
  void int16(std::int16_t value) { integer(value); }
  void int32(std::int32_t value) { integer(value); }
  void int64(std::int64_t value) { integer(value); }
  void unsigned_varint(std::uint32_t value);
  void varint(std::int32_t value);
  void varlong(std::int64_t value);
  void uuid(const Uuid& value);

  void string(std::string_view text, bool compact);  // at most 32767 bytes where not compact; asserted
  void null_string(bool compact);
  void nullable_string(const std::optional<std::string>& text, bool compact) {
    text ? string(*text, compact) : null_string(compact);
  }
  void bytes_length(std::int64_t length, bool compact);  // -1 is null
  void array_count(std::int64_t count, bool compact);    // -1 is null

  void raw(std::string_view bytes);
  // `bytes` as they are: shared if they are many, copied if they are few.
  void splice(const Bytes& bytes);
  void splice(const ByteChain& chain);

  // Reserves four bytes at this point, which must be the first, for the frame's size; finish() fills them in.
  void begin_frame();
  std::size_t size() const { return chain_.size() + used_ - shared_; }
  ByteChain finish() &&;

 private:
  static constexpr std::size_t splice_min_bytes = 1024;  // below, a copy is cheaper than another slice to send
  static constexpr std::size_t first_block_bytes = 256;
  static constexpr std::size_t block_bytes_max = 64 * 1024;

  template <class T>
  void integer(T value);
  char* room(std::size_t count);
  void share_block();

  ByteChain chain_;
  MutableBytes block_;
  std::size_t used_ = 0;    // of the block
  std::size_t shared_ = 0;  // the part of them that is in the chain already
  char* frame_size_ = nullptr;
};

}  // namespace fulmar
