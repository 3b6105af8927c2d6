#include "broker/log/epoch_cache.h"

#include <algorithm>

#include "broker/log/checkpoint.h"
#include "runtime/base/assert.h"

namespace fulmar {

bool EpochCache::add(Epoch epoch, Offset offset) {
  if (!entries_.empty()) {
    FULMAR_ASSERT(epoch >= entries_.back().epoch);
    if (epoch == entries_.back().epoch) return false;
  }
  entries_.push_back({epoch, offset});
  return true;
}

std::optional<Epoch> EpochCache::latest() const {
  return entries_.empty() ? std::nullopt : std::optional(entries_.back().epoch);
}

std::optional<Epoch> EpochCache::epoch_of(Offset offset) const {
  auto after = std::upper_bound(entries_.begin(), entries_.end(), offset,
                                [](Offset wanted, const Entry& entry) { return wanted < entry.start_offset; });
  return after == entries_.begin() ? std::nullopt : std::optional(std::prev(after)->epoch);
}

std::optional<EpochCache::Entry> EpochCache::end_of(Epoch epoch, Offset log_end) const {
  auto after = std::upper_bound(entries_.begin(), entries_.end(), epoch,
                                [](Epoch wanted, const Entry& entry) { return wanted < entry.epoch; });
  if (after == entries_.begin()) return std::nullopt;
  return Entry{std::prev(after)->epoch, after == entries_.end() ? log_end : after->start_offset};
}

void EpochCache::truncate_from(Offset offset) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.start_offset >= offset; });
}

void EpochCache::truncate_until(Offset offset) {
  auto after = std::lower_bound(entries_.begin(), entries_.end(), offset,
                                [](const Entry& entry, Offset wanted) { return entry.start_offset < wanted; });
  if (after != entries_.begin()) entries_.erase(entries_.begin(), std::prev(after));
}

std::string EpochCache::encode() const {
  std::string text = "0\n" + std::to_string(entries_.size()) + "\n";
  for (const auto& entry : entries_)
    text += std::to_string(entry.epoch) + " " + std::to_string(entry.start_offset) + "\n";
  return text;
}

bool EpochCache::decode(std::string_view text) {
  entries_.clear();
  auto numbers = parse_numbers(text);
  if (!numbers || numbers->size() < 2 || (*numbers)[0] != 0) return false;
  if (numbers->size() != 2 + 2 * static_cast<std::size_t>((*numbers)[1])) return false;
  for (std::size_t i = 2; i < numbers->size(); i += 2) {
    Entry entry{static_cast<Epoch>((*numbers)[i]), (*numbers)[i + 1]};
    if (!entries_.empty() &&
        (entry.epoch <= entries_.back().epoch || entry.start_offset < entries_.back().start_offset))
      return false;
    entries_.push_back(entry);
  }
  return true;
}

}  // namespace fulmar
