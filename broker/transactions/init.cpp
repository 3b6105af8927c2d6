// InitProducerId: a producer takes over a transactional id, or goes on with it after an error (KIP-360).
#include "broker/transactions/coordinator.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

// The longest string, in bytes, in a record's key.
constexpr std::size_t transactional_id_max = 32'767;

// Whether the producer may own the transactional id: it names the current producer id, or the one before, if that has
// no epochs left and the client has not received the next.
bool may_be(const Transaction& current, const ProducerClaim& producer) {
  return producer.producer_id == current.producer_id ||
         (producer.producer_id == current.previous_producer_id && producer.producer_epoch >= producer_epoch_max - 1);
}

}  // namespace

void TransactionCoordinator::init(TransactionToken token, const ProducerClaim& producer, std::int32_t timeout_ms,
                                  std::optional<ProducerId> fresh_id, CoordinatorTime now) {
  if (auto error = not_serving()) return refuse(token, *error);
  const auto& id = producer.transactional_id;
  if (id.empty() || id.size() > transactional_id_max) return refuse(token, ErrorCode::invalid_request);
  if (timeout_ms <= 0 || timeout_ms > settings_.timeout_max.count())
    return refuse(token, ErrorCode::invalid_transaction_timeout);
  bool goes_on = producer.producer_id != no_producer_id;

  auto* entry = find(id);
  if (!entry || !entry->current) {
    if (entry) {
      FULMAR_MARK("transactions: first record not committed yet");
      return refuse(token, ErrorCode::concurrent_transactions);
    }
    if (!fresh_id) return need_producer_id(token);
    Transaction first;
    first.producer_id = *fresh_id;
    auto next = first.with_next_epoch(timeout_ms, false, now.wall);
    return append(id, entries_[id], next, TransactionAnswer{token, ErrorCode::none, next.producer_id, 0});
  }
  const auto& current = *entry->current;
  if (entry->change) return refuse(token, ErrorCode::concurrent_transactions);
  if (current.prepared()) {
    FULMAR_MARK("transactions: take-over waits for the markers");
    return refuse(token, ErrorCode::concurrent_transactions);
  }
  if (goes_on && !may_be(current, producer)) {
    FULMAR_MARK("transactions: stranger goes on");
    return refuse(token, ErrorCode::producer_fenced);
  }
  if (current.state == TransactionState::ongoing) {
    // The previous producer is fenced first; the client retries.
    FULMAR_MARK("transactions: open transaction taken from its producer");
    note(id, "its open transaction is aborted for a producer that takes over");
    return fence(id, *entry, TransactionAnswer{.token = token, .error = ErrorCode::concurrent_transactions}, now);
  }
  Transaction next;
  if (goes_on && producer.producer_epoch != current.producer_epoch) {
    // The client may not have received an earlier answer; no other producer can have taken over since.
    bool repeated = current.last_producer_epoch >= 0 && producer.producer_epoch == current.last_producer_epoch;
    if (!repeated) {
      FULMAR_MARK("transactions: producer of a past epoch goes on");
      return refuse(token, ErrorCode::producer_fenced);
    }
    FULMAR_MARK("transactions: InitProducerId repeated");
    next = current;
    next.state = TransactionState::empty;
    next.started = -1;
    next.timeout_ms = timeout_ms;
    next.updated = now.wall;
  } else if (current.epochs_used_up()) {
    if (!fresh_id) return need_producer_id(token);
    FULMAR_MARK("transactions: next producer id");
    next = current.with_producer(*fresh_id, timeout_ms, goes_on, now.wall);
  } else {
    next = current.with_next_epoch(timeout_ms, goes_on, now.wall);
  }
  append(id, *entry, next, TransactionAnswer{token, ErrorCode::none, next.producer_id, next.producer_epoch});
}

}  // namespace fulmar
