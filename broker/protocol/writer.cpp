#include "broker/protocol/writer.h"

#include <algorithm>
#include <cstring>

#include "broker/protocol/endian.h"
#include "runtime/base/assert.h"

namespace fulmar {

void Writer::share_block() {
  if (used_ > shared_) chain_.append(block_.share(shared_, used_ - shared_));
  shared_ = used_;
}

char* Writer::room(std::size_t count) {
  if (block_.size() - used_ < count) {
    share_block();
    auto next = std::max(count, std::clamp(block_.size() * 2, first_block_bytes, block_bytes_max));
    block_ = MutableBytes(next);
    used_ = shared_ = 0;
  }
  char* at = block_.data() + used_;
  used_ += count;
  return at;
}

template <class T>
void Writer::integer(T value) {
  store_big(room(sizeof(T)), value);
}
template void Writer::integer(std::int8_t);
template void Writer::integer(std::int16_t);
template void Writer::integer(std::int32_t);
template void Writer::integer(std::int64_t);

void Writer::unsigned_varint(std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) *room(1) = static_cast<char>(value | 0x80);
  *room(1) = static_cast<char>(value);
}

void Writer::varint(std::int32_t value) {
  unsigned_varint((static_cast<std::uint32_t>(value) << 1) ^ static_cast<std::uint32_t>(value >> 31));
}

void Writer::varlong(std::int64_t value) {
  auto bits = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  for (; bits >= 0x80; bits >>= 7) *room(1) = static_cast<char>(bits | 0x80);
  *room(1) = static_cast<char>(bits);
}

void Writer::uuid(const Uuid& value) {
  int64(static_cast<std::int64_t>(value.high));
  int64(static_cast<std::int64_t>(value.low));
}

void Writer::string(std::string_view text, bool compact) {
  if (compact) {
    unsigned_varint(static_cast<std::uint32_t>(text.size() + 1));
  } else {
    FULMAR_ASSERT(text.size() <= 32767);
    int16(static_cast<std::int16_t>(text.size()));
  }
  raw(text);
}

void Writer::null_string(bool compact) {
  compact ? unsigned_varint(0) : int16(-1);
}

void Writer::bytes_length(std::int64_t length, bool compact) {
  compact ? unsigned_varint(static_cast<std::uint32_t>(length + 1)) : int32(static_cast<std::int32_t>(length));
}

void Writer::array_count(std::int64_t count, bool compact) {
  bytes_length(count, compact);
}

void Writer::raw(std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
}

void Writer::splice(const Bytes& bytes) {
  if (bytes.size() < splice_min_bytes) {
    raw(bytes.view());
    return;
  }
  share_block();
  chain_.append(bytes);
}

void Writer::splice(const ByteChain& chain) {
  for (const auto& part : chain.parts()) splice(part);
}

void Writer::begin_frame() {
  FULMAR_ASSERT(size() == 0);
  frame_size_ = room(4);
}

ByteChain Writer::finish() && {
  if (frame_size_) store_big(frame_size_, static_cast<std::int32_t>(size() - 4));
  share_block();
  return std::move(chain_);
}

}  // namespace fulmar
