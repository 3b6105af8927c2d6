#include "broker/groups/timers.h"

namespace fulmar {

void GroupTimers::set(const TimerKey& key, Instant at) {
  auto [entry, inserted] = by_key_.try_emplace(key, at);
  if (!inserted) {
    if (entry->second == at) return;
    by_time_.erase({entry->second, key});
    entry->second = at;
  }
  by_time_.insert({at, key});
}

void GroupTimers::set_no_later(const TimerKey& key, Instant at) {
  auto entry = by_key_.find(key);
  if (entry == by_key_.end() || at < entry->second) set(key, at);
}

void GroupTimers::cancel(const TimerKey& key) {
  auto entry = by_key_.find(key);
  if (entry == by_key_.end()) return;
  by_time_.erase({entry->second, key});
  by_key_.erase(entry);
}

std::vector<std::pair<TimerKey, Instant>> GroupTimers::cancel_group(const std::string& group) {
  std::vector<std::pair<TimerKey, Instant>> cancelled;
  auto entry = by_key_.lower_bound({group, GroupTimer::session, ""});
  while (entry != by_key_.end() && entry->first.group == group) {
    by_time_.erase({entry->second, entry->first});
    cancelled.emplace_back(*entry);
    entry = by_key_.erase(entry);
  }
  return cancelled;
}

std::optional<TimerKey> GroupTimers::take_due(Instant now) {
  if (by_time_.empty() || by_time_.begin()->first > now) return std::nullopt;
  TimerKey key = by_time_.begin()->second;
  by_time_.erase(by_time_.begin());
  by_key_.erase(key);
  return key;
}

void GroupTimers::clear() {
  by_key_.clear();
  by_time_.clear();
}

}  // namespace fulmar
