// Changes of the members: first new voters are learners, then both sets of voters decide, then the new set alone (Raft
// §6; thesis §4.2, §4.3).
#include <algorithm>

#include "broker/raft/raft.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

std::vector<ReplicaId> without(const std::vector<ReplicaId>& from, const std::vector<ReplicaId>& these) {
  std::vector<ReplicaId> rest;
  std::set_difference(from.begin(), from.end(), these.begin(), these.end(), std::back_inserter(rest));
  return rest;
}

}  // namespace

// The next change requires this. A quorum has stored this configuration, so nobody can be elected by an earlier one.
// And a quorum has acknowledged, in this term, everything that any earlier configuration committed (docs/raft.md,
// "Members", rule 4; Schultz, Dardik, Tripakis 2021).
bool Raft::configuration_settled() const {
  if (role_ != Role::leader) return false;
  auto keeps = [&](const ReplicaId& id) {
    if (id == self_) return stored_configuration_ == state_.configuration.mark;
    const auto* known = progress(id);
    return known && known->counts() && known->configuration() == state_.configuration.mark;
  };
  auto has_everything = [&](const ReplicaId& id) {
    auto kept = acknowledged_by(id);
    return kept && *kept >= std::max(*term_start_, commit_);
  };
  return configuration().has_quorum(keeps) && configuration().has_quorum(has_everything);
}

// The configuration is in force at once. Every member is sent it until it has acknowledged it.
void Raft::change_to(Configuration configuration) {
  FULMAR_MARK("raft: configuration changed");
  state_.configuration = {{state_.term, state_.configuration.mark.version + 1}, std::move(configuration)};
  state_.solo = false;
  store();
  adopt_members(state_.configuration.mark);
  send_heartbeats();
}

// Whether a correct replica may have sent it in a term up to this one.
bool Raft::is_possible(const MarkedConfiguration& configuration) const {
  return configuration.mark.term <= state_.term && !configuration.configuration.empty() &&
         configuration.configuration.is_well_formed();
}

// Adopts another replica's configuration if it is later. A leader adopts none: docs/raft.md, "Members", rule 1.
void Raft::take(const std::optional<MarkedConfiguration>& configuration) {
  if (!configuration || role_ == Role::leader || !is_possible(*configuration)) return;
  bool is_later = configuration->mark > state_.configuration.mark || this->configuration().empty();
  if (!is_later) return;
  FULMAR_MARK("raft: later configuration taken");
  state_.configuration = *configuration;
  state_.solo = false;
  store();
}

std::optional<MarkedConfiguration> Raft::news_for(const Progress& progress) const {
  if (progress.configuration() == state_.configuration.mark) return std::nullopt;
  return state_.configuration;
}

void Raft::adopt_members(const ConfigurationMark& joined) {
  std::map<ReplicaId, Progress> peers;
  for (const auto& id : configuration().members()) {
    if (id == self_) continue;
    auto found = peers_.find(id);
    peers.emplace(id, found == peers_.end() ? Progress(log_.end(), joined) : std::move(found->second));
  }
  std::erase_if(peers_, [&](const auto& entry) { return peers.contains(entry.first); });
  forget_peers();
  peers_ = std::move(peers);
}

void Raft::bootstrap(Configuration configuration, Instant now) {
  begin(now);
  FULMAR_ASSERT(this->configuration().empty() && log_.end() == 0);
  state_.configuration = {{}, std::move(configuration)};
  store();
  reset_election_timer();
}

void Raft::set_target(std::vector<ReplicaId> voters, Instant now, std::vector<ReplicaId> learners) {
  begin(now);
  if (role_ != Role::leader) return;
  FULMAR_ASSERT(std::is_sorted(voters.begin(), voters.end()) && std::is_sorted(learners.begin(), learners.end()));
  FULMAR_ASSERT(without(learners, voters).size() == learners.size());
  target_ = std::move(voters);
  target_learners_ = std::move(learners);
  wake();
  lead_on();
}

void Raft::continue_reconfiguration() {
  // One change at a time, and none before this leader knows what is committed (otherwise single-server changes are
  // unsafe: Ongaro on raft-dev, July 2015).
  if (pending_ || !established() || !configuration_settled()) {
    FULMAR_MARK("raft: change of members waits");
    return;
  }
  // The bound that is about to be stored was decided by the present members: a new one has to hear of it at once, since
  // it may have to start over, and what it has before does not count.
  if (output_.tombstone_bound) {
    FULMAR_MARK("raft: change of members waits for a bound");
    return;
  }
  const auto& now_in_force = configuration();
  if (now_in_force.joint()) {
    FULMAR_MARK("raft: joint configuration left");
    auto learners = now_in_force.learners;
    return change_to({now_in_force.next_voters, {}, std::move(learners)});
  }
  if (!now_in_force.is_voter(self_)) {  // the leader has removed itself: the voter with the longest log takes over
    auto next = std::max_element(now_in_force.voters.begin(), now_in_force.voters.end(),
                                 [&](const auto& a, const auto& b) { return match_of(a) < match_of(b); });
    FULMAR_MARK("raft: removed leader hands over");
    send(*next, TimeoutNow{commit_});
    become_follower(state_.term, std::nullopt);
    return;
  }
  if (transfer_ || target_.empty()) return;
  if (target_ == now_in_force.voters) {
    if (now_in_force.learners != target_learners_) return change_to({now_in_force.voters, {}, target_learners_});
    target_.clear();
    return;
  }
  auto newcomers = without(target_, now_in_force.voters);
  // A voter that is to become a learner is removed from the voters first.
  auto standing = without(target_learners_, now_in_force.voters);
  std::vector<ReplicaId> learners;
  std::set_union(newcomers.begin(), newcomers.end(), standing.begin(), standing.end(), std::back_inserter(learners));
  if (learners != now_in_force.learners) {
    FULMAR_MARK("raft: learners added");
    return change_to({now_in_force.voters, {}, learners});
  }
  bool caught_up = std::all_of(newcomers.begin(), newcomers.end(), [&](const ReplicaId& id) {
    const auto* known = progress(id);
    // A damaged replica would be a voter that cannot vote.
    return known->damage() == 0 && known->feeding() == Feeding::replicate &&
           known->tombstone_bound() >= log_.tombstone_bound() && known->match() >= known->tombstone_bound() &&
           log_.end() - known->match() <= settings_.caught_up_lag &&
           now_ - known->heard_at() < settings_.election_timeout;
  });
  if (caught_up) {
    FULMAR_MARK("raft: joint configuration entered");
    change_to({now_in_force.voters, target_, standing});
  }
}

}  // namespace fulmar
