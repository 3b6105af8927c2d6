// Progress: what a leader knows of one follower, and how it sends the log to it (as in etcd's tracker). The modes:
//
//   probe      the offset where the logs agree is unknown: one append at a time, each reply moves `next`
//   replicate  the logs are expected to agree up to `next`: appends are sent without waiting for replies
//   catch_up   as replicate, but far behind: one append at a time, and the driver may throttle
//   start_over the follower needs offsets that the leader has deleted: it starts over at the leader's log start
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
  // `joined`: the configuration with which it became a member in this term.
  explicit Progress(Offset next, const ConfigurationMark& joined = {-1, -1}) : next_(next), joined_(joined) {}

  Feeding feeding() const { return feeding_; }
  Offset match() const { return match_; }  // the follower has stored this leader's log below it
  Offset next() const { return next_; }    // the next offset to send
  // The latest time when the follower is known to have followed this leader: when the last message that it answered
  // was sent.
  Instant heard_at() const { return watch_ ? std::max(heard_at_, watch_->heard_at) : heard_at_; }
  // When its last reply arrived: a busy follower replies late, but is alive.
  Instant answered_at() const { return watch_ ? std::max(answered_at_, watch_->heard_at) : answered_at_; }
  // The latest time (of the leader's clock) such that the follower has everything that the log had then. A quiesced
  // follower has everything.
  Instant caught_up_at() const { return watch_ ? std::max(caught_up_at_, watch_->heard_at) : caught_up_at_; }
  std::uint64_t damage() const { return damage_; }
  Offset log_start() const { return log_start_; }  // of its log, as it is stored
  // A reply to a message of `sent_at` said that its log begins there; to be called before heard(). It may be lower than
  // before, if damage has taken the file that has the log start.
  void begins_at(Offset log_start, Instant sent_at) {
    if (sent_at >= heard_at_) log_start_ = log_start;
  }
  // Whether its replies count: not if it does not know which terms it has seen, since it may have promised a later
  // leader not to follow this one.
  bool counts() const { return !promises_are_lost(damage_); }
  // Whether its log term (HardState::log_term) is this leader's term: else its acknowledgements do not count.
  bool is_of_term() const { return is_of_term_; }
  void log_is_of_term() { is_of_term_ = true; }
  // The configuration that it has said in this term to have stored.
  const ConfigurationMark& configuration() const { return configuration_; }
  void keeps(const ConfigurationMark& configuration) { configuration_ = configuration; }
  // Whether a reply by which it stores this configuration is from since it became a member. It may have been one before
  // in this term, and have started its log over since.
  bool is_member_by(const ConfigurationMark& configuration) const { return configuration >= joined_; }
  // As it has said in this term, of its log as stored; see LogView.
  Offset cleaned_to() const { return cleaned_to_; }
  Offset tombstone_bound() const { return tombstone_bound_; }
  // As begins_at(): to be called before heard().
  void is_clean(Offset cleaned_to, Offset tombstone_bound, Instant sent_at) {
    if (sent_at < heard_at_) return;
    cleaned_to_ = cleaned_to;
    tombstone_bound_ = tombstone_bound;
  }
  // When this leader learned of the damage.
  Instant damaged_at() const { return damaged_at_; }
  // The damage that is repaired; 0: none. The follower may be told so if counts(), or if a quorum of others vouches for
  // this leader.
  std::uint64_t healed() const { return damage_ != 0 && match_ >= repair_until_ ? damage_ : 0; }

  // Whether an append may be sent now, given the leader's log end.
  bool may_send(Offset log_end, const RaftSettings& settings) const;
  // An append of [next, end) was sent.
  void sent(Offset end, Instant now);

  // The follower answered a message that was sent at `sent_at` (of the leader's clock), and so was alive then.
  void heard(Instant sent_at, Instant now) {
    heard_at_ = std::max(heard_at_, sent_at);
    answered_at_ = now;
  }
  // match() is as of the reply to a message of `sent_at`; the leader's log ends at `log_end`.
  void note_caught_up(Instant sent_at, Offset log_end, Instant now);
  // It has stored everything below `match`.
  void matched(Offset match, Offset log_end, const RaftSettings& settings, Instant now);
  // Its log does not match before next(). The logs agree at `next` or below it.
  void probe_from(Offset next);
  void must_start_over() { become(Feeding::start_over); }
  // It lost a part of what it had stored, and has everything again when it matches `log_end`.
  void damaged(std::uint64_t damage, Offset log_end, Instant now);
  void repaired() { damage_ = 0; }
  // Messages in flight may be lost: sends them again.
  void lost() { probe_from(match_); }

  // -- Quiescence. The leader has asked the follower in this epoch; from now on it may be quiesced, even if its reply
  // is lost.
  void asked(const LivenessEpoch& epoch, Instant now);
  // Whether a reply to a message of `sent_at` answers a request that was sent since the group last woke.
  bool was_asked(const LivenessEpoch& epoch, Instant sent_at) const {
    return asked_in_ == epoch && sent_at >= asked_from_;
  }
  void quiesced(std::shared_ptr<const Watch> watch) { watch_ = std::move(watch); }
  bool is_quiesced() const { return watch_ != nullptr; }
  // Whether the leader has asked it to be quiesced, and nothing has woken the group since.
  bool is_asked() const { return is_quiesced() || asked_in_.has_value(); }
  bool watch_is_over() const { return watch_ && watch_->over; }
  void woken();
  // Its reply to a message of `sent_at` shows that it is not quiesced.
  void answered_awake(Instant sent_at) {
    if (sent_at > last_asked_at_) may_be_quiesced_ = false;
  }
  bool may_be_quiesced() const { return may_be_quiesced_; }

  // Whether no heartbeat has carried this commit index to it yet; records that one does now.
  bool take_untold(Offset commit) {
    bool untold = commit > told_commit_;
    told_commit_ = std::max(told_commit_, commit);
    return untold;
  }

  // Whether it has not answered an append that was sent at or before `at`.
  bool stalled_since(Instant at) const { return !in_flight_.empty() && moved_at_ <= at; }

 private:
  void become(Feeding feeding);

  Feeding feeding_ = Feeding::probe;
  Offset match_ = 0;
  Offset next_;
  std::deque<Offset> in_flight_;  // the ends of unanswered appends; bounded by RaftSettings
  Instant heard_at_ = long_ago;
  Instant answered_at_ = long_ago;
  Instant moved_at_ = long_ago;
  Instant caught_up_at_ = long_ago;
  Offset log_start_ = 0;
  bool is_of_term_ = false;
  ConfigurationMark joined_;
  ConfigurationMark configuration_ = {-1, -1};  // not known yet
  Offset cleaned_to_ = 0;
  Offset tombstone_bound_ = 0;
  // The log ended at mark_end_ at the time mark_at_: when the follower has that, it has caught up with that time.
  Offset mark_end_ = 0;
  Instant mark_at_ = long_ago;
  std::uint64_t damage_ = 0;
  Offset repair_until_ = 0;
  Instant damaged_at_ = long_ago;
  std::optional<LivenessEpoch> asked_in_;  // empty: not since the group was woken last
  Instant asked_from_ = long_ago;
  Instant last_asked_at_ = long_ago;
  bool may_be_quiesced_ = false;
  std::shared_ptr<const Watch> watch_;
  Offset told_commit_ = 0;
};

}  // namespace fulmar
