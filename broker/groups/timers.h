// GroupTimers: the deadlines of all groups of a coordinator, the earliest first. Setting, moving and taking one costs
// the logarithm of how many there are.
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
  session,     // of a member, or of one that was given an id and has not come back with it
  join,        // of a group's members to join again
  sync,        // of a group's members to ask for their assignment
  revocation,  // of a member of a consumer group to give up partitions
};

struct TimerKey {
  std::string group;
  GroupTimer kind = GroupTimer::session;
  std::string member;  // of a session only

  auto operator<=>(const TimerKey&) const = default;
};

class GroupTimers {
 public:
  // Sets it, wherever it was set before.
  void set(const TimerKey& key, Instant at);
  // The same, but one that is set to an earlier time stays there: who handles it looks, and sets it anew. That makes a
  // heartbeat cheap.
  void set_no_later(const TimerKey& key, Instant at);
  void cancel(const TimerKey& key);
  // Returns what was set.
  std::vector<std::pair<TimerKey, Instant>> cancel_group(const std::string& group);
  // Takes the earliest, if it is due. Those of one instant come in the order of their keys.
  std::optional<TimerKey> take_due(Instant now);
  Instant next() const { return by_time_.empty() ? Instant::max() : by_time_.begin()->first; }
  void clear();

 private:
  std::map<TimerKey, Instant> by_key_;
  std::set<std::pair<Instant, TimerKey>> by_time_;
};

}  // namespace fulmar
