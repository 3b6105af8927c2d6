// EpochLog: a replica's log in an exhaustive search. An entry is its epoch: with one leader per term, epoch and offset
// name one content.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "broker/raft/types.h"

namespace fulmar {

class EpochLog : public LogView {
 public:
  // `page_cache`: written entries count as stable, synced or not.
  explicit EpochLog(bool page_cache) : page_cache_(page_cache) {}

  Offset start() const override { return start_; }
  Offset end() const override { return start_ + static_cast<Offset>(entries_.size()); }
  Offset stable_end() const override { return page_cache_ ? end() : synced_; }
  Offset synced_end() const override { return synced_; }
  const EpochCache& epochs() const override { return cache_; }

  Epoch at(Offset offset) const { return entries_.at(static_cast<std::size_t>(offset - start_)); }
  void append(Epoch epoch);
  void truncate_to(Offset end);  // durably
  void advance_start(Offset start);
  void start_over(Offset at, Epoch epoch);
  void sync() { synced_ = end(); }
  void lose_unsynced() { truncate_to(synced_); }
  std::string bytes() const;

 private:
  bool page_cache_;
  Offset start_ = 0;
  Offset synced_ = 0;
  std::vector<Epoch> entries_;
  EpochCache cache_;
};

}  // namespace fulmar
