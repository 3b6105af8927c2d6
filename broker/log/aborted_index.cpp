#include "broker/log/aborted_index.h"

#include <algorithm>

#include "broker/protocol/endian.h"
#include "broker/protocol/writer.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

constexpr std::int16_t version = 0;

}  // namespace

void AbortedIndex::add(const AbortedTransaction& aborted) {
  FULMAR_ASSERT(entries_.empty() || entries_.back().last_offset < aborted.last_offset);
  entries_.push_back(aborted);
}

void AbortedIndex::truncate_from(Offset offset) {
  while (!entries_.empty() && entries_.back().last_offset >= offset) entries_.pop_back();
}

bool AbortedIndex::find(Offset from, Offset up_to, std::vector<AbortedTransaction>& found) const {
  auto at = std::ranges::lower_bound(entries_, from, {}, &AbortedTransaction::last_offset);
  for (; at != entries_.end(); ++at) {
    if (at->first_offset < up_to) found.push_back(*at);
    // Transactions that end later begin at or above that offset.
    if (at->last_stable_offset >= up_to) return false;
  }
  return true;
}

AbortedBatches::AbortedBatches(const std::vector<AbortedTransaction>& aborted) {
  for (const auto& one : aborted) first_by_last_.emplace(std::pair(one.producer_id, one.last_offset), one.first_offset);
}

bool AbortedBatches::has(const BatchHeader& header) const {
  if (!header.transactional() || header.control()) return false;
  auto ended = first_by_last_.lower_bound({header.producer_id, header.base_offset});
  return ended != first_by_last_.end() && ended->first.first == header.producer_id &&
         ended->second <= header.base_offset;
}

Bytes AbortedIndex::encode() const {
  Writer file;
  for (const auto& entry : entries_) {
    file.int16(version);
    file.int64(entry.producer_id);
    file.int64(entry.first_offset);
    file.int64(entry.last_offset);
    file.int64(entry.last_stable_offset);
  }
  return std::move(file).finish().flatten();
}

bool AbortedIndex::decode(std::string_view bytes, Offset base_offset, Offset next_offset) {
  entries_.clear();
  if (bytes.size() % entry_size != 0) return false;
  for (; !bytes.empty(); bytes.remove_prefix(entry_size)) {
    const char* at = bytes.data();
    AbortedTransaction entry{load_big<std::int64_t>(at + 2), load_big<std::int64_t>(at + 10),
                             load_big<std::int64_t>(at + 18), load_big<std::int64_t>(at + 26)};
    bool fits = load_big<std::int16_t>(at) == version && entry.producer_id >= 0 && entry.first_offset >= 0 &&
                entry.first_offset < entry.last_offset && entry.last_offset >= base_offset &&
                entry.last_offset < next_offset && entry.last_stable_offset >= 0 &&
                entry.last_stable_offset <= entry.last_offset + 1 &&
                (entries_.empty() || entries_.back().last_offset < entry.last_offset);
    if (!fits) {
      entries_.clear();
      return false;
    }
    entries_.push_back(entry);
  }
  return true;
}

}  // namespace fulmar
