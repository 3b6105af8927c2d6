// Checks during a calm, in which a majority of the brokers has no faults: each group with a majority among these has a
// leader; a leader among them keeps its term, whatever the others send, and what it appends is committed within about a
// second. Also: what brokers say about leaders and in-sync replicas is true, or was a moment ago.
#include <algorithm>

#include "broker/raft/types.h"
#include "checkers/replication/replication_watch.h"

namespace fulmar {

namespace {

constexpr Duration commit_max = milliseconds(1500);
constexpr Duration form_max = seconds(8);       // for a group that was made just now
constexpr Duration elect_max = seconds(3);      // once a majority is there, and a leader is lost that may be
constexpr Duration claim_age_max = seconds(5);  // an election, and until all know its result
constexpr Duration unknown_max = seconds(1);    // for which a new leader may consider all in sync

}  // namespace

// A leader among the calm brokers may just have transferred its leadership, for example because it leaves the group;
// then there is no leader until the next election. The latest configuration says which replicas can be elected: a
// replica that it leaves out may never have heard of it.
ReplicationWatch::CalmLook ReplicationWatch::calm_look(const Group& group) const {
  CalmLook look;
  const Replica* leader = nullptr;
  const Replica* latest = nullptr;
  look.elects = group.handed_over && now_() - *group.handed_over < elect_max;
  for (const auto& [self, replica] : group.replicas) {
    bool led = replica.led_until != Instant{} && now_() - replica.led_until < elect_max;
    look.elects = look.elects || (led && !calm_well_.contains(self.broker));
    look.highest_term = std::max({look.highest_term, replica.sight.term, replica.term_told});
    if (!replica.open || replica.sight.configuration.empty()) continue;
    auto age = [](const Replica& of) { return std::pair(of.sight.configuration_mark, of.sight.term); };
    if (!latest || age(replica) > age(*latest)) latest = &replica;
    bool leads = replica.sight.role == Role::leader && replica.sight.established;
    if (leads && (!leader || replica.sight.term > leader->sight.term)) leader = &replica;
  }
  bool is_new = !group.born || now_() - *group.born < form_max;
  if (!latest || is_new) return look;
  look.leads = leader != nullptr;
  look.sight = &(leader ? leader : latest)->sight;
  if (look.sight->configuration.joint()) return look;
  // Earlier damage and disk failures may still keep a replica from taking part. And it opens only when its broker has
  // heard from the controller, which may be a broker outside the calm that cannot be reached.
  look.has_majority = is_quorum(look.sight->configuration, [&](const ReplicaId& voter) {
    auto found = group.replicas.find(voter);
    if (!calm_well_.contains(voter.broker) || found == group.replicas.end()) return false;
    const auto& sight = found->second.sight;
    bool takes_part = found->second.open && (leader || now_() - found->second.opened_at >= elect_max);
    return takes_part && !sight.out_of_order && !sight.damaged && !found->second.disk_hurt;
  });
  return look;
}

void ReplicationWatch::calm_leaderless(const ReplicaSight& sight) {
  report("peace", "leaderless", sight,
         "a majority was left alone for a while, and [" + to_string(sight.configuration) + "] have no leader");
}

// Finds the groups to which these checks apply, and their leaders.
std::size_t ReplicationWatch::calm_begins(const std::set<std::int32_t>& well, bool commits_at_once) {
  calm_commits_ = commits_at_once;
  calm_well_ = well;
  calm_.clear();
  calm_electing_.clear();
  for (const auto& [id, group] : groups_) {
    auto look = calm_look(group);
    if (!look.has_majority) continue;
    if (!look.leads) {
      if (look.elects)
        calm_electing_[id] = now_();
      else
        calm_leaderless(*look.sight);
      continue;
    }
    if (!well.contains(look.sight->self.broker) || look.highest_term > look.sight->term) continue;
    // It may give up in a moment.
    if (group.handed_over && now_() - *group.handed_over < elect_max) continue;
    calm_[id] = {look.sight->self, look.sight->term, group.transfers, look.sight->configuration, {}};
  }
  return calm_.size();
}

void ReplicationWatch::calm_append(const GroupId& id, const ReplicaId& self, Offset next) {
  auto led = calm_.find(id);
  if (led != calm_.end() && led->second.leader == self) led->second.waiting.emplace_back(next, now_());
}

void ReplicationWatch::calm_step(const ReplicaSight& sight) {
  if (sight.role == Role::leader && sight.established) calm_electing_.erase(sight.group);
  auto led = calm_.find(sight.group);
  if (led == calm_.end() || led->second.leader != sight.self) return;
  auto& waiting = led->second.waiting;
  while (!waiting.empty() && waiting.front().first <= sight.commit) {
    if (now_() - waiting.front().second > commit_max) calm_late(led->second, sight, waiting.front());
    waiting.pop_front();
  }
}

void ReplicationWatch::calm_late(const Led& led, const ReplicaSight& sight, const std::pair<Offset, Instant>& append) {
  if (!calm_commits_ || !calm_holds(led, sight.group)) return;
  report("peace", "slow-commit", sight,
         "what it appended up to " + std::to_string(append.first) + " at " + to_string(append.second) +
             " is not committed within " + std::to_string(commit_max / milliseconds(1)) +
             " ms, though a majority is left alone");
}

// Whether no change of the group was asked for, and it still has a majority. When a topic is deleted, the brokers that
// hear of it remove their replicas, and a broker that is cut off from the controller keeps its replica longer.
bool ReplicationWatch::calm_holds(const Led& led, const GroupId& id) const {
  auto group = groups_.find(id);
  if (group == groups_.end() || group->second.transfers != led.transfers) return false;
  const auto& replicas = group->second.replicas;
  auto leader = replicas.find(led.leader);
  if (leader == replicas.end() || leader->second.sight.configuration != led.configuration) return false;
  return is_quorum(led.configuration, [&](const ReplicaId& voter) {
    return calm_well_.contains(voter.broker) && replicas.contains(voter);
  });
}

void ReplicationWatch::calm_ends() {
  for (auto& [id, led] : calm_) {
    if (!calm_holds(led, id)) continue;
    const auto& sight = groups_[id].replicas[led.leader].sight;
    if (sight.role != Role::leader || sight.term != led.term)
      report("peace", "term-not-kept", sight,
             "it led in term " + std::to_string(led.term) +
                 ", and a majority was left alone all the time since, and nobody asked it to hand over");
    else if (!led.waiting.empty() && now_() - led.waiting.front().second > commit_max)
      calm_late(led, sight, led.waiting.front());
  }
  // Groups that were allowed to have no leader for a while have had enough time.
  for (const auto& [id, since] : calm_electing_) {
    auto group = groups_.find(id);
    if (group == groups_.end() || now_() - since < elect_max) continue;
    auto look = calm_look(group->second);
    if (look.has_majority && !look.leads) calm_leaderless(*look.sight);
  }
  calm_.clear();
  calm_electing_.clear();
}

// For a leader that a broker has just named to a client.
std::string ReplicationWatch::doubt_claim(const GroupId& id, std::int32_t broker, Epoch epoch, Instant asked) const {
  auto group = groups_.find(id);
  if (group == groups_.end()) return "";
  for (const auto& [term, since] : group->second.led_since)
    if (term > epoch && asked - since > claim_age_max)
      return "epoch " + std::to_string(term) + " has had a leader since " + to_string(since);
  // A broker that was emptied has two replicas, the old and the new one.
  Instant led_until{};
  for (const auto& [self, replica] : group->second.replicas) {
    if (self.broker != broker) continue;
    if (replica.open && replica.sight.role == Role::leader) return "";
    led_until = std::max(led_until, replica.led_until);
  }
  if (led_until == Instant{} || asked - led_until <= claim_age_max) return "";
  return "that broker leads no more since " + to_string(led_until);
}

// For a list of in-sync replicas that a broker has just sent to a client. A new leader lists all voters, since it
// cannot know better.
std::string ReplicationWatch::doubt_in_sync(const GroupId& id, std::int32_t broker, Epoch epoch, Duration lag_max,
                                            Instant asked, std::optional<Instant> fenced_since) const {
  auto group = groups_.find(id);
  if (group == groups_.end()) return "";
  // A broker that is down is not about to be unfenced.
  auto is_down = [&](Instant since) {
    return std::all_of(group->second.replicas.begin(), group->second.replicas.end(), [&](const auto& entry) {
      return entry.first.broker != broker || (!entry.second.open && entry.second.closed_at < since);
    });
  };
  if (fenced_since && *fenced_since < asked - claim_age_max && is_down(asked - claim_age_max))
    return "that broker is down, and known to be fenced since " + to_string(*fenced_since);
  auto since = asked - claim_age_max - lag_max;
  auto led_since = group->second.led_since.find(epoch);
  auto leader = group->second.leaders.find(epoch);
  if (led_since == group->second.led_since.end() || leader == group->second.leaders.end()) return "";
  if (led_since->second > asked - claim_age_max - unknown_max) return "";
  auto its_replica = group->second.replicas.find(leader->second);
  if (its_replica == group->second.replicas.end()) return "";  // removed meanwhile
  const auto& ends = its_replica->second.ends;
  auto after =
      std::upper_bound(ends.begin(), ends.end(), since, [](Instant at, const auto& end) { return at < end.first; });
  std::string doubt;
  for (const auto& [self, replica] : group->second.replicas) {
    if (self.broker != broker) continue;
    if (!replica.open && replica.closed_at < since)
      doubt = "that broker is down since " + to_string(replica.closed_at);
    else if (after != ends.begin() && replica.match_max < std::prev(after)->second)
      doubt = "it has kept up to " + std::to_string(replica.match_max) + ", and by " +
              to_string(std::prev(after)->first) + " the leader's log ended at " +
              std::to_string(std::prev(after)->second);
    else
      return "";
  }
  return doubt;
}

}  // namespace fulmar
