#include "tests/raft/model.h"

#include <cstdio>
#include <stdexcept>
#include <tuple>

#include "runtime/base/assert.h"

namespace fulmar {

void ModelLog::append(ModelEntry entry) {
  epochs_.add(entry.epoch, end());
  entries_.push_back(std::move(entry));
}

void ModelLog::truncate_to(Offset end_wanted) {
  FULMAR_ASSERT(end_wanted >= start_);
  entries_.resize(static_cast<std::size_t>(std::min(end(), end_wanted) - start_));
  epochs_.truncate_from(end());
  stable_ = std::min(stable_, end());
  cleaned_to_ = std::min(cleaned_to_, end());
}

void ModelLog::advance_start(Offset start) {
  epochs_.truncate_until(start);
  entries_.erase(entries_.begin(), entries_.begin() + (start - start_));
  start_ = start;
}

void ModelLog::start_over(Offset at, Epoch epoch, Offset tombstone_bound) {
  cleaned_to_ = 0;
  tombstone_bound_ = tombstone_bound;
  entries_.clear();
  epochs_.truncate_from(0);
  if (epoch >= 0) epochs_.add(epoch, at - 1);
  start_ = stable_ = at;
}

Offset ModelLog::last_stable(Offset committed) const {
  std::map<std::string, Offset> open;
  for (auto offset = start_; offset < committed; ++offset) {
    const auto& entry = at(offset);
    if (auto plus = entry.value.find('+'); plus != std::string::npos && !entry.ordinary)
      open.try_emplace(entry.value.substr(0, plus), offset);
    if (entry.value.ends_with('!') && !entry.gone) open.erase(entry.value.substr(0, entry.value.size() - 1));
  }
  for (const auto& [producer, first] : open) committed = std::min(committed, first);
  return committed;
}

void ModelLog::clean(Offset end_wanted, Offset removable) {
  std::map<std::string, Offset> last;
  auto each = [&](const auto& visit) {
    for (auto offset = start_; offset < end_wanted; ++offset) {
      auto& entry = entries_.at(static_cast<std::size_t>(offset - start_));
      auto key_end = entry.value.find('=');
      if (key_end != std::string::npos && !entry.gone)
        visit(offset, entry, entry.value.substr(0, key_end), key_end + 1 == entry.value.size());
    }
  };
  each([&](Offset offset, ModelEntry&, const std::string& key, bool) { last[key] = offset; });
  each([&](Offset offset, ModelEntry& entry, const std::string& key, bool is_tombstone) {
    entry.gone = last.at(key) > offset || (is_tombstone && offset < removable);
  });
  for (auto offset = start_; offset < end_wanted; ++offset) {
    auto& entry = entries_.at(static_cast<std::size_t>(offset - start_));
    entry.ordinary = true;
    if (entry.value.ends_with('!') && offset < removable) entry.gone = true;
  }
  cleaned_to_ = std::max(cleaned_to_, end_wanted);
}

Model::Model(std::uint64_t seed, RaftSettings settings) : settings_(settings), random_(seed) {}

std::vector<ReplicaId> Model::ids(const std::vector<int>& brokers) {
  std::vector<ReplicaId> all;
  for (int broker : brokers) all.push_back(id(broker));
  return all;
}

void Model::violated(const std::string& what) {
  throw std::runtime_error(what + "\n" + status());
}

void Model::start(int broker, HardState state) {
  auto& replica = replicas_[broker];
  replica.liveness = std::make_unique<Liveness>(0, ++replica.life);
  replica.raft = std::make_unique<Raft>(id(broker), settings_, replica.log, std::move(state), replica.commit_hint,
                                        random_.split(random_.next()), now_, replica.liveness.get());
  replica.commit_seen = replica.raft->commit();
  replica.invariants = RaftInvariants(settings_.commits_are_stable);
  settle(broker);
}

void Model::make_group(const std::vector<int>& voters) {
  HardState state;
  state.configuration.configuration = {ids(voters), {}, {}};
  state.solo = voters.size() == 1;
  for (int broker : voters) {
    replicas_[broker].disk = state;  // the group's first configuration, as given to each replica
    start(broker, state);
  }
}

void Model::make_group(const std::map<int, std::vector<Epoch>>& logs, Epoch term) {
  std::vector<int> voters;
  for (const auto& [broker, epochs] : logs) voters.push_back(broker);
  for (const auto& [broker, epochs] : logs) {
    auto& replica = replicas_[broker];
    for (Epoch epoch : epochs)
      add_to_log(replica, {epoch, "e" + std::to_string(epoch) + "." + std::to_string(replica.log.end())});
    replica.log.sync();
    HardState state;
    state.term = term;
    state.log_term = epochs.empty() ? -1 : epochs.back();
    state.configuration.configuration = {ids(voters), {}, {}};
    replica.disk = state;
    start(broker, state);
  }
}

void Model::add_newborn(int broker) {
  start(broker, {});
}

void Model::crash(int broker, bool power_loss) {
  auto& replica = at(broker);
  if (!replica.raft) return;
  replica.commit_hint = std::min(replica.commit_hint, replica.raft->commit());
  replica.raft.reset();
  replica.others.clear();
  replica.liveness.reset();
  story("crash " + std::to_string(broker) + (power_loss ? " (power loss)" : ""));
  if (!power_loss) return;
  if (replica.disk.solo)  // no other replica has seen it
    for (auto offset = replica.log.stable_end(); offset < replica.log.end(); ++offset)
      known_.erase({offset, replica.log.at(offset).epoch});
  replica.log.lose_unsynced();
  // The commit hint is not synced, and not beyond what was committed.
  replica.commit_hint = random_.chance(1, 2) ? 0 : replica.commit_hint;
}

void Model::restart(int broker, std::uint64_t damage) {
  auto state = at(broker).disk;
  if (damage != 0) state.damage = damage;
  at(broker).disk = state;
  start(broker, state);
}

void Model::damage_from(int broker, Offset offset) {
  auto& replica = at(broker);
  FULMAR_ASSERT(!replica.raft);
  replica.log.truncate_to(std::max(offset, replica.log.start()));
  replica.commit_hint = std::min(replica.commit_hint, replica.log.end());
}

void Model::restart_without_promises(int broker, std::uint64_t number) {
  auto& replica = at(broker);
  FULMAR_ASSERT(!replica.raft);
  replica.disk = {};
  replica.term_seen = -1;
  replica.commit_hint = 0;
  restart(broker, lost_promises(number));
}

void Model::campaign(int broker) {
  raft(broker).campaign(now_);
  settle(broker);
}

bool Model::propose(int broker, const std::string& value) {
  auto& replica = at(broker);
  if (!replica.raft || !replica.raft->accepts_appends()) return false;
  if (replica.raft->quiesced()) {
    replica.raft->about_to_work(now_);
    settle(broker);
    if (!replica.raft || !replica.raft->accepts_appends()) return false;
  }
  add_to_log(replica, {replica.raft->term(), value});
  if (replica.syncs) replica.log.sync();
  replica.raft->log_changed(now_);
  settle(broker);
  return true;
}

void Model::sync(int broker) {
  auto& replica = at(broker);
  if (!replica.raft || replica.log.stable_end() == replica.log.end()) return;
  replica.log.sync();
  replica.raft->stable_moved(now_);
  settle(broker);
}

void Model::transfer(int from, int to) {
  raft(from).transfer(id(to), now_);
  settle(from);
}

void Model::set_target(int leader, const std::vector<int>& voters, const std::vector<int>& learners) {
  raft(leader).set_target(ids(voters), now_, ids(learners));
  settle(leader);
}

void Model::advance_log_start(int leader, Offset to) {
  auto& replica = at(leader);
  to = std::min({to, replica.raft->commit(), replica.log.stable_end()});
  if (to > replica.log.start()) replica.log.advance_start(to);
}

void Model::clean(int broker, Offset end) {
  auto& replica = at(broker);
  if (replica.raft->hard_state().damage != 0) return;
  end = std::min({end, replica.log.last_stable(replica.raft->commit()), replica.log.stable_end()});
  if (end <= replica.log.start()) return;
  story(std::to_string(broker) + " is cleaned to " + std::to_string(end) + ", of tombstones and markers below " +
        std::to_string(replica.raft->tombstones_removable()));
  replica.log.clean(end, replica.raft->tombstones_removable());
  replica.raft->cleaned(now_);
  settle(broker);
}

void Model::pass(Duration time) {
  auto until = now_ + time;
  while (now_ < until) {
    now_ = std::min(until, now_ + settings_.heartbeat_interval / 4);
    bool beats = now_ >= beat_at_;
    if (beats) beat_at_ = now_ + settings_.heartbeat_interval;
    for (auto& [broker, replica] : replicas_) {
      if (!replica.raft) continue;
      if (beats) beat(broker);
      tick(broker);
    }
  }
}

// Like a driver: a quiesced replica gets no ticks until a watch ends.
void Model::tick(int broker) {
  auto& replica = at(broker);
  if (!replica.liveness->take_ended() && replica.raft->quiesced()) return;
  bool due = replica.raft->is_due(now_);
  auto before = std::tuple(replica.raft->role(), replica.raft->term(), replica.raft->commit());
  replica.raft->tick(now_);
  auto after = std::tuple(replica.raft->role(), replica.raft->term(), replica.raft->commit());
  auto output = replica.raft->take_output();
  bool idle =
      before == after && output.messages.empty() && !output.store && !output.log_start && !output.tombstone_bound;
  if (!due && !idle) violated("a tick does something that is not due");
  settle(broker, std::move(output));
}

void Model::beat(int broker) {
  auto& replica = at(broker);
  replica.liveness->expire(settings_.election_timeout, now_);
  replica.others.clear();
  for (auto& [other, there] : replicas_) {
    if (!other_groups || other == broker || !there.raft) continue;
    auto& theirs = *there.liveness;
    replica.others.push_back(replica.liveness->watch_follower(id(other), theirs.agreeing(id(broker)), now_));
    replica.others.push_back(replica.liveness->watch_leader(id(other), theirs.asking(id(broker)), now_));
  }
  for (const auto& [to, pulse] : replica.liveness->pulses(now_)) {
    Parcel parcel{{id(broker), to, -1, {}}, {}, pulse};
    if (!lost(parcel.message)) parcels.push_back(std::move(parcel));
  }
}

void Model::run(Duration time) {
  auto until = now_ + time;
  while (now_ < until) {
    pass(settings_.heartbeat_interval / 4);
    deliver_all();
  }
}

void Model::deliver_all() {
  for (int rounds = 0; !parcels.empty(); ++rounds) {
    if (rounds > 100'000) violated("the replicas never stop talking");
    deliver_one(0);
  }
}

void Model::deliver_one(std::size_t index, bool keep) {
  auto parcel = parcels.at(index);
  if (!keep) parcels.erase(parcels.begin() + static_cast<std::ptrdiff_t>(index));
  int to = parcel.message.to.broker;
  auto found = replicas_.find(to);
  if (found == replicas_.end() || !found->second.raft) return;
  const auto& [from, self, term, body] = parcel.message;
  if (parcel.pulse) {
    auto answer = found->second.liveness->receive(from, *parcel.pulse, now_);
    Parcel reply{{self, from, -1, {}}, {}, {}, answer};
    if (answer && !lost(reply.message)) parcels.push_back(std::move(reply));
    return;
  }
  if (parcel.answer) return found->second.liveness->receive(from, *parcel.answer);
  story(to_string(parcel.message));
  found->second.raft->receive(parcel.message, now_);
  if (perform(to, found->second.raft->take_output(), &parcel)) settle(to);
}

void Model::settle(int broker) {
  if (at(broker).raft) settle(broker, at(broker).raft->take_output());
}

void Model::settle(int broker, Output output) {
  auto& replica = at(broker);
  while (perform(broker, std::move(output), nullptr) && replica.raft) {
    auto waiting = parcels.size();
    feed(broker);
    if (parcels.size() == waiting || !replica.raft) return;
    output = replica.raft->take_output();
  }
}

void Model::feed(int broker) {
  auto& replica = at(broker);
  if (replica.raft->role() != Role::leader) return;
  for (const auto& peer : replica.raft->configuration().members()) {
    if (peer == replica.raft->self()) continue;
    auto plan = replica.raft->plan_append(peer, now_);
    if (!perform(broker, replica.raft->take_output(), nullptr)) return;
    if (!plan) continue;
    auto from = std::get<AppendRequest>(plan->message.body).prev_offset;
    auto end = std::min(replica.log.end(), from + random_.between(1, 3));
    if (from < replica.log.start() || !replica.raft->append_sent(peer, *plan, end, now_)) continue;
    Parcel parcel{plan->message, {}};
    for (auto offset = from; offset < end; ++offset) parcel.entries.push_back(replica.log.at(offset));
    if (!lost(parcel.message)) parcels.push_back(std::move(parcel));
  }
}

// Carries out the core's output in order; returns false if the replica dies meanwhile.
bool Model::perform(int broker, Output output, const Parcel* parcel) {
  auto& replica = at(broker);
  auto dies = [&] {
    if (!dies_here()) return false;
    crash(broker, random_.chance(1, 2));
    return true;
  };
  bool was_leader = replica.raft->role() == Role::leader;
  if (output.store) {
    if (dies()) return false;
    replica.disk = *output.store;
  }
  bool changed = false;
  const bool stored = output.store.has_value();
  if (output.start_over) {
    if (dies()) return false;
    replica.log.start_over(output.start_over->offset, output.start_over->epoch, output.start_over->tombstone_bound);
    changed = true;
  }
  if (output.truncate_to) {
    if (dies()) return false;
    if (was_leader) violated("a leader truncates its log");
    replica.log.truncate_to(*output.truncate_to);
    changed = true;
  }
  if (output.append_from) {
    if (dies()) return false;
    const auto& request = std::get<AppendRequest>(parcel->message.body);
    for (auto offset = *output.append_from; offset < request.end; ++offset)
      add_to_log(replica, parcel->entries.at(static_cast<std::size_t>(offset - request.prev_offset)));
    changed = true;
  }
  if (changed && replica.syncs) replica.log.sync();
  if (output.log_start && *output.log_start > replica.log.start()) replica.log.advance_start(*output.log_start);
  const bool bounded = output.tombstone_bound.has_value();
  if (bounded) {
    if (dies()) return false;
    replica.log.keep_bound(*output.tombstone_bound);
  }
  if (dies()) return false;
  for (auto& message : output.messages)
    if (!lost(message)) parcels.push_back({std::move(message), {}});
  if (changed || stored || bounded) {
    if (changed)
      replica.raft->log_changed(now_);
    else
      replica.raft->stable_moved(now_);
    check(broker);
    return perform(broker, replica.raft->take_output(), nullptr);
  }
  check(broker);
  if (auto broken = RaftInvariants::broken_in(*replica.raft, replica.log))
    violated("invariant: " + std::string(*broken));
  if (auto broken = replica.invariants.broken_since(*replica.raft, replica.log))
    violated("invariant: " + std::string(*broken));
  return true;
}

void Model::add_to_log(Replica& replica, const ModelEntry& entry) {
  auto offset = replica.log.end();
  auto before = offset > replica.log.start() ? replica.log.at(offset - 1).epoch : -2;
  auto [found, fresh] = known_.try_emplace({offset, entry.epoch}, entry.value, before);
  if (!fresh) {
    auto& [value, epoch_before] = found->second;
    if (value != entry.value) violated("log matching: " + std::to_string(offset) + " of one epoch has two contents");
    if (before != -2 && epoch_before != -2 && before != epoch_before)
      violated("log matching: what precedes " + std::to_string(offset) + " differs");
  }
  replica.log.append(entry);
}

void Model::check(int broker) {
  auto& replica = at(broker);
  const auto& raft = *replica.raft;
  if (raft.term() < replica.term_seen) violated("a term went back");
  replica.term_seen = raft.term();
  if (raft.role() == Role::leader) {
    auto [known, first] = leaders_.try_emplace(raft.term(), broker);
    if (known->second != broker) violated("election safety: two leaders of term " + std::to_string(raft.term()));
    if (first)
      for (const auto& [offset, entry] : committed_)
        if (offset >= replica.log.start() && (offset >= replica.log.end() || replica.log.at(offset) != entry))
          violated("leader completeness: " + std::to_string(broker) + " leads without " + std::to_string(offset));
  }
  // A replica that lost its promises starts over at its leader's log start, and so does a learner that may hold deleted
  // records.
  bool votes = raft.hard_state().damage == 0 && raft.configuration().is_voter(id(broker));
  bool empty = replica.log.start() == replica.log.end();
  bool anew = promises_are_lost(raft.hard_state().damage) || (!votes && empty);
  if (raft.commit() < replica.commit_seen && settings_.commits_are_stable && !anew)
    violated("a commit index went back");
  for (auto offset = std::max(replica.commit_seen, replica.log.start()); offset < raft.commit(); ++offset) {
    auto [known, first] = committed_.try_emplace(offset, replica.log.at(offset));
    if (known->second != replica.log.at(offset))
      violated("state machine safety: two contents are committed at " + std::to_string(offset));
  }
  if (raft.role() == Role::leader && raft.commit() > replica.commit_seen) check_leases(broker);
  replica.commit_seen = raft.commit();
  check_deleted(broker);
  check_transactions(broker);
  if (random_.chance(1, 8)) replica.commit_hint = raft.commit();
}

// A voter's log has no record of a key of which a later record is gone there, unless one comes that is later still.
void Model::check_deleted(int broker) {
  const auto& replica = at(broker);
  if (replica.log.cleaned_to() + replica.log.tombstone_bound() == 0) return;
  if (!replica.raft->configuration().is_voter(id(broker)) || replica.raft->hard_state().damage != 0) return;
  std::map<std::string, Offset> newest;
  for (auto offset = replica.log.start(); offset < replica.log.end(); ++offset) {
    const auto& entry = replica.log.at(offset);
    auto committed = committed_.find(offset);
    auto key = entry.value.substr(0, entry.value.find('='));
    if (key.size() == entry.value.size() || committed == committed_.end() || committed->second != entry) continue;
    if (!entry.gone)
      newest.erase(key);
    else
      newest[key] = offset;
  }
  for (auto later = committed_.lower_bound(replica.log.end()); later != committed_.end(); ++later)
    newest.erase(later->second.value.substr(0, later->second.value.find('=')));
  for (const auto& [key, offset] : newest)
    for (auto earlier = replica.log.start(); earlier < offset; ++earlier)
      if (const auto& entry = replica.log.at(earlier); !entry.gone && entry.value.starts_with(key + "="))
        violated("a deleted key returns: " + std::to_string(broker) + " has " + entry.value + " at " +
                 std::to_string(earlier) + ", and not what came at " + std::to_string(offset));
}

// A voter's log has no transaction whose marker is gone there: it would stay open for ever.
void Model::check_transactions(int broker) {
  const auto& replica = at(broker);
  if (!replica.raft->configuration().is_voter(id(broker)) || replica.raft->hard_state().damage != 0) return;
  std::set<std::string> open;
  for (auto offset = replica.log.start(); offset < replica.log.end(); ++offset) {
    const auto& entry = replica.log.at(offset);
    if (auto plus = entry.value.find('+'); plus != std::string::npos && !entry.ordinary)
      open.insert(entry.value.substr(0, plus));
    if (!entry.value.ends_with('!')) continue;
    auto producer = entry.value.substr(0, entry.value.size() - 1);
    if (entry.gone && open.contains(producer))
      violated("a transaction never ends: " + std::to_string(broker) + " has records of " + producer +
               ", and not the marker that came at " + std::to_string(offset));
    open.erase(producer);
  }
}

// If a leader commits, no leader of an earlier term may consider its lease valid.
void Model::check_leases(int broker) {
  for (const auto& [other, replica] : replicas_)
    if (other != broker && replica.raft && replica.raft->term() < raft(broker).term() &&
        replica.raft->lease_until() > now_)
      violated("leases: " + std::to_string(other) + " still has one while " + std::to_string(broker) + " commits");
}

int Model::leader() const {
  int found = -1;
  Epoch term = -2;
  for (const auto& [broker, replica] : replicas_) {
    if (!replica.raft || replica.raft->role() != Role::leader || replica.raft->term() <= term) continue;
    found = broker;
    term = replica.raft->term();
  }
  return found;
}

std::string Model::status() const {
  std::string text;
  for (const auto& [broker, replica] : replicas_) {
    text += std::to_string(broker) + ": ";
    if (replica.raft) {
      constexpr const char* names[] = {"follower", "pre-candidate", "candidate", "leader"};
      text += std::string(names[static_cast<int>(replica.raft->role())]) + " t" + std::to_string(replica.raft->term());
      if (replica.disk.damage != 0) text += " damaged";
      text += " commit " + std::to_string(replica.raft->commit());
    } else {
      text += "down";
    }
    text += " log " + std::to_string(replica.log.start()) + ".." + std::to_string(replica.log.end());
    if (replica.log.stable_end() != replica.log.end())
      text += " (synced " + std::to_string(replica.log.stable_end()) + ")";
    for (auto offset = replica.log.start(); offset < replica.log.end() && offset < replica.log.start() + 40; ++offset)
      text += (offset == replica.log.start() ? ": " : " ") + replica.log.at(offset).value + "@" +
              std::to_string(replica.log.at(offset).epoch);
    if (replica.raft && replica.raft->quiesced()) text += " quiesced";
    if (replica.raft && !replica.raft->configuration().empty())
      text += " [" + to_string(replica.raft->configuration()) + "]";
    text += "\n";
  }
  return text;
}

}  // namespace fulmar
