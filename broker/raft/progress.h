// Progress: what a leader knows of one follower, and how it feeds it (as in etcd's tracker).
//
//   probe      where the logs agree is not known: one append at a time, each answer moves `next`
//   replicate  they agree up to `next`, by all that is known: appends follow each other without waiting
//   catch_up   as replicate, but far behind: one append at a time, and the driver throttles
//   start_over it needs what the leader's log has no more: it begins anew at the log's start
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>

#include "broker/raft/liveness.h"

namespace fulmar {

enum class Feeding : unsigned char { probe, replicate, catch_up, start_over };

class Progress {
 public:
  explicit Progress(Offset next) : next_(next) {}

  Feeding feeding() const { return feeding_; }
  Offset match() const { return match_; }  // kept by the follower, and the same as here
  Offset next() const { return next_; }    // what to send next
  // When the follower is known to have listened, at least: the sending of the last thing it answered.
  Instant heard_at() const { return watch_ ? std::max(heard_at_, watch_->heard_at) : heard_at_; }
  // When its last answer came: one that has much to do may be long about it, and is there all the same.
  Instant answered_at() const { return watch_ ? std::max(answered_at_, watch_->heard_at) : answered_at_; }
  // The latest moment (of the leader's clock) whose whole log it is known to have by now. Quiesced, it has everything.
  Instant caught_up_at() const { return watch_ ? std::max(caught_up_at_, watch_->heard_at) : caught_up_at_; }
  std::uint64_t damage() const { return damage_; }
  Offset log_start() const { return log_start_; }  // of its log, as it is kept
  // It said so in an answer to what was sent at `sent_at`; before heard(). Lower than before, once damage has taken
  // away what told where its log begins.
  void begins_at(Offset log_start, Instant sent_at) {
    if (sent_at >= heard_at_) log_start_ = log_start;
  }
  // Whether what it says counts: not if it does not know which terms it has seen. It may have promised a later leader
  // not to follow this one.
  bool counts() const { return !promises_are_lost(damage_); }
  // Whether its log is known to be of this leader's term (HardState::log_term): else what it keeps counts for nothing.
  bool is_of_term() const { return is_of_term_; }
  void log_is_of_term() { is_of_term_ = true; }
  // The configuration that it has said in this term to keep.
  const ConfigurationMark& configuration() const { return configuration_; }
  void keeps(const ConfigurationMark& configuration) { configuration_ = configuration; }
  // When this leader heard of the damage.
  Instant damaged_at() const { return damaged_at_; }
  // The damage that is made good, for the follower to be told, if counts() or others vouch for this leader; 0 if none
  // is.
  std::uint64_t healed() const { return damage_ != 0 && match_ >= repair_until_ ? damage_ : 0; }

  // Whether anything may be sent now, given the leader's log end.
  bool may_send(Offset log_end, const RaftSettings& settings) const;
  // An append of [next, end) was sent.
  void sent(Offset end, Instant now);

  // The follower answered something that was sent at `sent_at` (of the leader's clock), and so lived then.
  void heard(Instant sent_at, Instant now) {
    heard_at_ = std::max(heard_at_, sent_at);
    answered_at_ = now;
  }
  // Of what it answered the match is known now; the leader's log ends at `log_end`.
  void note_caught_up(Instant sent_at, Offset log_end, Instant now);
  // It keeps everything below `match`.
  void matched(Offset match, Offset log_end, const RaftSettings& settings, Instant now);
  // Its log does not have what precedes next(); the logs agree at `next` at the latest.
  void probe_from(Offset next);
  void must_start_over() { become(Feeding::start_over); }
  // It lost part of what it had kept, and has it all again once it matches `log_end`.
  void damaged(std::uint64_t damage, Offset log_end, Instant now);
  void repaired() { damage_ = 0; }
  // What is under way may be lost: sends it again.
  void lost() { probe_from(match_); }

  // -- Quiescence. The follower was asked in this epoch; it may be quiesced from now on, whatever becomes of its
  // answer.
  void asked(const LivenessEpoch& epoch, Instant now);
  // Whether an answer to what was sent at `sent_at` is one to an asking since which nothing has woken the group.
  bool was_asked(const LivenessEpoch& epoch, Instant sent_at) const {
    return asked_in_ == epoch && sent_at >= asked_from_;
  }
  void quiesced(std::shared_ptr<const Watch> watch) { watch_ = std::move(watch); }
  bool is_quiesced() const { return watch_ != nullptr; }
  bool watch_is_over() const { return watch_ && watch_->over; }
  void woken();
  // It answered as one that is awake what was sent at `sent_at`.
  void answered_awake(Instant sent_at) {
    if (sent_at > last_asked_at_) may_be_quiesced_ = false;
  }
  bool may_be_quiesced() const { return may_be_quiesced_; }

  // Whether no heartbeat has told it yet that up to there all is committed; from now on one has.
  bool take_untold(Offset commit) {
    bool untold = commit > told_commit_;
    told_commit_ = std::max(told_commit_, commit);
    return untold;
  }

  // Has waited for an answer to an append since this long ago, at least.
  bool stalled_since(Instant at) const { return !in_flight_.empty() && moved_at_ <= at; }

 private:
  void become(Feeding feeding);

  Feeding feeding_ = Feeding::probe;
  Offset match_ = 0;
  Offset next_;
  std::deque<Offset> in_flight_;  // the ends of the appends not answered; bounded by RaftSettings
  Instant heard_at_ = long_ago;
  Instant answered_at_ = long_ago;
  Instant moved_at_ = long_ago;
  Instant caught_up_at_ = long_ago;
  Offset log_start_ = 0;
  bool is_of_term_ = false;
  ConfigurationMark configuration_ = {-1, -1};  // not known yet
  // Where the log ended at a moment since: once it has that, it has caught up with that moment.
  Offset mark_end_ = 0;
  Instant mark_at_ = long_ago;
  std::uint64_t damage_ = 0;
  Offset repair_until_ = 0;
  Instant damaged_at_ = long_ago;
  std::optional<LivenessEpoch> asked_in_;  // since when the group was woken last
  Instant asked_from_ = long_ago;
  Instant last_asked_at_ = long_ago;
  bool may_be_quiesced_ = false;
  std::shared_ptr<const Watch> watch_;
  Offset told_commit_ = 0;
};

}  // namespace fulmar
