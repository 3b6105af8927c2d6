#include "broker/protocol/records/transaction_log.h"

#include "broker/protocol/describe.h"
#include "broker/protocol/records/coordinator_record_codec.h"

namespace fulmar {

template <class F>
void describe(F& f, TransactionLogKey& m) {
  f("transactional_id", m.transactional_id);
}

template <class F>
void describe(F& f, TransactionLogValue::Topic& m) {
  f("topic", m.topic);
  f("partition_ids", m.partition_ids);
}

template <class F>
void describe(F& f, TransactionLogValue& m) {
  f("producer_id", m.producer_id);
  f("producer_epoch", m.producer_epoch);
  f("transaction_timeout_ms", m.transaction_timeout_ms);
  f("transaction_status", m.transaction_status);
  f("transaction_partitions", m.transaction_partitions);
  f("transaction_last_update_timestamp_ms", m.transaction_last_update_timestamp_ms);
  f("transaction_start_timestamp_ms", m.transaction_start_timestamp_ms);
  f.tagged(0, "previous_producer_id", m.previous_producer_id, {.since = 1}, -1);
  f.tagged(1, "next_producer_id", m.next_producer_id, {.since = 1}, -1);
  f.tagged(2, "client_transaction_version", m.client_transaction_version, {.since = 1});
  f.tagged(3, "next_producer_epoch", m.next_producer_epoch, {.since = 1}, -1);
}

FULMAR_DEFINE_RECORD(TransactionLogKey);

namespace {

Result<TransactionLogValue> checked(Result<TransactionLogValue> value) {
  if (!value) return value;
  auto status = value->transaction_status;
  if (status < TransactionState::empty || status > TransactionState::prepare_epoch_fence)
    return fail(Errc::corrupt, "TransactionLogValue: transaction status " + std::to_string(static_cast<int>(status)) +
                                   " is not known");
  if (status != TransactionState::empty && !value->transaction_partitions)
    return fail(Errc::corrupt, "TransactionLogValue: a transaction that is not empty has no partitions");
  return value;
}

}  // namespace

Result<TransactionLogRecord> read_transaction_log_record(std::string_view key, std::optional<std::string_view> value) {
  Reader reader(Bytes::copy_of(key));
  FULMAR_TRY(auto type, read_prefix(reader, "key"));
  if (type != TransactionLogKey::type)
    return fail(Errc::unsupported, "record type " + std::to_string(type) + " is not known");
  TransactionLogRecord record;
  FULMAR_TRY(record.key, read_rest<TransactionLogKey>(reader, 0));
  if (value) {
    FULMAR_TRY(record.value, checked(read_record_value<TransactionLogValue>(*value)));
  }
  return record;
}

}  // namespace fulmar
