// EndTxn: a transaction's end is decided, by its producer or by the coordinator.
//
// In version 2 the decision raises the epoch, so that a repeated request is recognised by the epoch before; in older
// ones the epoch stays, and a repeated request looks like one that is too late (KIP-890).
#include "broker/transactions/coordinator.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

bool ended_so(const Transaction& current, TransactionEnd end) {
  return current.state ==
         (end == TransactionEnd::commit ? TransactionState::complete_commit : TransactionState::complete_abort);
}

// The transaction has ended: `none` if in the same way, so that the request is a repeated one.
ErrorCode repeated(const Transaction& current, TransactionEnd end) {
  return ended_so(current, end) ? ErrorCode::none : ErrorCode::invalid_txn_state;
}

}  // namespace

std::optional<ErrorCode> TransactionCoordinator::end_refused(const Entry& entry, const ProducerClaim& producer,
                                                             TransactionEnd end, TransactionVersion version) {
  const auto& current = *entry.current;
  bool open = current.state == TransactionState::ongoing;
  if (version == TransactionVersion::v0) {
    if (current.producer_id != producer.producer_id) return ErrorCode::invalid_producer_id_mapping;
    if (current.producer_epoch != producer.producer_epoch) {
      FULMAR_MARK("transactions: end by a fenced producer, v0");
      return ErrorCode::producer_fenced;
    }
    if (entry.change) return ErrorCode::concurrent_transactions;
    if (current.prepared()) {
      bool same = (current.state == TransactionState::prepare_commit) == (end == TransactionEnd::commit);
      return same ? ErrorCode::concurrent_transactions : ErrorCode::invalid_txn_state;
    }
    if (open) return std::nullopt;
    return repeated(current, end);
  }
  // Checked first: the change under way may make the producer valid.
  if (entry.in_transition()) {
    FULMAR_MARK("transactions: end while a change is under way");
    return ErrorCode::concurrent_transactions;
  }
  // The client has not received the answer: the epoch is the next, or the first of the next producer id.
  bool next_epoch =
      current.producer_epoch == producer.producer_epoch + 1 && current.producer_epoch < producer_epoch_max;
  bool next_id = current.previous_producer_id == producer.producer_id &&
                 producer.producer_epoch == producer_epoch_max - 1 && current.producer_epoch == 0;
  if (current.producer_id != producer.producer_id && !next_id) return ErrorCode::invalid_producer_id_mapping;
  if (current.complete() && (next_epoch || next_id)) {
    FULMAR_MARK("transactions: end repeated");
    return repeated(current, end);
  }
  if (current.producer_epoch != producer.producer_epoch || current.producer_id != producer.producer_id) {
    FULMAR_MARK("transactions: end by a fenced producer");
    return ErrorCode::producer_fenced;
  }
  // A transaction without partitions can be aborted: the client may not know whether it has any.
  if (open || end == TransactionEnd::abort) return std::nullopt;
  return ErrorCode::invalid_txn_state;
}

void TransactionCoordinator::end(TransactionToken token, const ProducerClaim& producer, TransactionEnd end,
                                 TransactionVersion version, std::optional<ProducerId> fresh_id, CoordinatorTime now) {
  if (auto error = not_serving()) return refuse(token, *error);
  const auto& id = producer.transactional_id;
  if (id.empty()) return refuse(token, ErrorCode::invalid_request);
  auto* entry = find(id);
  if (!entry) return refuse(token, ErrorCode::invalid_producer_id_mapping);
  // its first record is not committed yet
  if (!entry->current) return refuse(token, ErrorCode::concurrent_transactions);
  const auto& current = *entry->current;
  if (auto refused = end_refused(*entry, producer, end, version)) {
    if (*refused != ErrorCode::none) return refuse(token, *refused);
    output_.answers.push_back({token, ErrorCode::none, current.producer_id, current.producer_epoch});
    return;
  }
  bool new_id = version == TransactionVersion::v2 && current.epochs_used_up();
  if (new_id && current.producer_epoch == producer_epoch_max) return refuse(token, ErrorCode::producer_fenced);
  if (new_id && !fresh_id) {
    FULMAR_MARK("transactions: epochs used up at an end");
    return need_producer_id(token);
  }
  auto next = current.prepared_to(end, version, new_id ? *fresh_id : no_producer_id, now.wall);
  auto then = next.completed(now.wall);
  append(id, *entry, std::move(next), TransactionAnswer{token, ErrorCode::none, then.producer_id, then.producer_epoch});
}

void TransactionCoordinator::fence(const std::string& id, Entry& entry, std::optional<TransactionAnswer> answer,
                                   CoordinatorTime now) {
  FULMAR_ASSERT(entry.current->state == TransactionState::ongoing);
  FULMAR_MARK("transactions: aborted by the coordinator");
  auto next = entry.current->prepared_to(TransactionEnd::abort, TransactionVersion::v2, no_producer_id, now.wall);
  next.last_producer_epoch = -1;  // no InitProducerId may continue from there
  append(id, entry, std::move(next), answer);
}

}  // namespace fulmar
