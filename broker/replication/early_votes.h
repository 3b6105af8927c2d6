// EarlyVotes: vote requests for groups that are not open here yet. The brokers of a new topic open its partitions at
// about the same time, and the first one requests votes at once: the request is kept until the group is open, so that
// the group does not have to wait for an election timeout.
//
// It keeps each sender's last request per group for one second; groups that never open cost no more than that.
#pragma once

#include <map>
#include <vector>

#include "broker/replication/raft_frame.h"

namespace fulmar {

class EarlyVotes {
 public:
  static constexpr std::size_t kept_max = 100'000;      // bounds what peers can make this broker store
  static constexpr Duration kept_for_max = seconds(1);  // a candidate repeats its request by then

  // Keeps a vote request, in place of the sender's last one in that group; drops any other message, as Raft allows.
  void keep(GroupMessage message, Instant now);
  // Removes and returns the group's requests that are not too old, ordered by sender.
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
  Instant swept_at_ = long_ago;  // when old requests were last removed
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
