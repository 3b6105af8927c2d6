// TransactionalProducer: writes to several partitions, and commits offsets of groups, all or none (KIP-98, KIP-447). A
// transaction begins with the first thing written, and ends with end(). Who takes over the same transactional id by
// init() shuts out whoever had it before, and aborts what that one has left open.
//
// What is retriable is retried for as long as the cluster client's patience lasts. After another error, or none within
// that time, what is open is to be ended by init(), which aborts it: a batch may be written or not.
//
// Without an epoch for each transaction, a request that was not answered is not sent again if it could be taken for one
// of the next transaction, should it come late: UNKNOWN_SERVER_ERROR, and init() shuts it out.
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
  std::int32_t timeout_ms = 60'000;  // after which the coordinator aborts what is open
  // Each transaction has an epoch of its own, and writing adds partitions to it (KIP-890); else as clients did before.
  bool epoch_per_transaction = true;
};

// Of the group that offsets are committed for, if its consumer is a member of it.
struct CommittingMember {
  std::string id;
  std::int32_t generation = -1;
  std::optional<std::string> instance_id;
};

class TransactionalProducer {
 public:
  TransactionalProducer(Host& host, ClusterClient& cluster, TransactionalProducerOptions options)
      : host_(host), cluster_(cluster), options_(std::move(options)) {}

  // Takes over the transactional id. Before all else, and after an error. Errors: INVALID_TRANSACTION_TIMEOUT and
  // others of the coordinator.
  Answer<void> init();
  // One batch to one partition, acknowledged by all. Where it is. Errors: INVALID_PRODUCER_EPOCH, PRODUCER_FENCED:
  // another has taken over; those of Produce and AddPartitionsToTxn.
  Answer<Offset> send(const std::string& topic, std::int32_t partition, const std::vector<Record>& records);
  // Errors: as send(); ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID: the group has gone on.
  Answer<void> commit_offsets(const std::string& group, const GroupOffsets& offsets,
                              const CommittingMember& member = {});
  // Errors: as send(); INVALID_TXN_STATE. After one that was not answered, it may have ended so.
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
  std::map<PartitionName, std::int32_t> sequences_;  // the next of each, in this epoch
  std::set<PartitionName> added_;                    // to the open transaction
  std::set<std::string> groups_added_;
  bool open_ = false;
};

}  // namespace fulmar
