#include "broker/raft/progress.h"

#include <algorithm>

#include "runtime/base/assert.h"

namespace fulmar {

void Progress::become(Feeding feeding) {
  feeding_ = feeding;
  in_flight_.clear();
}

bool Progress::may_send(Offset log_end, const RaftSettings& settings) const {
  switch (feeding_) {
    // also if there is nothing to send: the append asks where the logs agree
    case Feeding::probe: return in_flight_.empty();
    case Feeding::replicate:
      return next_ < log_end && in_flight_.size() < static_cast<std::size_t>(settings.appends_in_flight_max);
    case Feeding::catch_up: return next_ < log_end && in_flight_.empty();
    case Feeding::start_over: return in_flight_.empty();
  }
  FULMAR_UNREACHABLE();
}

void Progress::sent(Offset end, Instant now) {
  FULMAR_ASSERT(end >= next_ || feeding_ == Feeding::start_over);
  if (in_flight_.empty()) moved_at_ = now;
  in_flight_.push_back(end);
  if (feeding_ == Feeding::replicate || feeding_ == Feeding::catch_up) next_ = end;
}

void Progress::matched(Offset match, Offset log_end, const RaftSettings& settings, Instant now) {
  bool moved = match > match_;
  match_ = std::max(match_, match);
  next_ = std::max(next_, match_);
  if (feeding_ == Feeding::probe || feeding_ == Feeding::start_over) {
    become(log_end - match_ > settings.catch_up_lag ? Feeding::catch_up : Feeding::replicate);
    next_ = match_;
  } else {
    while (!in_flight_.empty() && in_flight_.front() <= match_) in_flight_.pop_front();
    if (feeding_ == Feeding::catch_up && log_end - match_ <= settings.catch_up_lag) feeding_ = Feeding::replicate;
  }
  if (moved) moved_at_ = now;
}

void Progress::note_caught_up(Instant sent_at, Offset log_end, Instant now) {
  if (match_ < mark_end_) return;
  caught_up_at_ = std::max(caught_up_at_, match_ >= log_end ? sent_at : mark_at_);
  mark_end_ = log_end;
  mark_at_ = now;
}

void Progress::probe_from(Offset next) {
  become(Feeding::probe);
  next_ = next;
  match_ = std::min(match_, next);
}

void Progress::damaged(std::uint64_t damage, Offset log_end, Instant now) {
  if (damage == damage_) return;
  damage_ = damage;
  is_of_term_ = false;
  damaged_at_ = now;
  caught_up_at_ = long_ago;
  mark_end_ = log_end;
  mark_at_ = long_ago;
  repair_until_ = std::max(log_end, next_);
  probe_from(0);
}

void Progress::asked(const LivenessEpoch& epoch, Instant now) {
  if (asked_in_ != epoch) asked_from_ = now;
  asked_in_ = epoch;
  last_asked_at_ = now;
  may_be_quiesced_ = true;
}

void Progress::woken() {
  heard_at_ = heard_at();
  answered_at_ = answered_at();
  caught_up_at_ = caught_up_at();
  watch_.reset();
  asked_in_.reset();
}

}  // namespace fulmar
