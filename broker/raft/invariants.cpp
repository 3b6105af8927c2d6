#include "broker/raft/invariants.h"

#include <utility>

namespace fulmar {

namespace {

using Broken = std::optional<std::string_view>;

bool is_alone(const Configuration& configuration, const ReplicaId& self) {
  return configuration.voters.size() == 1 && configuration.voters.front() == self && !configuration.joint() &&
         configuration.learners.empty();
}

Broken broken_in_leader(const Raft& raft, const LogView& log) {
  const auto& state = raft.hard_state();
  const auto& configuration = raft.configuration();
  if (raft.leader() != raft.self()) return "a leader takes another for the leader";
  // So that no leader of an earlier term derives another configuration from the same one.
  if (!state.solo && state.configuration.mark.term != state.term)
    return "a leader has a configuration of an earlier term";
  for (const auto* ids : {&configuration.voters, &configuration.next_voters, &configuration.learners})
    for (const auto& id : *ids) {
      if (id == raft.self()) continue;
      const auto* known = raft.progress(id);
      if (!known) return "a leader does not feed a member";
      if (known->match() > known->next() || known->next() > log.end())
        return "a leader takes a follower to have more than its own log";
    }
  return std::nullopt;
}

Broken broken_in_other(const Raft& raft) {
  const auto& configuration = raft.configuration();
  const bool stands = raft.role() != Role::follower;
  if (stands && !configuration.is_voter(raft.self())) return "a candidate is no voter";
  if (stands && raft.leader()) return "a candidate knows a leader of its term";
  if (raft.leader() == raft.self()) return "a follower or candidate takes itself for the leader";
  if (!raft.target().empty()) return "a follower or candidate is changing the members";
  for (const auto* ids : {&configuration.voters, &configuration.next_voters, &configuration.learners})
    for (const auto& id : *ids)
      if (raft.progress(id)) return "a follower or candidate feeds a member";
  return std::nullopt;
}

}  // namespace

Broken RaftInvariants::broken_in(const Raft& raft, const LogView& log) {
  const auto& state = raft.hard_state();
  if (state.log_term > state.term) return "the log is of a later term than the replica";
  if (log.epochs().latest().value_or(-1) > state.term) return "a batch is of a later term than the replica";
  if (raft.commit() > log.end()) return "the commit index is above the end of the log";
  if (raft.commit() < log.start()) return "the log starts above the commit index";
  if (!raft.configuration().is_well_formed()) return "the configuration is not well formed";
  if (state.configuration.mark.term > state.term) return "the configuration is of a later term than the replica";
  if (state.solo && !is_alone(raft.configuration(), raft.self()))
    return "a group that never had another member has one";
  const bool elected = raft.role() == Role::leader || raft.role() == Role::candidate;
  if (elected && state.vote != raft.self()) return "a candidate or leader has not voted for itself";
  if (raft.role() != Role::follower && state.damage != 0) return "a candidate or leader has lost its promises";
  return raft.role() == Role::leader ? broken_in_leader(raft, log) : broken_in_other(raft);
}

Broken RaftInvariants::broken_step(const Raft& raft, const LogView& log) const {
  const auto& state = raft.hard_state();
  const auto& before = *before_;
  // A replica that has lost its promises takes its group's log from the leader's log start on. So does one that does
  // not vote and may hold deleted records: in that step its log is empty. In groups in the page cache, power losses may
  // take committed offsets.
  const bool votes = state.damage == 0 && state.configuration.configuration.is_voter(raft.self());
  const bool begun_anew = !votes && (log.start() == log.end() || before.log_start == before.log_end);
  const bool keeps_commits = commits_are_stable_ && !promises_are_lost(state.damage) && !begun_anew;
  if (state.term < before.stored.term) return "the term went back";
  if (state.log_term < before.stored.log_term) return "the term of the log went back";
  if (state.solo && !before.stored.solo) return "a group of several became one that never had another member";
  if (keeps_commits && raft.commit() < before.commit) return "the commit index went back";
  // A replica that lost its log restarts it at a batch boundary, which may be below the old start; the leader tells it
  // the start before it is healed.
  if (keeps_commits && state.damage == 0 && log.start() < before.log_start) return "the start of the log went back";
  const auto& configuration = state.configuration;
  const auto& earlier = before.stored.configuration;
  if (!earlier.configuration.empty()) {
    if (configuration.mark < earlier.mark) return "the configuration went back";
    if (configuration.mark == earlier.mark && configuration != earlier) return "two configurations have the same mark";
  }
  if (state.term > before.stored.term) return std::nullopt;
  if (before.stored.vote && state.vote != before.stored.vote) return "a replica voted twice in a term";
  if (before.leader && raft.leader() && raft.leader() != before.leader) return "a term has two leaders";
  if (raft.role() != Role::leader) return std::nullopt;
  if (before.role == Role::follower) return "a follower leads in a term in which it did not stand";
  if (before.role == Role::leader && log.end() < before.log_end) return "a leader truncated its log";
  return std::nullopt;
}

Broken RaftInvariants::broken_since(const Raft& raft, const LogView& log) {
  auto broken = before_ ? broken_step(raft, log) : std::nullopt;
  auto leader = raft.leader();
  if (!leader && before_ && before_->stored.term == raft.term()) leader = before_->leader;
  auto now = before_ ? std::move(*before_) : State{};
  now.role = raft.role();
  now.leader = leader;
  now.commit = raft.commit();
  now.log_start = log.start();
  now.log_end = log.end();
  if (now.stored != raft.hard_state()) now.stored = raft.hard_state();  // copied only if it changed
  before_ = std::move(now);
  return broken;
}

}  // namespace fulmar
