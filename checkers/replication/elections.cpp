// Elections: a term has one leader, elected by a quorum, with everything that was committed; terms and votes are on
// disk before a message carries them; consecutive configurations share a set of voters.
#include <algorithm>

#include "broker/raft/types.h"
#include "checkers/replication/replication_watch.h"

namespace fulmar {

// Election safety (Raft §5.2) and leader completeness (§5.4.3), when a leader is first seen in its term.
void ReplicationWatch::check_leader(Group& group, const Replica& replica) {
  const auto& sight = replica.sight;
  auto [known, first] = group.leaders.try_emplace(sight.term, sight.self);
  if (first) group.led_since.emplace(sight.term, now_());
  if (known->second != sight.self)
    report("election safety", "two-leaders", sight,
           "replica " + std::to_string(known->second.broker) + " leads in the same term");
  if (!first || sight.solo) return;
  auto voted = [&](const ReplicaId& voter) {
    auto vote = group.votes.find({sight.term, voter});
    return voter == sight.self || (vote != group.votes.end() && vote->second == sight.self);
  };
  if (!is_quorum(sight.configuration, voted))
    report("election safety", "no-quorum", sight,
           "it leads without the votes of a quorum of [" + to_string(sight.configuration) + "]");
  if (!binding(sight)) return;
  // A leader that is already deposed need not have what a later leader has committed, whatever its epoch.
  auto last = std::find_if(group.committed.rbegin(), group.committed.rend(),
                           [&](const auto& entry) { return entry.second.term < sight.term; });
  if (last == group.committed.rend()) return;
  const auto& batch = last->second.batch;
  if (batch.next <= sight.log_start || replica.log.has(batch)) return;
  if (group.removals.may_lack(batch) && sight.log_end >= batch.next) return;
  report("leader completeness", "incomplete-leader", sight, "it leads without the committed " + to_string(batch));
}

// A vote or term is on disk before a message carries it (Raft figure 2), and there is one vote per term.
void ReplicationWatch::check_promises(Group& group, Replica& replica, const Message& message) {
  const auto* request = std::get_if<VoteRequest>(&message.body);
  const auto* reply = std::get_if<VoteReply>(&message.body);
  if ((request && request->pre_vote) || (reply && reply->pre_vote)) return;  // they carry terms that may never exist
  std::optional<ReplicaId> candidate;
  if (request) candidate = message.from;
  if (reply && reply->granted) candidate = message.to;
  if (message.term <= replica.term_told && !candidate) return;
  if (candidate) {
    auto [vote, first] = group.votes.try_emplace({message.term, message.from}, *candidate);
    if (vote->second != *candidate && !replica.disk_hurt)
      report("election safety", "two-votes", replica.sight,
             "it votes for replica " + std::to_string(candidate->broker) + " and, in the same term, for replica " +
                 std::to_string(vote->second.broker));
    if (!first && message.term <= replica.term_told) return;
  }
  replica.term_told = std::max(replica.term_told, message.term);
  const auto* stored = promises_.find(message.from.broker, replica.sight.group);
  if (!stored || stored->term < message.term)
    report("promises are kept", "term-not-stored", replica.sight,
           "it speaks in term " + std::to_string(message.term) + ", and its disk has " +
               (stored ? "term " + std::to_string(stored->term) : "none"));
  else if (candidate && stored->term == message.term && stored->vote != *candidate)
    report("promises are kept", "vote-not-stored", replica.sight,
           "it votes for replica " + std::to_string(candidate->broker) + " in term " + std::to_string(message.term) +
               ", and its disk has " +
               (stored->vote ? "a vote for " + std::to_string(stored->vote->broker) : "no vote"));
}

// The same for configurations that a replica says it has stored.
void ReplicationWatch::check_kept_configuration(Replica& replica, const Message& message) {
  const auto* append = std::get_if<AppendReply>(&message.body);
  const auto* heartbeat = std::get_if<HeartbeatReply>(&message.body);
  if (!append && !heartbeat) return;
  const auto& mark = append ? append->configuration : heartbeat->configuration;
  if (mark <= replica.mark_told) return;
  replica.mark_told = mark;
  const auto* stored = promises_.find(message.from.broker, replica.sight.group);
  if (!stored || stored->configuration.mark < mark)
    report("promises are kept", "configuration-not-stored", replica.sight,
           "it says to keep a configuration of version " + std::to_string(mark.version) + " and term " +
               std::to_string(mark.term) + ", which its disk does not have");
}

// A replica that receives a message of a later term takes that term (Raft §5.1). Exceptions: vote requests are ignored
// while there is a leader (thesis §4.2.3), and pre-votes carry a term that may never exist.
void ReplicationWatch::heard(const GroupId& id, const Message& message, Epoch term) {
  const auto* reply = std::get_if<VoteReply>(&message.body);
  if (std::holds_alternative<VoteRequest>(message.body) || (reply && reply->pre_vote && reply->granted)) return;
  if (message.term == term) note_touch(groups_[id], message);
  if (message.term > term)
    report("election safety", "term-ignored", groups_[id].replicas[message.to].sight,
           "it heard of term " + std::to_string(message.term) + ", and stays in " + std::to_string(term));
}

// Any two quorums in force at once intersect: a leader changes from one configuration to the next only if they share a
// set of voters in which both need a majority (Raft §6). And once a leader considers a configuration settled, no later
// leader leads by an earlier one.
void ReplicationWatch::check_configuration(Group& group, const ReplicaSight& sight) {
  const auto& mark = sight.configuration_mark;
  if (sight.term > group.settled_in && mark.version < group.settled.version && binding(sight))
    report("reconfiguration", "earlier-configuration", sight,
           "it leads by version " + std::to_string(mark.version) + ", and version " +
               std::to_string(group.settled.version) + " was settled in term " + std::to_string(group.settled_in));
  if (sight.configuration_settled && sight.term >= group.settled_in) {
    group.settled = mark;
    group.settled_in = sight.term;
  }
  const auto& next = sight.configuration;
  auto [known, first] = group.in_force.try_emplace(sight.term, next);
  auto before = std::exchange(known->second, next);
  if (first || before == next) return;
  auto has = [](const Configuration& configuration, const std::vector<ReplicaId>& voters) {
    return configuration.voters == voters || (configuration.joint() && configuration.next_voters == voters);
  };
  bool shared = has(next, before.voters) || (before.joint() && has(next, before.next_voters));
  if (!shared)
    report("reconfiguration", "disjoint-quorums", sight,
           "[" + to_string(before) + "] is followed by [" + to_string(next) + "]");
}

}  // namespace fulmar
