// EarlyVotes: requests for votes in groups that are not open here yet. A new topic's brokers open its partitions at
// about the same time, and who is first asks at once: an answer may come a moment later, but the question must not be
// lost, or the group waits for an election timeout.
//
// What is kept is what one sender asked last in a group, for a second; groups that never open cost no more than that.
#pragma once

#include <map>
#include <vector>

#include "broker/replication/raft_frame.h"

namespace fulmar {

class EarlyVotes {
 public:
  static constexpr std::size_t kept_max = 100'000;      // a bound for what peers may make us remember
  static constexpr Duration kept_for_max = seconds(1);  // who still wants to know asks again by then

  // Keeps a request for a vote, in place of the sender's last one in that group; all other messages are lost, as Raft
  // allows.
  void keep(GroupMessage message, Instant now);
  // What was asked in that group, in the order of the senders.
  std::vector<GroupMessage> take(const GroupId& group, Instant now) {
    std::vector<GroupMessage> taken;
    for (auto next = kept_.lower_bound({group, {}}); next != kept_.end() && next->first.group == group;) {
      if (now - next->second.at <= kept_for_max) taken.push_back(std::move(next->second.message));
      next = kept_.erase(next);
    }
    return taken;
  }
  bool empty() const { return kept_.empty(); }

 private:
  struct Key {
    GroupId group;
    ReplicaId from;
    auto operator<=>(const Key&) const = default;
  };
  struct Kept {
    GroupMessage message;
    Instant at;
  };

  void forget_old(Instant now) {
    std::erase_if(kept_, [&](const auto& entry) { return now - entry.second.at > kept_for_max; });
  }

  std::map<Key, Kept> kept_;
  Instant swept_at_ = long_ago;  // of what was too old
};

inline void EarlyVotes::keep(GroupMessage message, Instant now) {
  if (!std::holds_alternative<VoteRequest>(message.message.body)) return;
  if (now - swept_at_ > (kept_.size() >= kept_max ? kept_for_max / 4 : kept_for_max)) {
    swept_at_ = now;
    forget_old(now);
  }
  Key key{message.group, message.message.from};
  if (kept_.size() >= kept_max && !kept_.contains(key)) return;
  kept_.insert_or_assign(key, Kept{std::move(message), now});
}

}  // namespace fulmar
