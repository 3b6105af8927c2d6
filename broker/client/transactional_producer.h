// TransactionalProducer: writes to several partitions, and commits the offsets of groups, all or none (KIP-98,
// KIP-447). A transaction begins with its first write, and ends with end(). init() takes over the transactional id: it
// fences the previous producer, and aborts its open transaction.
//
// Retriable errors are retried for the cluster client's patience. After any other error, or when the patience ends,
// call init(), which aborts the open transaction: a batch may be written or not.
//
// Without an epoch for each transaction, a request without a response is not sent again if a late copy could become
// part of the next transaction: it fails with UNKNOWN_SERVER_ERROR, and init() fences it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/client/group_admin.h"
#include "broker/protocol/record_builder.h"

namespace fulmar {

struct TransactionalProducerOptions {
  std::string transactional_id;
  std::int32_t timeout_ms = 60'000;  // then the coordinator aborts the open transaction
  // Whether each transaction has its own epoch, and writing adds partitions to it (KIP-890).
  bool epoch_per_transaction = true;
};

// The consumer whose offsets are committed, if it is a member of the group.
struct CommittingMember {
  std::string id;
  std::int32_t generation = -1;
  std::optional<std::string> instance_id;
};

class TransactionalProducer {
 public:
  TransactionalProducer(Host& host, ClusterClient& cluster, TransactionalProducerOptions options)
      : host_(host), cluster_(cluster), options_(std::move(options)) {}

  // Takes over the transactional id. To be called first, and after an error. Errors: INVALID_TRANSACTION_TIMEOUT and
  // others of the coordinator.
  Answer<void> init();
  // Writes one batch to one partition with acks=all. Returns its base offset. Errors: INVALID_PRODUCER_EPOCH,
  // PRODUCER_FENCED: another producer has taken over; those of Produce and AddPartitionsToTxn.
  Answer<Offset> send(const std::string& topic, std::int32_t partition, const std::vector<Record>& records);
  // Errors: as send(); ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID: the group has rebalanced.
  Answer<void> commit_offsets(const std::string& group, const GroupOffsets& offsets,
                              const CommittingMember& member = {});
  // Errors: as send(); INVALID_TXN_STATE. Without a response, the transaction may have ended in this way.
  Answer<void> end(bool commit);

  ProducerId producer_id() const { return producer_id_; }
  std::int16_t producer_epoch() const { return producer_epoch_; }

 private:
  template <class Response, class Request, class Error>
  Answer<Response> ask_coordinator(const Request& request, std::int16_t version_max, Error&& error_of);
  template <class Response, class Request>
  Answer<Response> call(const Brokers::Connection& to, const Request& request, Deadline deadline,
                        std::int16_t version_max) const;
  Answer<void> add_partition(const std::string& topic, std::int32_t partition);
  Answer<void> add_group(const std::string& group);

  Host& host_;
  ClusterClient& cluster_;
  const TransactionalProducerOptions options_;
  ProducerId producer_id_ = no_producer_id;
  std::int16_t producer_epoch_ = -1;
  std::map<PartitionName, std::int32_t> sequences_;  // the next one of each partition, in this epoch
  std::set<PartitionName> added_;                    // to the open transaction
  std::set<std::string> groups_added_;
  bool open_ = false;
};

}  // namespace fulmar
