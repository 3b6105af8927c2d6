#include "broker/protocol/snappy_decompressor.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

#include "broker/protocol/endian.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

constexpr std::string_view xerial_magic = xerial_header.substr(0, 8);
// No block decompresses to more than this per byte: a copy of 64 bytes takes three.
constexpr std::size_t expansion_max = 22;

std::unexpected<Error> corrupt() {
  return fail(Errc::corrupt, "bad snappy data");
}

// Removes the decompressed size from the front of a block; nullopt if it is incomplete, or too large for the block.
std::optional<std::size_t> take_plain_size(std::string_view& block) {
  std::uint64_t size = 0;
  auto whole = block.size();
  for (int shift = 0; shift < 35; shift += 7) {
    if (block.empty()) return std::nullopt;
    auto byte = static_cast<std::uint8_t>(block.front());
    block.remove_prefix(1);
    size |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte & 0x80) continue;
    if (size > whole * expansion_max) return std::nullopt;
    return static_cast<std::size_t>(size);
  }
  return std::nullopt;
}

// Removes the next block of xerial's format from the front; nullopt if it is incomplete.
std::optional<std::string_view> take_block(std::string_view& blocks) {
  if (blocks.size() < 4) return std::nullopt;
  auto size = static_cast<std::uint32_t>(load_big<std::int32_t>(blocks.data()));
  blocks.remove_prefix(4);
  if (size > blocks.size()) return std::nullopt;
  auto block = blocks.substr(0, size);
  blocks.remove_prefix(size);
  return block;
}

// Decompresses a block, according to snappy's format description.
class Block {
 public:
  // False if the block declares an impossible size.
  bool begin(std::string_view packed) {
    auto size = take_plain_size(packed);
    if (!size) return false;
    packed_ = packed;
    if (*size > capacity_) {
      plain_ = std::make_unique_for_overwrite<char[]>(*size);
      capacity_ = *size;
    }
    size_ = *size;
    at_ = 0;
    literal_left_ = 0;
    return true;
  }
  bool done() const { return packed_.empty() && at_ == size_ && literal_left_ == 0; }

  // The next bytes, about decompression_step_bytes; empty at the end of the block.
  Result<std::string_view> step() {
    auto begin = at_;
    auto stop = std::min(size_, at_ + decompression_step_bytes);
    while (at_ < stop) {
      if (literal_left_ == 0 && !element()) return corrupt();
      auto count = std::min(literal_left_, stop - at_);
      if (count > packed_.size()) return corrupt();
      std::memcpy(plain_.get() + at_, packed_.data(), count);
      packed_.remove_prefix(count);
      at_ += count;
      literal_left_ -= count;
    }
    if (at_ == size_ && !done()) return corrupt();
    return std::string_view(plain_.get() + begin, at_ - begin);
  }

 private:
  // Executes a copy, or begins a literal, which step() continues.
  bool element() {
    if (packed_.empty()) return false;
    auto tag = static_cast<std::uint8_t>(packed_.front());
    packed_.remove_prefix(1);
    switch (tag & 3) {
      case 0: {
        std::size_t length = tag >> 2;
        if (length >= 60) {
          auto bytes = length - 59;
          if (!little(bytes, length)) return false;
        }
        literal_left_ = length + 1;
        return literal_left_ <= size_ - at_;
      }
      case 1: {
        std::size_t low = 0;
        if (!little(1, low)) return false;
        return copy(((static_cast<std::size_t>(tag) & 0xe0) << 3) | low, ((tag >> 2) & 7) + 4u);
      }
      default: {
        std::size_t distance = 0;
        if (!little((tag & 3) == 2 ? 2 : 4, distance)) return false;
        return copy(distance, (tag >> 2) + 1u);
      }
    }
  }

  bool little(std::size_t bytes, std::size_t& value) {
    if (packed_.size() < bytes) return false;
    value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      value |= static_cast<std::size_t>(static_cast<std::uint8_t>(packed_[i])) << (8 * i);
    packed_.remove_prefix(bytes);
    return true;
  }

  bool copy(std::size_t distance, std::size_t length) {
    if (distance == 0 || distance > at_ || length > size_ - at_) return false;
    char* to = plain_.get() + at_;
    const char* from = to - distance;
    at_ += length;
    constexpr std::size_t word = 16;
    if (distance >= word && size_ - at_ >= word) {  // excess bytes stay within the block
      for (std::size_t done = 0; done < length; done += word) std::memcpy(to + done, from + done, word);
    } else {
      for (std::size_t i = 0; i < length; ++i) to[i] = from[i];  // the ranges may overlap
    }
    return true;
  }

  std::string_view packed_;
  std::unique_ptr<char[]> plain_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  std::size_t at_ = 0;
  std::size_t literal_left_ = 0;
};

class SnappyDecompressor final : public Decompressor {
 public:
  explicit SnappyDecompressor(std::string_view packed) : rest_(packed), framed_(packed.starts_with(xerial_magic)) {}

  Result<std::string_view> next() override {
    FULMAR_ASSERT(!ended());
    if (!begun_) {
      begun_ = true;
      if (framed_ && !rest_.starts_with(xerial_header)) return corrupt();
      if (framed_) rest_.remove_prefix(xerial_header.size());
      if (!framed_ && !block_.begin(std::exchange(rest_, {}))) return corrupt();
      if (framed_) return std::string_view();
    } else if (block_.done()) {
      auto block = take_block(rest_);
      if (!block || !block_.begin(*block)) return corrupt();
    }
    return block_.step();
  }
  bool ended() const override { return begun_ && rest_.empty() && block_.done(); }

 private:
  std::string_view rest_;
  bool framed_;
  bool begun_ = false;
  Block block_;
};

}  // namespace

std::unique_ptr<Decompressor> make_snappy_decompressor(std::string_view packed) {
  return std::make_unique<SnappyDecompressor>(packed);
}

std::size_t snappy_block_memory(std::string_view packed) {
  if (!packed.starts_with(xerial_magic)) return take_plain_size(packed).value_or(0);
  std::size_t largest = 0;
  packed.remove_prefix(std::min(packed.size(), xerial_header.size()));
  while (auto block = take_block(packed)) largest = std::max(largest, take_plain_size(*block).value_or(0));
  return largest;
}

}  // namespace fulmar
