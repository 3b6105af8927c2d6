// Removes transactional ids that are no longer used, in rounds, a slice per tick.
#include "broker/transactions/coordinator.h"
#include "runtime/base/mark.h"

namespace fulmar {

void TransactionCoordinator::expire_slice(CoordinatorTime now) {
  auto entry = expire_cursor_ ? entries_.lower_bound(*expire_cursor_) : entries_.begin();
  auto full = [this] { return pending_.size() >= settings_.uncommitted_max; };
  for (std::size_t looked_at = 0; entry != entries_.end() && looked_at < settings_.cleanup_slice && !full();
       ++looked_at, ++entry) {
    auto& [id, state] = *entry;
    if (state.in_transition() || state.current->state == TransactionState::ongoing) continue;
    Timestamp age = 0;
    if (__builtin_sub_overflow(now.wall, state.current->updated, &age) || age < settings_.id_expiration.count())
      continue;
    FULMAR_MARK("transactions: transactional id expired");
    append(id, state, std::nullopt, std::nullopt);
  }
  // If too many changes are uncommitted, the rest is left to the next round.
  if (entry != entries_.end() && !full()) {
    expire_cursor_ = entry->first;
    return;
  }
  expire_cursor_.reset();
  next_expiration_ = now.instant + settings_.id_expiration_check_interval;
}

}  // namespace fulmar
