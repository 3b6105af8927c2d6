// GroupTimers: the deadlines of all groups of a coordinator, ordered by time. Setting, moving and taking one of n costs
// O(log n).
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/time.h"

namespace fulmar {

enum class GroupTimer : std::uint8_t {
  session,     // a member's session, or the time for a client to join with the member id that it was given
  join,        // the time for a group's members to join again
  sync,        // the time for a group's members to ask for their assignment
  revocation,  // the time for a consumer group's member to give up partitions, or to join again if it is a classic one
};

struct TimerKey {
  std::string group;
  GroupTimer kind = GroupTimer::session;
  std::string member;  // empty for join and sync

  auto operator<=>(const TimerKey&) const = default;
};

class GroupTimers {
 public:
  // Sets the timer, or moves it.
  void set(const TimerKey& key, Instant at);
  // The same, but a timer that is set to an earlier time is not moved: the code that handles it then checks the
  // deadline and sets it again. That makes heartbeats cheap.
  void set_no_later(const TimerKey& key, Instant at);
  void cancel(const TimerKey& key);
  // Returns the timers that were set.
  std::vector<std::pair<TimerKey, Instant>> cancel_group(const std::string& group);
  // Removes and returns the earliest timer, if it is due; timers of the same instant in the order of their keys.
  std::optional<TimerKey> take_due(Instant now);
  Instant next() const { return by_time_.empty() ? Instant::max() : by_time_.begin()->first; }
  void clear();

 private:
  std::map<TimerKey, Instant> by_key_;
  std::set<std::pair<Instant, TimerKey>> by_time_;
};

}  // namespace fulmar
