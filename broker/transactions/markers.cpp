// Markers: once a transaction's end is decided they are written to its partitions; when all have them, it is complete.
#include "broker/transactions/coordinator.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {

void TransactionCoordinator::begin_marking(const std::string& id, Entry& entry) {
  entry.unmarked = entry.current->partitions;
  entry.times_out = Instant::max();
  if (!entry.unmarked.empty()) to_mark_.insert(id);
  // Without partitions it is completed by the timer that schedule() sets.
}

std::vector<TransactionMarkers> TransactionCoordinator::unmarked(const std::optional<std::string>& after,
                                                                 std::size_t limit) const {
  std::vector<TransactionMarkers> markers;
  auto id = after ? to_mark_.upper_bound(*after) : to_mark_.begin();
  for (; id != to_mark_.end() && markers.size() < limit; ++id) {
    const auto& entry = entries_.at(*id);
    const auto& current = *entry.current;
    bool commits = current.state == TransactionState::prepare_commit;
    markers.push_back({*id, current.producer_id, current.producer_epoch,
                       commits ? TransactionEnd::commit : TransactionEnd::abort,
                       current.client_version >= 2 ? TransactionVersion::v2 : TransactionVersion::v0, entry.unmarked});
  }
  return markers;
}

void TransactionCoordinator::marked(const TransactionMarkers& markers, CoordinatorTime now) {
  auto* entry = find(markers.transactional_id);
  // May be a late answer for a transaction that is complete.
  if (phase_ != Phase::active || !entry || !entry->current || !entry->current->prepared() ||
      entry->current->producer_id != markers.producer_id || entry->current->producer_epoch != markers.producer_epoch) {
    FULMAR_MARK("transactions: late answer about markers");
    return;
  }
  bool waiting = !entry->unmarked.empty();
  for (const auto& [topic, indexes] : markers.partitions) {
    auto left = entry->unmarked.find(topic);
    if (left == entry->unmarked.end()) continue;
    for (auto index : indexes) left->second.erase(index);
    if (left->second.empty()) entry->unmarked.erase(left);
  }
  if (!waiting || !entry->unmarked.empty()) {
    FULMAR_MARK("transactions: some markers are missing still");
    return;
  }
  to_mark_.erase(markers.transactional_id);
  complete(markers.transactional_id, *entry, now);
}

void TransactionCoordinator::complete(const std::string& id, Entry& entry, CoordinatorTime now) {
  FULMAR_ASSERT(entry.current->prepared() && entry.unmarked.empty());
  append(id, entry, entry.current->completed(now.wall), std::nullopt);
}

}  // namespace fulmar
