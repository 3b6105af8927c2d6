#include "broker/log/key_offsets.h"

#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "runtime/base/assert.h"

namespace fulmar {

KeyOffsets::Slot KeyOffsets::hash(std::string_view key) const {
  auto hashed = XXH3_128bits_withSeed(key.data(), key.size(), seed_);
  return {hashed.high64, hashed.low64, -1};
}

// The slot of the key, or the free one where it belongs. The table must have a free slot.
std::size_t KeyOffsets::index_of(const Table& table, const Slot& key) {
  const auto mask = table.slots.size() - 1;
  auto at = static_cast<std::size_t>(key.low) & mask;
  for (;; at = (at + 1) & mask) {
    const auto& slot = table.slots[at];
    if (slot.offset < 0 || (slot.high == key.high && slot.low == key.low)) return at;
  }
}

bool KeyOffsets::grow(Table& table) {
  auto wanted = std::max(slots_min, 2 * table.slots.size());
  if (size_ > 0 && bytes_ + wanted * sizeof(Slot) > bytes_max_) return false;
  Table larger{std::vector<Slot>(wanted), table.used};
  for (const auto& slot : table.slots)
    if (slot.offset >= 0) larger.slots[index_of(larger, slot)] = slot;
  bytes_ += (wanted - table.slots.size()) * sizeof(Slot);
  table = std::move(larger);
  return true;
}

bool KeyOffsets::put(std::string_view key, Offset offset) {
  FULMAR_ASSERT(offset >= 0);
  auto entry = hash(key);
  auto& table = tables_[entry.high % table_count];
  entry.offset = offset;
  if (!table.slots.empty()) {
    auto& slot = table.slots[index_of(table, entry)];
    if (slot.offset >= 0) {
      FULMAR_ASSERT(slot.offset <= offset);
      slot.offset = offset;
      return true;
    }
  }
  // At most three quarters full, so that a search takes few steps.
  if (4 * (table.used + 1) > 3 * table.slots.size() && !grow(table)) return false;
  table.slots[index_of(table, entry)] = entry;
  ++table.used;
  ++size_;
  return true;
}

std::optional<Offset> KeyOffsets::find(std::string_view key) const {
  auto wanted = hash(key);
  const auto& table = tables_[wanted.high % table_count];
  if (table.slots.empty()) return std::nullopt;
  auto offset = table.slots[index_of(table, wanted)].offset;
  return offset < 0 ? std::nullopt : std::optional(offset);
}

}  // namespace fulmar
