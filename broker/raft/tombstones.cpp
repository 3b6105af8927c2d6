// How far compaction may remove tombstones and the markers of transactions, so that no replica brings deleted records
// back, or has a transaction that never ends (docs/raft.md, "Tombstones and markers").
//
// Each replica is *clean* up to an offset (LogView::cleaned_to()), and stores a *bound* (LogView::tombstone_bound()):
// below the bound, its log has no record that a tombstone below the bound deletes, unless it has that tombstone too,
// and no record that is part of a transaction. The leader raises its bound once all members are clean up to there, and
// the followers store it; tombstones and markers below the lowest stored bound may be removed.
#include <algorithm>

#include "broker/raft/raft.h"
#include "runtime/base/mark.h"

namespace fulmar {

// Whether this log may have records whose tombstones other replicas may have removed. That is so if it was last
// compacted before this replica left the group, or if damage took its bound; and if the log was begun anew, does not
// reach its bound yet, and is now replicated from a leader with another bound. An undamaged voter passed this check
// before it became a voter.
bool Raft::may_hold_deleted(Offset bound) const {
  if (configuration().is_voter(self_) && state_.damage == 0) return false;
  const auto own = log_.tombstone_bound();
  if (log_.end() < own && bound != own) {
    FULMAR_MARK("raft: begun anew under another bound");
    return true;
  }
  return bound > own && bound > log_.cleaned_to();
}

// A follower receives the leader's bound. It stores a bound only if it is clean up to there: the leader relies on that.
void Raft::hear_tombstones(Offset bound, Offset removable) {
  removable_ = std::max(removable_, std::min(removable, log_.tombstone_bound()));
  if (bound > log_.tombstone_bound() && bound <= log_.cleaned_to()) {
    FULMAR_MARK("raft: bound of tombstones heard");
    output_.tombstone_bound = bound;
  }
}

// Two steps. Once all members are clean up to an offset, and no earlier configuration can elect a leader any more, that
// offset becomes the bound, which each member stores. Once all have stored it, tombstones below it may be removed:
// every later leader has it. A replica whose log was begun anew has the leader's bound at once, but counts only as far
// as it is clean.
void Raft::consider_tombstones() {
  const auto bound = log_.tombstone_bound();
  auto clean = log_.cleaned_to(), stored = std::min(bound, clean);
  if (clean <= removable_) return;
  for (const auto& [id, progress] : peers_) {
    if (progress.configuration() != state_.configuration.mark || progress.damage() != 0) {
      FULMAR_MARK("raft: tombstones wait for a member");
      return;
    }
    clean = std::min(clean, progress.cleaned_to());
    stored = std::min({stored, progress.cleaned_to(), progress.tombstone_bound()});
  }
  bool moves = clean > bound || stored > removable_;
  if (!moves || !(state_.solo || configuration_settled())) return;
  removable_ = std::max(removable_, stored);
  if (clean > bound) {
    FULMAR_MARK("raft: bound of tombstones raised");
    output_.tombstone_bound = clean;
  }
  busy_at_ = heartbeat_at_ = now_;
  wake();
}

void Raft::cleaned(Instant now) {
  begin(now);
  if (role_ == Role::leader) {
    busy_at_ = now;
    wake();
    lead_on();
  } else if (role_ == Role::follower && leader_) {
    // Without a heartbeat to answer: a quiesced group has none.
    send(*leader_, alive(watch_ ? quiesced_by_ : latest_sent_at_));
  }
}

}  // namespace fulmar
