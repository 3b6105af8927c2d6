#include "tests/raft/exhaustive/epoch_log.h"

#include <algorithm>

#include "runtime/base/assert.h"

namespace fulmar {

void EpochLog::append(Epoch epoch) {
  cache_.add(epoch, end());
  entries_.push_back(epoch);
}

void EpochLog::truncate_to(Offset wanted) {
  FULMAR_ASSERT(wanted >= start_);
  entries_.resize(static_cast<std::size_t>(std::min(end(), wanted) - start_));
  cache_.truncate_from(end());
  synced_ = std::min(synced_, end());
}

void EpochLog::advance_start(Offset start) {
  FULMAR_ASSERT(start >= start_ && start <= end());
  cache_.truncate_until(start);
  entries_.erase(entries_.begin(), entries_.begin() + (start - start_));
  start_ = start;
}

void EpochLog::start_over(Offset at, Epoch epoch) {
  entries_.clear();
  cache_.truncate_from(0);
  if (epoch >= 0) cache_.add(epoch, at - 1);
  start_ = synced_ = at;
}

std::string EpochLog::bytes() const {
  auto text = std::to_string(start_) + ".." + std::to_string(synced_) + ":";
  for (auto epoch : entries_) text += std::to_string(epoch) + " ";
  text += "|";
  for (const auto& entry : cache_.entries())
    text += std::to_string(entry.epoch) + "@" + std::to_string(entry.start_offset) + " ";
  return text;
}

}  // namespace fulmar
