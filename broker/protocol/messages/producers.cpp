#include "broker/protocol/messages/producers.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, DescribeTransactionsRequest& m) {
  f("transactional_ids", m.transactional_ids);
}

template <class F>
void describe(F& f, DescribeTransactionsResponse::Transaction::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, DescribeTransactionsResponse::Transaction& m) {
  f("error_code", m.error_code);
  f("transactional_id", m.transactional_id);
  f("transaction_state", m.transaction_state);
  f("transaction_timeout_ms", m.transaction_timeout_ms);
  f("transaction_start_time_ms", m.transaction_start_time_ms);
  f("producer_id", m.producer_id);
  f("producer_epoch", m.producer_epoch);
  f("topics", m.topics);
}

template <class F>
void describe(F& f, DescribeTransactionsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("transaction_states", m.transaction_states);
}

template <class F>
void describe(F& f, ListTransactionsRequest& m) {
  f("state_filters", m.state_filters);
  f("producer_id_filters", m.producer_id_filters);
  f("duration_filter_ms", m.duration_filter_ms, {.since = 1});
  f("transactional_id_pattern", m.transactional_id_pattern, {.since = 2});
}

template <class F>
void describe(F& f, ListTransactionsResponse::Transaction& m) {
  f("transactional_id", m.transactional_id);
  f("producer_id", m.producer_id);
  f("transaction_state", m.transaction_state);
}

template <class F>
void describe(F& f, ListTransactionsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("unknown_state_filters", m.unknown_state_filters);
  f("transaction_states", m.transaction_states);
}

template <class F>
void describe(F& f, DescribeProducersRequest::Topic& m) {
  f("name", m.name);
  f("partition_indexes", m.partition_indexes);
}

template <class F>
void describe(F& f, DescribeProducersRequest& m) {
  f("topics", m.topics);
}

template <class F>
void describe(F& f, DescribeProducersResponse::Topic::Partition::Producer& m) {
  f("producer_id", m.producer_id);
  f("producer_epoch", m.producer_epoch);
  f("last_sequence", m.last_sequence);
  f("last_timestamp", m.last_timestamp);
  f("coordinator_epoch", m.coordinator_epoch);
  f("current_txn_start_offset", m.current_txn_start_offset);
}

template <class F>
void describe(F& f, DescribeProducersResponse::Topic::Partition& m) {
  f("index", m.index);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("active_producers", m.active_producers);
}

template <class F>
void describe(F& f, DescribeProducersResponse::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, DescribeProducersResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("topics", m.topics);
}

FULMAR_DEFINE_MESSAGE(DescribeTransactionsRequest);
FULMAR_DEFINE_MESSAGE(DescribeTransactionsResponse);
FULMAR_DEFINE_MESSAGE(ListTransactionsRequest);
FULMAR_DEFINE_MESSAGE(ListTransactionsResponse);
FULMAR_DEFINE_MESSAGE(DescribeProducersRequest);
FULMAR_DEFINE_MESSAGE(DescribeProducersResponse);

}  // namespace fulmar
