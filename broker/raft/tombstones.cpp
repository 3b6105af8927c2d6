// How far compaction may remove tombstones, so that no replica brings deleted records back (docs/raft.md,
// "Tombstones").
//
// Each replica is *clean* up to an offset (LogView::cleaned_to()), and stores a *bound* (LogView::tombstone_bound()):
// its log has no record below that a tombstone below deletes, unless that tombstone is there as well. The leader raises
// its own once all members are clean so far, and the others follow; below what all have stored, tombstones may go.
#include <algorithm>

#include "broker/raft/raft.h"

namespace fulmar {

// Whether the log here may have records whose tombstones the others may have removed by now: it was compacted last
// while this replica was no member, or damage has taken what it knew of that. So may a log that was begun anew, and
// that does not reach its bound yet, once it is filled by a leader of another bound. A voter's log was looked at when
// it became one.
bool Raft::may_hold_deleted(Offset bound) const {
  if (configuration().is_voter(self_) && state_.damage == 0) return false;
  const auto own = log_.tombstone_bound();
  if (log_.end() < own && bound != own) return true;
  return bound > own && bound > log_.cleaned_to();
}

// A follower hears how far tombstones may be gone. It keeps that only as far as it is clean itself: what its leader
// relies on.
void Raft::hear_tombstones(Offset bound, Offset removable) {
  removable_ = std::max(removable_, std::min(removable, log_.tombstone_bound()));
  if (bound > log_.tombstone_bound() && bound <= log_.cleaned_to()) output_.tombstone_bound = bound;
}

// Two steps. Once all members are clean below an offset, and no earlier configuration can elect anybody any more, it
// becomes the bound, which each member stores. Once all have, tombstones below may go: whoever leads next knows it. Who
// has begun its log anew has stored a bound, but counts only once it is clean itself.
void Raft::consider_tombstones() {
  const auto bound = log_.tombstone_bound();
  auto clean = log_.cleaned_to(), stored = std::min(bound, clean);
  if (clean <= removable_) return;
  for (const auto& [id, progress] : peers_) {
    if (progress.configuration() != state_.configuration.mark || progress.damage() != 0) return;
    clean = std::min(clean, progress.cleaned_to());
    stored = std::min({stored, progress.cleaned_to(), progress.tombstone_bound()});
  }
  bool moves = clean > bound || stored > removable_;
  if (!moves || !(state_.solo || configuration_settled())) return;
  removable_ = std::max(removable_, stored);
  if (clean > bound) output_.tombstone_bound = clean;
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
    // Unasked: a group that is at rest would not hear of it.
    send(*leader_, alive(watch_ ? quiesced_by_ : latest_sent_at_));
  }
}

}  // namespace fulmar
