// Elections: pre-vote, vote, and the leases that make a vote wait (Raft §5.2, §5.4.1; thesis §4.2.3, §9.6).
#include <algorithm>

#include "broker/raft/raft.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {

// Whether a leader may still hold its lease: then vote requests are not considered.
bool Raft::hears_leader() const {
  if (role_ == Role::leader) return lease_until() > now_;
  return now_ - leader_heard_at() < settings_.election_timeout;
}

// A log of a later log term has everything committed before that term (docs/raft.md). A candidate with an earlier
// configuration is refused: once enough replicas have a later one, nobody may be elected by the earlier.
bool Raft::up_to_date(const VoteRequest& request) const {
  if (request.configuration < state_.configuration.mark) {
    FULMAR_MARK("raft: candidate with an earlier configuration refused");
    return false;
  }
  if (request.log_term != state_.log_term) {
    FULMAR_MARK("raft: logs of different log terms compared");
    return request.log_term > state_.log_term;
  }
  return request.log_end >= log_.end();
}

void Raft::stand(bool pre_vote, bool transfer) {
  end_quiescence(false);
  role_ = pre_vote ? Role::pre_candidate : Role::candidate;
  leader_.reset();
  leaders_start_.reset();
  verified_ = 0;
  term_start_.reset();
  pending_.reset();
  votes_.clear();
  forget_peers();
  transfer_.reset();
  target_.clear();
  standing_by_transfer_ = transfer;
  start_owed_ = 0;
  if (!pre_vote) {
    reset_election_timer();
    ++state_.term;
    state_.vote = self_;
    store();
  }
  votes_[self_] = true;
  auto term = state_.term + (pre_vote ? 1 : 0);
  for (const auto& id : configuration().all_voters())
    if (id != self_)
      send(id, VoteRequest{log_.end(), state_.log_term, pre_vote, transfer, state_.configuration.mark}, term);
  count_votes();
}

void Raft::count_votes() {
  auto said = [&](bool what) {
    return configuration().has_quorum([&](const ReplicaId& id) {
      auto found = votes_.find(id);
      return found != votes_.end() && found->second == what;
    });
  };
  if (said(true)) {
    if (role_ == Role::pre_candidate) {
      FULMAR_MARK("raft: pre-vote won");
      stand(false, standing_by_transfer_);
    } else if (start_owed_ > log_.end() && !settings_.commits_are_stable) {
      FULMAR_MARK("raft: winner begins where the others do");
      begin_where_others_do();
    } else {
      become_leader();
    }
  } else if (said(false)) {
    FULMAR_MARK("raft: election lost");
    become_follower(state_.term, std::nullopt);
  }
}

// Power losses took this log's tail (page cache only), and everything that is left was deleted: the voters' logs begin
// above its end. The replica starts its log over there before it leads.
void Raft::begin_where_others_do() {
  output_.start_over = StartOver{start_owed_, last_epoch(), state_.configuration, start_owed_, now_};
  pending_ = Pending{start_owed_, start_owed_, now_};
}

void Raft::on(const Message& message, const VoteRequest& request) {
  // A damaged replica may have lost a vote that it gave, so it does not vote.
  if (state_.damage != 0) {
    FULMAR_MARK("raft: damaged replica asked for its vote");
    return;
  }
  // A candidate with an earlier configuration is sent the later one: perhaps no other live replica has it.
  std::optional<MarkedConfiguration> later;
  if (request.configuration < state_.configuration.mark) later = state_.configuration;
  if (request.pre_vote) {
    bool granted = message.term > state_.term && up_to_date(request);
    send(message.from, VoteReply{true, granted, log_.start(), later}, granted ? message.term : state_.term);
    return;
  }
  bool free = !state_.vote || state_.vote == message.from;
  bool granted = role_ == Role::follower && !leader_ && free && up_to_date(request);

  if (granted) {
    if (!state_.vote) {
      state_.vote = message.from;
      store();
    }
    reset_election_timer();
  }
  if (role_ == Role::candidate) {
    FULMAR_MARK("raft: split vote");
    stand_again_soon();  // a split vote may elect nobody
  }
  send(message.from, VoteReply{false, granted, log_.start(), later});
}

// Takes the voter's configuration if that is later; a candidate then gives up this election, and stands again under the
// later one. The configuration is valid whatever the reply's term. (A reply that grants a pre-vote in a later term
// carries none.)
bool Raft::learn_from(const VoteReply& reply) {
  if (role_ == Role::leader || !reply.configuration || reply.configuration->mark <= state_.configuration.mark)
    return false;
  if (!is_possible(*reply.configuration)) return false;
  if (role_ != Role::follower) {
    FULMAR_MARK("raft: candidate gives up for a later configuration");
    become_follower(state_.term, std::nullopt);
  }
  take(reply.configuration);
  return true;
}

void Raft::on(const Message& message, const VoteReply& reply) {
  if (learn_from(reply)) return;
  if (role_ == Role::pre_candidate) {
    // A granted pre-vote is for the next term.
    if (!reply.pre_vote || (reply.granted && message.term != state_.term + 1)) return;
  } else if (role_ != Role::candidate || reply.pre_vote) {
    return;
  }
  if (!configuration().is_voter(message.from)) {
    FULMAR_MARK("raft: vote of no voter");
    return;
  }
  votes_[message.from] = reply.granted;
  if (role_ == Role::candidate && reply.granted) start_owed_ = std::max(start_owed_, reply.log_start);
  count_votes();
}

void Raft::on(const Message& message, const TimeoutNow& body) {
  if (role_ != Role::follower || leader_ != message.from || !may_stand()) return;
  commit_to(std::min(body.commit, verified_));
  FULMAR_MARK("raft: stands by transfer");
  stand(false, true);
}

}  // namespace fulmar
