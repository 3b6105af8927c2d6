#include "sim/sync_record.h"

#include <algorithm>

namespace fulmar {

void SyncRecord::changed_from(std::uint64_t offset) {
  settled_size_ = std::min(settled_size_, offset);
  for (auto& sync : syncs_) sync.size = std::min(sync.size, offset);
}

void SyncRecord::synced(std::uint64_t began, std::uint64_t ended, std::uint64_t size) {
  syncs_.push_back({began, ended, size});
  if (syncs_.size() > syncs_max) syncs_.erase(syncs_.begin());
}

void SyncRecord::named() {
  if (!syncs_.empty()) settled_size_ = std::max(settled_size_, syncs_.back().size);
}

std::uint64_t SyncRecord::settled_before(std::uint64_t unsynced) const {
  std::uint64_t before = 0;
  for (const auto& second : syncs_)
    for (const auto& first : syncs_)
      if (first.ended < second.began && second.began < unsynced) before = std::max(before, first.began);
  return before;
}

void SyncRecord::settle(std::uint64_t before) {
  for (const auto& sync : syncs_)
    if (sync.ended < before) settled_size_ = std::max(settled_size_, sync.size);
  syncs_.clear();
}

}  // namespace fulmar
