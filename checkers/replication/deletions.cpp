// Deletions on followers: after a deletion was acknowledged, no follower tells consumers a lower log start if it was in
// touch with its leader then, or has since received a message of a leader that knows of the deletion. A follower that
// was removed from the group receives neither: it serves until it notices that its leader is silent. (For leaders,
// checkers/log_start.cpp checks the clients' history.)
#include <algorithm>

#include "broker/raft/types.h"
#include "checkers/replication/replication_watch.h"

namespace fulmar {

namespace {

constexpr Duration in_touch_max = milliseconds(500);  // between two replies of a follower that is in touch

}  // namespace

// Notes that a leader has received a reply, or a follower a message of its leader.
void ReplicationWatch::note_touch(Group& group, const Message& message) {
  bool answers =
      std::holds_alternative<HeartbeatReply>(message.body) || std::holds_alternative<AppendReply>(message.body);
  if (answers) {
    auto from = group.replicas.find(message.from);
    if (from == group.replicas.end()) return;  // removed meanwhile
    auto& touch = from->second.touch;
    if (touch.term != message.term || now_() - touch.last > in_touch_max) touch = {message.term, now_(), {}};
    touch.last = now_();
    return;
  }
  const auto* heartbeat = std::get_if<Heartbeat>(&message.body);
  const auto* append = std::get_if<AppendRequest>(&message.body);
  if (!heartbeat && !append) return;
  auto sent_at = heartbeat ? heartbeat->sent_at : append->sent_at;
  auto to = group.replicas.find(message.to);
  if (to == group.replicas.end()) return;
  for (const auto& deletion : group.deletions)
    if (deletion.acknowledged < sent_at && message.term >= deletion.term) owe(to->second, deletion.start);
}

void ReplicationWatch::owe(Replica& replica, Offset start) {
  if (replica.owed.empty() || replica.owed.back().first < start) replica.owed.emplace_back(start, now_());
}

void ReplicationWatch::deletion_acknowledged(const GroupId& id, Offset start, Instant asked) {
  auto found = groups_.find(id);
  if (found == groups_.end()) return;
  auto& group = found->second;
  auto term = group.leaders.empty() ? -1 : group.leaders.rbegin()->first;
  std::vector<ReplicaId> members;
  if (auto leader = group.leaders.empty() ? group.replicas.end() : group.replicas.find(group.leaders.rbegin()->second);
      leader != group.replicas.end())
    members = leader->second.sight.configuration.members();
  bool known = std::any_of(group.deletions.begin(), group.deletions.end(),
                           [&](const auto& deletion) { return deletion.start >= start && deletion.term <= term; });
  if (!known) group.deletions.push_back({start, now_(), term});
  for (auto& [self, replica] : group.replicas) {
    const auto& touch = replica.touch;
    bool in_touch = touch.term == term && touch.since <= asked && now_() - touch.last <= in_touch_max;
    bool is_member = std::ranges::find(members, self) != members.end();
    if (in_touch && is_member && replica.open && !replica.sight.damaged) owe(replica, start);
  }
}

std::string ReplicationWatch::doubt_start(const GroupId& id, std::int32_t broker, Offset told, Instant asked) const {
  auto group = groups_.find(id);
  if (group == groups_.end()) return "";
  for (const auto& [self, replica] : group->second.replicas) {
    if (self.broker != broker || !replica.open || !binding(replica.sight)) continue;
    for (const auto& [start, since] : replica.owed)
      if (since < asked && start > told)
        return "since " + to_string(since) + " it has known of a deletion up to " + std::to_string(start);
  }
  return "";
}

}  // namespace fulmar
