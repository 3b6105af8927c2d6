// KeyOffsets: the last offset of each key, in bounded memory.
//
// A key is represented by a hash of 128 bits (XXH3). The seed should be drawn anew for each use, so that nobody can
// prepare keys that collide; among a trillion other keys, a collision has a probability below 10^-14. There are many
// small tables, of 24 bytes per slot, which grow one at a time: no call takes longer than that.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "broker/protocol/record_batch.h"

namespace fulmar {

class KeyOffsets {
 public:
  // `bytes_max`: the most memory that all tables take, also while one of them grows. The first key always fits.
  KeyOffsets(std::size_t bytes_max, std::uint64_t seed) : bytes_max_(bytes_max), seed_(seed) {}

  // Notes that the key is at `offset`, which is not negative and not below the key's previous one. False, and nothing
  // changes, if there is no room for another key.
  bool put(std::string_view key, Offset offset);
  std::optional<Offset> find(std::string_view key) const;
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Slot {
    std::uint64_t high = 0, low = 0;  // of the hash
    Offset offset = -1;               // -1: the slot is free
  };
  struct Table {
    std::vector<Slot> slots;  // a power of two of them, or none
    std::size_t used = 0;
  };
  static constexpr std::size_t table_count = 256;
  static constexpr std::size_t slots_min = 4;

  Slot hash(std::string_view key) const;
  static std::size_t index_of(const Table& table, const Slot& key);
  bool grow(Table& table);

  const std::size_t bytes_max_;
  const std::uint64_t seed_;
  std::array<Table, table_count> tables_;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace fulmar
