#include "checkers/replication/replication_watch.h"

#include <algorithm>

#include "broker/raft/types.h"

namespace fulmar {

namespace {
constexpr std::size_t violations_max = 20;  // the first ones show what is wrong

bool votes(const ReplicaSight& sight) {
  return !sight.damaged && sight.configuration.is_voter(sight.self);
}
}  // namespace

ReplicationWatch::ReplicationWatch(const Machines& machines, std::function<Instant()> now)
    : machines_(machines), now_(std::move(now)), promises_(machines) {}

void ReplicationWatch::report(const char* property, const char* anomaly, const ReplicaSight& sight,
                              const std::string& what) {
  if (violations_.size() >= violations_max) return;
  violations_.push_back({property, anomaly,
                         "broker " + std::to_string(sight.self.broker) + "'s replica of " + to_string(sight.group) +
                             " (term " + std::to_string(sight.term) + ", log " + std::to_string(sight.log_start) +
                             ".." + std::to_string(sight.log_end) + ", committed to " + std::to_string(sight.commit) +
                             "): " + what,
                         now_()});
}

// Recovery yields a log without gaps and with all synced batches, and a replica's term is not below one in its
// messages.
void ReplicationWatch::opened(const ReplicaSight& sight, const std::string& directory, const EpochCache& epochs) {
  auto& group = groups_[sight.group];
  auto& replica = group.replicas[sight.self];
  if (!group.born) group.born = now_();
  group.removed.erase(sight.self);
  auto before = std::move(replica.log);
  if (sight.damaged && replica.lost.batches().empty()) {
    replica.lost = before;
    replica.lost.truncate(replica.told_match);
  }
  replica.told_match = std::min(replica.told_match, sight.log_end);
  while (!replica.ends.empty() && replica.ends.back().second > sight.log_end) replica.ends.pop_back();
  replica.open = true;
  // Its log may have gone offline, and be opened again, without a step in between.
  if (replica.sight.role == Role::leader) replica.led_until = now_();
  replica.commit_lowered_from.reset();
  replica.opened_at = now_();
  group.commit_max = std::max(group.commit_max, sight.commit);
  replica.sight = sight;
  replica.log = ShadowLog(sight.self.broker, directory);
  // Damage may take terms and votes, but the replica must notice it.
  if (sight.term < replica.term_told && !(replica.disk_hurt && sight.made_anew))
    report("terms", "term-back", sight, "it has spoken in term " + std::to_string(replica.term_told));
  if (replica.disk_hurt) {
    // It may find other data than it wrote. It has to repair that; until then, what it reports is taken as true.
    bool whole = replica.log.load(machines_, group.removals).empty();
    const auto* last = replica.log.before(sight.log_end);
    if (whole && (!last || last->next == sight.log_end)) return;
    before.truncate(sight.log_end);
    replica.log = std::move(before);
    return;
  }
  if (auto wrong = replica.log.load(machines_, group.removals); !wrong.empty())
    return report("recovery", "broken-log", sight, wrong);
  const auto& found = replica.log.batches();
  auto end = found.empty() ? sight.log_end : found.rbegin()->second.next;
  if (end != sight.log_end) report("recovery", "broken-log", sight, "the files end at " + std::to_string(end));
  // In a group of one replica, no other has seen what was lost, and what replaces it may have the same epoch.
  if (sight.solo) std::erase_if(group.known, [&](const auto& entry) { return entry.first.first >= end; });
  if (!sight.damaged)
    for (const auto& [base, batch] : before.batches())
      if (base >= sight.log_start && batch.next <= replica.durable && !replica.log.has(batch) &&
          !group.removals.may_lack(batch)) {
        report("recovery", "lost-synced", sight,
               to_string(batch) + " was on its disk up to " + std::to_string(replica.durable) + ", and is not found");
        break;
      }
  replica.durable = std::min(replica.durable, end);
  const ShadowBatch* last = nullptr;
  for (const auto& [base, batch] : found) {
    check_match(group, replica, batch);
    if (epochs.epoch_of(base) != batch.epoch)
      report("epoch cache", "wrong-epoch", sight,
             to_string(batch) + " is of epoch " + std::to_string(epochs.epoch_of(base).value_or(-1)) + ", it says");
    if (last && last->epoch > batch.epoch)
      report("log matching", "epoch-back", sight, to_string(batch) + " follows " + to_string(*last));
    last = &batch;
  }
}

void ReplicationWatch::appended(const GroupId& id, const ReplicaId& self, const BatchHeader& header) {
  auto& group = groups_[id];
  auto& replica = group.replicas[self];
  auto batch = group.removals.original(shadow_of(header));
  const auto& log = replica.log.batches();
  if (!log.empty() && log.rbegin()->second.next > batch.base)
    report("append-only", "overwrite", replica.sight, to_string(batch) + " is written over what is there");
  if (replica.log.last_epoch() > batch.epoch)
    report("log matching", "epoch-back", replica.sight, to_string(batch) + " follows a later epoch");
  check_dense(group, replica, header);
  check_fenced(replica, batch);
  replica.log.append(batch);
  replica.ends.emplace_back(now_(), batch.next);
  if (!calm_.empty()) calm_append(id, self, batch.next);
  check_match(group, replica, batch);
}

// Batches lose records on this replica. Each is compared with other replicas' batches in its original form. Only
// decided, committed records may be superseded: others may still be truncated or aborted.
void ReplicationWatch::rewriting(const GroupId& id, const ReplicaId& self, Offset base, Offset end,
                                 const std::vector<RewrittenBatch>& batches) {
  auto& group = groups_[id];
  auto& replica = group.replicas[self];
  if (end > std::max(replica.log.stable_end(replica.sight.commit), replica.sight.log_start))
    report("compaction", "uncommitted-removed", replica.sight,
           "it writes " + std::to_string(base) + ".." + std::to_string(end) + " anew");
  for (const auto& batch : batches) group.removals.note(batch);
  replica.log.rewrite(base, end);
}

// A leader never truncates. A follower truncates committed batches only if it does not count: what it had acknowledged
// is in `lost` until it has all of it again.
void ReplicationWatch::truncated(const GroupId& id, const ReplicaId& self, Offset offset) {
  auto& group = groups_[id];
  auto& replica = group.replicas[self];
  if (replica.sight.role == Role::leader)
    report("leader append-only", "leader-truncates", replica.sight, "at " + std::to_string(offset));
  const auto& log = replica.log.batches();
  const bool may_not = binding(replica.sight) && !replica.sight.made_anew && !replica.begins_anew;
  for (auto at = log.lower_bound(offset); at != log.end() && may_not; ++at) {
    auto committed = group.committed.find(at->first);
    if (committed == group.committed.end() || committed->second.batch != at->second) continue;
    // A later leader committed it, which this replica does not know, and which does not count on it.
    if (committed->second.term > replica.sight.term) continue;
    report("truncation", "truncated-committed", replica.sight,
           to_string(at->second) + " is committed, and is cut off at " + std::to_string(offset));
    break;
  }
  replica.log.truncate(offset);
  while (!replica.ends.empty() && replica.ends.back().second > offset) replica.ends.pop_back();
  replica.durable = std::min(replica.durable, offset);
  replica.told_match = std::min(replica.told_match, offset);
}

// One that votes for nobody begins anew from its leader's log if its own may have records that were deleted meanwhile.
void ReplicationWatch::started_over(const GroupId& id, const ReplicaId& self, Offset offset) {
  auto& replica = groups_[id].replicas[self];
  replica.commit_lowered_from.reset();
  replica.begins_anew = !votes(replica.sight);
  truncated(id, self, offset);
  replica.begins_anew = false;
  replica.log.start_over(offset);
}

void ReplicationWatch::commits(const GroupId& id, Offset offset) {
  auto& highest = groups_[id].commit_max;
  highest = std::max(highest, offset);
}

// broken-invariant: a core's state breaks an invariant, by itself or compared with the previous state.
void ReplicationWatch::broke(const GroupId& group, const ReplicaId& self, std::string_view invariant) {
  report("invariants", "broken-invariant", groups_[group].replicas[self].sight, std::string(invariant));
}

void ReplicationWatch::stepped(const ReplicaSight& sight) {
  auto& group = groups_[sight.group];
  auto& replica = group.replicas[sight.self];
  auto before = std::exchange(replica.sight, sight);
  if (before.role == Role::leader && sight.role != Role::leader) replica.led_until = now_();
  group.commit_max = std::max(group.commit_max, sight.commit);
  if (!calm_.empty() || !calm_electing_.empty()) calm_step(sight);
  if (sight.out_of_order) return;
  if (!sight.damaged) replica.lost = {};
  auto commit_back = [&](Offset from) {
    report("commit is monotonic", "commit-back", sight, "it was " + std::to_string(from));
  };
  if (auto from = std::exchange(replica.commit_lowered_from, std::nullopt)) commit_back(*from);
  if (before.commit > sight.commit && binding(sight) && !sight.made_anew) {
    // A replica that does not vote may begin its log anew, at its leader's log start; it does so next then.
    if (votes(sight))
      commit_back(before.commit);
    else
      replica.commit_lowered_from = before.commit;
  }
  if (before.term > sight.term) report("terms", "term-back", sight, "it was in term " + std::to_string(before.term));
  bool empty = replica.log.batches().empty() || replica.log.batches().rbegin()->second.next <= sight.log_start;
  if (!empty && sight.last_epoch != replica.log.last_epoch())
    report("epoch cache", "wrong-epoch", sight,
           "it says that the last epoch is " + std::to_string(sight.last_epoch) + ", the log ends with " +
               to_string(replica.log.batches().rbegin()->second));
  if (sight.role == Role::leader) {
    check_leader(group, replica);
    check_configuration(group, sight);
  }
  if (sight.commit > before.commit) check_commit(group, replica, before);
  if (sight.last_stable != before.last_stable) check_stable(replica);
}

void ReplicationWatch::sends(const GroupId& id, const Message& message) {
  auto& group = groups_[id];
  auto& replica = group.replicas[message.from];
  check_promises(group, replica, message);
  check_kept_configuration(replica, message);
  if (std::holds_alternative<TimeoutNow>(message.body)) {
    ++group.transfers;
    group.handed_over = now_();
  }
  // A match counts once it is on stable storage.
  const auto* reply = std::get_if<AppendReply>(&message.body);
  const auto* heartbeat = std::get_if<HeartbeatReply>(&message.body);
  Offset match = reply && reply->verdict == Verdict::matched ? reply->match : heartbeat ? heartbeat->match : 0;
  replica.told_match = std::max(replica.told_match, match);
  replica.match_max = std::max(replica.match_max, match);
  const auto* last = replica.log.before(match);
  if (match > replica.durable && replica.sight.synced && last && !replica.disk_hurt) {
    auto durable = replica.log.durable_end(machines_, group.removals, match);
    if (durable < last->next)
      report("acknowledged means synced", "unsynced-ack", replica.sight,
             "it says to have all up to " + std::to_string(match) + ", of which " + std::to_string(durable) +
                 " is on its disk");
    replica.durable = std::max(replica.durable, std::min(match, durable));
  }
}

void ReplicationWatch::removed(const GroupId& id, const ReplicaId& self) {
  auto group = groups_.find(id);
  if (group == groups_.end()) return;
  auto replica = group->second.replicas.find(self);
  if (replica == group->second.replicas.end()) return;
  replica->second.log.truncate(replica->second.told_match);
  group->second.removed[self] = std::move(replica->second.log);
  group->second.replicas.erase(replica);
  if (group->second.replicas.empty()) groups_.erase(group);
}

void ReplicationWatch::ended(std::int32_t broker) {
  for (auto& [id, group] : groups_)
    for (auto& [self, replica] : group.replicas)
      if (self.broker == broker) {
        if (std::exchange(replica.open, false)) replica.closed_at = now_();
        if (replica.sight.role == Role::leader) replica.led_until = now_();
        replica.sight.role = Role::follower;
      }
}

void ReplicationWatch::damaged(std::int32_t broker) {
  for (auto& [id, group] : groups_)
    for (auto& [self, replica] : group.replicas)
      if (self.broker == broker) replica.disk_hurt = true;
}

std::vector<GroupId> ReplicationWatch::leaderless(const Counts& counts) const {
  std::vector<GroupId> found;
  for (const auto& [id, group] : groups_) {
    bool here = false, led = false;
    for (const auto& [self, replica] : group.replicas) {
      if (!replica.open || !counts(id, self.broker)) continue;
      here = here || replica.sight.configuration.is_voter(self);
      led = led || (replica.sight.role == Role::leader && replica.sight.established);
    }
    if (here && !led) found.push_back(id);
  }
  return found;
}

std::vector<std::string> ReplicationWatch::differing(const std::set<std::int32_t>& core) const {
  std::vector<std::string> found;
  for (const auto& [id, group] : groups_) {
    const ReplicaSight* leader = nullptr;
    bool here = false;
    for (const auto& [self, replica] : group.replicas) {
      if (!core.contains(self.broker) || !replica.open) continue;
      here = here || replica.sight.configuration.is_voter(self);
      if (replica.sight.role == Role::leader && (!leader || replica.sight.term > leader->term)) leader = &replica.sight;
    }
    if (!here) continue;
    bool same = leader != nullptr;
    std::string all = to_string(id) + ":";
    for (const auto& [self, replica] : group.replicas) {
      const auto& sight = replica.sight;
      all += " broker " + std::to_string(self.broker) + (replica.open ? "" : " (down)") +
             (sight.role == Role::leader ? " leads" : "") + (sight.out_of_order ? " is out of order" : "") + " term " +
             std::to_string(sight.term) + " has " + std::to_string(sight.log_start) + ".." +
             std::to_string(sight.log_end) + " committed to " + std::to_string(sight.commit) + " [" +
             to_string(sight.configuration) + "];";
      bool counts = core.contains(self.broker) && replica.open && !replica.disk_hurt && leader &&
                    leader->configuration.is_voter(self);
      if (!counts) continue;
      // A replica need not know the epoch before an empty log: that batch is deleted.
      bool empty = sight.log_start == sight.log_end && leader->log_start == leader->log_end;
      same = same && sight.log_end == leader->log_end && sight.commit == sight.log_end &&
             (empty || sight.last_epoch == leader->last_epoch);
    }
    if (!same) found.push_back(std::move(all));
  }
  return found;
}

std::map<GroupId, Offset> ReplicationWatch::committed() const {
  std::map<GroupId, Offset> offsets;
  for (const auto& [id, group] : groups_)
    for (const auto& [self, replica] : group.replicas)
      if (replica.open) offsets[id] = std::max(offsets[id], replica.sight.commit);
  return offsets;
}

std::vector<std::string> ReplicationWatch::behind(const std::set<std::int32_t>& core,
                                                  const std::map<GroupId, Offset>& offsets) const {
  std::vector<std::string> found;
  for (const auto& [id, offset] : offsets) {
    auto group = groups_.find(id);
    if (group == groups_.end()) continue;
    const ReplicaSight* leader = nullptr;
    for (const auto& [self, replica] : group->second.replicas)
      if (core.contains(self.broker) && replica.open && replica.sight.role == Role::leader &&
          replica.sight.established && (!leader || replica.sight.term > leader->term))
        leader = &replica.sight;
    bool has = leader != nullptr;
    for (const auto& [self, replica] : group->second.replicas)
      if (leader && core.contains(self.broker) && leader->configuration.is_voter(self))
        has = has && replica.open && replica.sight.log_end >= offset;
    if (!has) found.push_back(to_string(id));
  }
  return found;
}

}  // namespace fulmar
