#include "broker/protocol/messages/transactions.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, AddPartitionsToTxnRequest::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, AddPartitionsToTxnRequest::Transaction& m) {
  f("transactional_id", m.transactional_id);
  f("producer_id", m.producer_id);
  f("producer_epoch", m.producer_epoch);
  f("verify_only", m.verify_only);
  f("topics", m.topics);
}

template <class F>
void describe(F& f, AddPartitionsToTxnRequest& m) {
  f("transactions", m.transactions, {.since = 4});
  f("transactional_id", m.transactional_id, {.until = 3});
  f("producer_id", m.producer_id, {.until = 3});
  f("producer_epoch", m.producer_epoch, {.until = 3});
  f("topics", m.topics, {.until = 3});
}

template <class F>
void describe(F& f, AddPartitionsToTxnResponse::Topic::Partition& m) {
  f("index", m.index);
  f("error_code", m.error_code);
}

template <class F>
void describe(F& f, AddPartitionsToTxnResponse::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, AddPartitionsToTxnResponse::Transaction& m) {
  f("transactional_id", m.transactional_id);
  f("topics", m.topics);
}

template <class F>
void describe(F& f, AddPartitionsToTxnResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code, {.since = 4});
  f("transactions", m.transactions, {.since = 4});
  f("topics", m.topics, {.until = 3});
}

template <class F>
void describe(F& f, AddOffsetsToTxnRequest& m) {
  f("transactional_id", m.transactional_id);
  f("producer_id", m.producer_id);
  f("producer_epoch", m.producer_epoch);
  f("group_id", m.group_id);
}

template <class F>
void describe(F& f, AddOffsetsToTxnResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
}

template <class F>
void describe(F& f, TxnOffsetCommitRequest::Topic::Partition& m) {
  f("index", m.index);
  f("committed_offset", m.committed_offset);
  f("committed_leader_epoch", m.committed_leader_epoch, {.since = 2});
  f("committed_metadata", m.committed_metadata);
}

template <class F>
void describe(F& f, TxnOffsetCommitRequest::Topic& m) {
  f("name", m.name, {.until = 5});
  f("topic_id", m.topic_id, {.since = 6});
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, TxnOffsetCommitRequest& m) {
  f("transactional_id", m.transactional_id);
  f("group_id", m.group_id);
  f("producer_id", m.producer_id);
  f("producer_epoch", m.producer_epoch);
  f("generation_id_or_member_epoch", m.generation_id_or_member_epoch, {.since = 3});
  f("member_id", m.member_id, {.since = 3});
  f("group_instance_id", m.group_instance_id, {.since = 3});
  f("topics", m.topics);
}

template <class F>
void describe(F& f, TxnOffsetCommitResponse::Topic::Partition& m) {
  f("index", m.index);
  f("error_code", m.error_code);
}

template <class F>
void describe(F& f, TxnOffsetCommitResponse::Topic& m) {
  f("name", m.name, {.until = 5});
  f("topic_id", m.topic_id, {.since = 6});
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, TxnOffsetCommitResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("topics", m.topics);
}

template <class F>
void describe(F& f, EndTxnRequest& m) {
  f("transactional_id", m.transactional_id);
  f("producer_id", m.producer_id);
  f("producer_epoch", m.producer_epoch);
  f("committed", m.committed);
}

template <class F>
void describe(F& f, EndTxnResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("producer_id", m.producer_id, {.since = 5});
  f("producer_epoch", m.producer_epoch, {.since = 5});
}

template <class F>
void describe(F& f, WriteTxnMarkersRequest::Marker::Topic& m) {
  f("name", m.name);
  f("partition_indexes", m.partition_indexes);
}

template <class F>
void describe(F& f, WriteTxnMarkersRequest::Marker& m) {
  f("producer_id", m.producer_id);
  f("producer_epoch", m.producer_epoch);
  f("transaction_result", m.transaction_result);
  f("topics", m.topics);
  f("coordinator_epoch", m.coordinator_epoch);
  f("transaction_version", m.transaction_version, {.since = 2});
}

template <class F>
void describe(F& f, WriteTxnMarkersRequest& m) {
  f("markers", m.markers);
}

template <class F>
void describe(F& f, WriteTxnMarkersResponse::Marker::Topic::Partition& m) {
  f("index", m.index);
  f("error_code", m.error_code);
}

template <class F>
void describe(F& f, WriteTxnMarkersResponse::Marker::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, WriteTxnMarkersResponse::Marker& m) {
  f("producer_id", m.producer_id);
  f("topics", m.topics);
}

template <class F>
void describe(F& f, WriteTxnMarkersResponse& m) {
  f("markers", m.markers);
}

FULMAR_DEFINE_MESSAGE(AddPartitionsToTxnRequest);
FULMAR_DEFINE_MESSAGE(AddPartitionsToTxnResponse);
FULMAR_DEFINE_MESSAGE(AddOffsetsToTxnRequest);
FULMAR_DEFINE_MESSAGE(AddOffsetsToTxnResponse);
FULMAR_DEFINE_MESSAGE(TxnOffsetCommitRequest);
FULMAR_DEFINE_MESSAGE(TxnOffsetCommitResponse);
FULMAR_DEFINE_MESSAGE(EndTxnRequest);
FULMAR_DEFINE_MESSAGE(EndTxnResponse);
FULMAR_DEFINE_MESSAGE(WriteTxnMarkersRequest);
FULMAR_DEFINE_MESSAGE(WriteTxnMarkersResponse);

}  // namespace fulmar
