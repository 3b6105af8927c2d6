#include "broker/log/offset_index.h"

#include <algorithm>

#include "broker/protocol/endian.h"
#include "runtime/base/assert.h"

namespace fulmar {

void OffsetIndex::add(std::int32_t relative_offset, std::int32_t position) {
  FULMAR_ASSERT(entries_.empty() ||
                (relative_offset > entries_.back().relative_offset && position > entries_.back().position));
  entries_.push_back({relative_offset, position});
}

std::int32_t OffsetIndex::position_before(std::int32_t relative_offset) const {
  auto after = std::upper_bound(entries_.begin(), entries_.end(), relative_offset,
                                [](std::int32_t wanted, const Entry& entry) { return wanted < entry.relative_offset; });
  return after == entries_.begin() ? 0 : std::prev(after)->position;
}

void OffsetIndex::truncate(std::int32_t position) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.position >= position; });
}

Bytes OffsetIndex::encode() const {
  MutableBytes bytes(entries_.size() * entry_size);
  char* at = bytes.data();
  for (const auto& entry : entries_) {
    store_big(at, entry.relative_offset);
    store_big(at + 4, entry.position);
    at += entry_size;
  }
  return std::move(bytes).freeze();
}

bool OffsetIndex::decode(std::string_view bytes, std::int64_t segment_size) {
  entries_.clear();
  if (bytes.size() % entry_size != 0) return false;
  for (; !bytes.empty(); bytes.remove_prefix(entry_size)) {
    Entry entry{load_big<std::int32_t>(bytes.data()), load_big<std::int32_t>(bytes.data() + 4)};
    bool grows = entries_.empty() ? entry.relative_offset >= 0 && entry.position >= 0
                                  : entry.relative_offset > entries_.back().relative_offset &&
                                        entry.position > entries_.back().position;
    if (!grows || entry.position >= segment_size) return false;
    entries_.push_back(entry);
  }
  return true;
}

void TimeIndex::add(Timestamp timestamp, std::int32_t relative_offset) {
  if (timestamp < 0) return;
  if (!entries_.empty() &&
      (timestamp <= entries_.back().timestamp || relative_offset <= entries_.back().relative_offset))
    return;
  entries_.push_back({timestamp, relative_offset});
}

std::int32_t TimeIndex::offset_before(Timestamp timestamp) const {
  auto at = std::lower_bound(entries_.begin(), entries_.end(), timestamp,
                             [](const Entry& entry, Timestamp wanted) { return entry.timestamp < wanted; });
  return at == entries_.begin() ? 0 : std::prev(at)->relative_offset;
}

void TimeIndex::truncate(std::int32_t relative_offset) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.relative_offset >= relative_offset; });
}

Bytes TimeIndex::encode() const {
  MutableBytes bytes(entries_.size() * entry_size);
  char* at = bytes.data();
  for (const auto& entry : entries_) {
    store_big(at, entry.timestamp);
    store_big(at + 8, entry.relative_offset);
    at += entry_size;
  }
  return std::move(bytes).freeze();
}

bool TimeIndex::decode(std::string_view bytes) {
  entries_.clear();
  if (bytes.size() % entry_size != 0) return false;
  for (; !bytes.empty(); bytes.remove_prefix(entry_size)) {
    Entry entry{load_big<std::int64_t>(bytes.data()), load_big<std::int32_t>(bytes.data() + 8)};
    if (entry.timestamp < 0) continue;
    bool grows = entries_.empty() || (entry.timestamp > entries_.back().timestamp &&
                                      entry.relative_offset > entries_.back().relative_offset);
    if (!grows || entry.relative_offset < 0) return false;
    entries_.push_back(entry);
  }
  return true;
}

}  // namespace fulmar
