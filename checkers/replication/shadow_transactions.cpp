#include "checkers/replication/shadow_transactions.h"

#include <algorithm>

namespace fulmar {

void ShadowTransactions::note(Offset base, ProducerId producer, std::int16_t epoch, bool is_marker) {
  auto& latest = epochs_[producer];
  latest = std::max(latest, epoch);
  auto open = open_.find(producer);
  if (!is_marker && open == open_.end()) {
    open_.emplace(producer, base);
    transactions_.emplace(base, -1);
  } else if (is_marker && open != open_.end()) {
    transactions_[open->second] = base;
    open_.erase(open);
  }
}

std::int16_t ShadowTransactions::epoch_of(ProducerId producer) const {
  auto known = epochs_.find(producer);
  return known == epochs_.end() ? std::int16_t{-1} : known->second;
}

void ShadowTransactions::clear() {
  epochs_.clear();
  open_.clear();
  transactions_.clear();
}

Offset ShadowTransactions::stable_end(Offset committed) {
  std::erase_if(transactions_, [&](const auto& one) { return one.second >= 0 && one.second < committed; });
  return transactions_.empty() ? committed : std::min(committed, transactions_.begin()->first);
}

}  // namespace fulmar
