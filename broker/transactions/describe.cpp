// DescribeTransactions, ListTransactions (KIP-664, KIP-994, KIP-1152).
#include <algorithm>

#include "broker/transactions/coordinator.h"

namespace fulmar {

namespace {

// An empty filter accepts everything.
template <class T>
bool passes(const std::vector<T>& filter, const T& value) {
  return filter.empty() || std::ranges::find(filter, value) != filter.end();
}

}  // namespace

DescribeTransactionsResponse::Transaction TransactionCoordinator::describe(const std::string& transactional_id) const {
  DescribeTransactionsResponse::Transaction described;
  described.transactional_id = transactional_id;
  const auto* current = committed_state(transactional_id);
  if (transactional_id.empty())
    described.error_code = ErrorCode::invalid_request;
  else if (phase_ == Phase::loading)
    described.error_code = ErrorCode::coordinator_load_in_progress;
  else if (phase_ == Phase::resigned)
    described.error_code = ErrorCode::not_coordinator;
  else if (!current)
    described.error_code = ErrorCode::transactional_id_not_found;
  if (described.error_code != ErrorCode::none) return described;
  described.transaction_state = transaction_state_name(current->state);
  described.transaction_timeout_ms = current->timeout_ms;
  described.transaction_start_time_ms = current->started;
  described.producer_id = current->producer_id;
  described.producer_epoch = current->producer_epoch;
  for (const auto& [topic, indexes] : current->partitions)
    described.topics.push_back({topic, {indexes.begin(), indexes.end()}});
  return described;
}

std::expected<TransactionCoordinator::Page, ErrorCode> TransactionCoordinator::list(
    const ListTransactionsRequest& filters, const Matches& matches, const std::optional<std::string>& after,
    std::size_t limit, Timestamp now) const {
  if (phase_ == Phase::loading) return std::unexpected(ErrorCode::coordinator_load_in_progress);
  if (phase_ == Phase::resigned) return std::unexpected(ErrorCode::not_coordinator);
  Page page;
  std::size_t looked_at = 0;
  auto entry = after ? entries_.upper_bound(*after) : entries_.begin();
  for (; entry != entries_.end() && looked_at < limit; ++entry, ++looked_at) {
    page.last = entry->first;
    if (!entry->second.current) continue;
    const auto& current = *entry->second.current;
    std::string state = transaction_state_name(current.state);
    if (!passes(filters.producer_id_filters, current.producer_id)) continue;
    if (!passes(filters.state_filters, state)) continue;
    if (filters.duration_filter_ms >= 0 && now - current.started <= filters.duration_filter_ms) continue;
    if (matches && !matches(entry->first)) continue;
    page.transactions.push_back({entry->first, current.producer_id, state});
  }
  if (entry == entries_.end()) page.last.reset();
  return page;
}

TransactionCoordinator::OpenTransactions TransactionCoordinator::open_transactions(
    const std::optional<std::string>& after, std::size_t limit) const {
  OpenTransactions open;
  auto entry = after ? entries_.upper_bound(*after) : entries_.begin();
  for (; entry != entries_.end() && limit > 0; ++entry, --limit) {
    open.last = entry->first;
    ++open.looked_at;
    const auto& current = entry->second.current;
    if (!current || (current->state != TransactionState::ongoing && !current->prepared())) continue;
    ++open.count;
    open.oldest = std::min(open.oldest, current->started);
  }
  if (entry == entries_.end()) open.last.reset();
  return open;
}

AllUnderWay TransactionCoordinator::under_way() const {
  AllUnderWay all;
  for (const auto& [id, entry] : entries_)
    if (entry.current && entry.current->prepared()) all.emplace(id, UnderWay::transaction_end);
  return all;
}

}  // namespace fulmar
