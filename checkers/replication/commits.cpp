// Commits: an offset has one committed content, on all replicas and for ever; a quorum's disks have it when it is
// committed; and only acknowledgements of the leader's own term count.
#include <algorithm>

#include "broker/raft/types.h"
#include "checkers/replication/replication_watch.h"

namespace fulmar {

bool is_quorum(const Configuration& configuration, const std::function<bool(const ReplicaId&)>& yes) {
  auto majority = [&](const std::vector<ReplicaId>& voters) {
    auto count = static_cast<std::size_t>(std::count_if(voters.begin(), voters.end(), yes));
    return 2 * count > voters.size();
  };
  return majority(configuration.voters) && (!configuration.joint() || majority(configuration.next_voters));
}

// Log matching (Raft §5.3): a batch of one offset and epoch is one batch, and what precedes it is the same everywhere.
void ReplicationWatch::check_match(Group& group, const Replica& replica, const ShadowBatch& batch) {
  if (batch.filler) return;
  const auto* previous = replica.log.before(batch.base);
  Epoch before = previous && previous->next == batch.base ? previous->epoch : -2;
  auto [entry, fresh] = group.known.try_emplace({batch.base, batch.epoch}, batch, before);
  if (fresh || !binding(replica.sight)) return;
  auto& [known, known_before] = entry->second;
  if (known != batch)
    report("log matching", "two-contents", replica.sight,
           to_string(batch) + " is not what another replica has as " + to_string(known));
  if (before != -2 && known_before != -2 && before != known_before)
    report("log matching", "two-pasts", replica.sight,
           to_string(batch) + " follows epoch " + std::to_string(before) + " here and epoch " +
               std::to_string(known_before) + " elsewhere");
  if (known_before == -2) known_before = before;
}

// State machine safety (Raft §5.4.3), at each move of a commit index.
void ReplicationWatch::check_commit(Group& group, Replica& replica, const ReplicaSight& before) {
  const auto& sight = replica.sight;
  if (!binding(sight)) return;
  const auto& log = replica.log.batches();
  bool belated = false;
  for (auto at = log.lower_bound(std::max(before.commit, sight.log_start)); at != log.end(); ++at) {
    const auto& batch = at->second;
    if (batch.next > sight.commit) break;
    if (batch.filler) continue;
    auto [known, fresh] = group.committed.try_emplace(batch.base, batch, sight.term);
    belated = known->second.term > sight.term;
    if (!fresh && known->second.batch != batch)
      report("state machine safety", "two-commits", sight,
             to_string(batch) + " is committed here, and elsewhere " + to_string(known->second.batch));
  }
  const auto* last = replica.log.before(sight.commit);
  if (!last || last->next <= sight.log_start) return;
  if (last->next < sight.commit)
    return report("state machine safety", "commits-nothing", sight, "its log has no batch that ends there");
  // A deposed leader may commit by old replies what a later leader committed before: the replicas that sent them may
  // have deleted it since, or have left the group.
  if (sight.role == Role::leader && last->next == sight.commit && !belated)
    check_quorum(group, replica, *last, before.configuration);
}

// The last stable offset must not include an undecided transaction (KIP-98).
void ReplicationWatch::check_stable(Replica& replica) {
  const auto& sight = replica.sight;
  auto stable = std::max(replica.log.stable_end(sight.commit), sight.log_start);
  if (sight.last_stable > stable)
    report("last stable offset", "lso-passes-open", sight,
           "consumers may read committed records up to " + std::to_string(sight.last_stable) +
               ", and a transaction that is not decided begins at " + std::to_string(stable));
}

// Once a log has something of a later epoch of a producer, that which was fenced writes nothing more, nor does a marker
// end its transaction (KIP-98, KIP-890).
void ReplicationWatch::check_fenced(const Replica& replica, const ShadowBatch& batch) {
  if (batch.transaction_of == no_producer_id) return;
  auto known = replica.log.producer_epoch(batch.transaction_of);
  if (batch.producer_epoch < known)
    report("fencing", "zombie-append", replica.sight,
           to_string(batch) + " of producer " + std::to_string(batch.transaction_of) + " in its epoch " +
               std::to_string(batch.producer_epoch) + " follows one of its epoch " + std::to_string(known));
}

std::string ReplicationWatch::doubt_read(const GroupId& id, Offset offset) const {
  auto group = groups_.find(id);
  if (group == groups_.end() || offset < group->second.commit_max) return "";
  return "nobody takes anything from offset " + std::to_string(group->second.commit_max) + " on for committed";
}

// What a leader considers committed is on the disks of a quorum, whose log terms are the leader's term (§5.4.2, and
// docs/raft.md).
void ReplicationWatch::check_quorum(Group& group, Replica& leader, const ShadowBatch& last,
                                    const Configuration& before) {
  const auto& sight = leader.sight;
  if (sight.configuration.voters.size() + sight.configuration.next_voters.size() < 2) return;
  auto of_term = [&](const ReplicaId& id) { return is_of_term(group, id, sight); };
  if (!is_quorum(sight.configuration, of_term) && !is_quorum(before, of_term))
    report("commit rule", "old-term-commit", sight,
           to_string(last) + " is committed by counting replicas whose logs need not be of this term");
  auto holder = [&](const ReplicaId& id) { return holds(group, id, last, sight.synced); };
  relies_on_leader(group, leader, last);
  // One step may both commit it and change the configuration.
  if (!is_quorum(sight.configuration, holder) && !is_quorum(before, holder)) {
    std::string holders;
    for (const auto& id : sight.configuration.members())
      if (holder(id)) holders += " " + std::to_string(id.broker);
    report("commit rule", "no-quorum", sight,
           to_string(last) + " is committed, though of [" + to_string(sight.configuration) + "] only [" +
               (holders.empty() ? "" : holders.substr(1)) + "] keep it");
  }
}

// If nothing was compacted away, every offset has a client's record or the end of a transaction, as on Kafka.
void ReplicationWatch::check_dense(const Group& group, const Replica& replica, const BatchHeader& header) {
  auto batch = shadow_of(header);
  const auto& log = replica.log.batches();
  auto end = log.empty() ? batch.base : log.rbegin()->second.next;
  if (end < batch.base && !group.removals.is_hole(end, batch.base))
    report("dense offsets", "hole", replica.sight, to_string(batch) + " follows " + to_string(log.rbegin()->second));
  if (header.control() && !header.transactional())
    report("dense offsets", "hole", replica.sight, to_string(batch) + " is no client's");
}

// Whether the replica's log term on disk is the leader's term or later, or its disk was damaged, which may have lost
// it.
bool ReplicationWatch::is_of_term(const Group& group, const ReplicaId& id, const ReplicaSight& leader) {
  if (group.removed.contains(id)) return true;  // its hard state is removed too
  auto found = group.replicas.find(id);
  if (found != group.replicas.end() && (found->second.disk_hurt || !found->second.lost.batches().empty())) return true;
  const auto* stored = promises_.find(id.broker, leader.group);
  return stored && stored->log_term >= leader.term;
}

// Whether a replica has stored a batch, on disk if the topic is synced.
bool ReplicationWatch::holds(Group& group, const ReplicaId& id, const ShadowBatch& batch, bool synced) {
  if (auto removed = group.removed.find(id); removed != group.removed.end())
    return removed->second.has(batch) || group.removals.may_lack(batch) || batch.filler;
  auto found = group.replicas.find(id);
  if (found == group.replicas.end()) return false;
  auto& replica = found->second;
  // An earlier committed batch may be deleted on this replica, or be in a snapshot only.
  if (replica.lost.has(batch) || replica.sight.log_start >= batch.next) return true;
  if (batch.filler || group.removals.may_lack(batch)) {
    if (replica.sight.log_end < batch.next) return false;
  } else if (!replica.log.has(batch)) {
    return false;
  }
  if (!synced || replica.disk_hurt || replica.durable >= batch.next) return true;
  return replica.log.durable_end(machines_, group.removals, batch.next) >= batch.next;
}

// If a leader's commit needs the leader's own log, the leader has to keep it. What is on a disk that nobody was told of
// does not count: a start may cut it off.
void ReplicationWatch::relies_on_leader(Group& group, Replica& leader, const ShadowBatch& last) {
  const auto& sight = leader.sight;
  if (!sight.synced || leader.disk_hurt || leader.durable >= last.next) return;
  auto told = [&](const ReplicaId& id) {
    auto found = group.replicas.find(id);
    return id != sight.self && found != group.replicas.end() && found->second.told_match >= last.next;
  };
  if (is_quorum(sight.configuration, told)) return;
  auto durable = leader.log.durable_end(machines_, group.removals, last.next);
  leader.durable = std::max(leader.durable, std::min(durable, last.next));
}

}  // namespace fulmar
