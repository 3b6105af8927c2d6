// InitProducerId of transactional producers, AddPartitionsToTxn, AddOffsetsToTxn, EndTxn: requests of producers, and of
// brokers that receive their batches, to a transaction's coordinator.
#include "broker/server/requests/transactions.h"

#include <set>

#include "broker/cluster/topic_name.h"
#include "broker/server/requests/access.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/producer_ids.h"
#include "broker/server/requests/request.h"
#include "broker/server/requests/topics.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

// Clients of older versions know INVALID_PRODUCER_EPOCH instead of PRODUCER_FENCED (KIP-588).
constexpr std::int16_t init_knows_fenced_since = 4;
constexpr std::int16_t others_know_fenced_since = 2;
// For valid partitions in a request that has invalid ones (OPERATION_NOT_ATTEMPTED).
constexpr ErrorCode operation_not_attempted{55};
constexpr Duration partition_work = nanoseconds(300);
constexpr std::int16_t several_transactions_since = 4;  // AddPartitionsToTxn (KIP-890)
constexpr std::int16_t next_epoch_since = 5;            // EndTxn: an epoch for each transaction (KIP-890)

ErrorCode known_to(ErrorCode error, std::int16_t version, std::int16_t knows_since) {
  return error == ErrorCode::producer_fenced && version < knows_since ? ErrorCode::invalid_producer_epoch : error;
}

// Asks the coordinator; if it needs a producer id, asks again with one.
template <class Ask>
TransactionAnswer ask_with_id(BrokerShard& shard, const std::string& transactional_id, const Ask& ask) {
  auto once = [&](std::optional<ProducerId> id) {
    return shard.transactions().ask(transactional_id, [&](TransactionCoordinator& transactions, TransactionToken token,
                                                          CoordinatorTime now) { ask(transactions, token, id, now); });
  };
  auto answer = once(std::nullopt);
  if (!answer.needs_producer_id) return answer;
  auto id = new_producer_id(shard);
  return id ? once(*id) : answer;
}

PartitionsByTopic partitions_of(const std::vector<AddPartitionsToTxnRequest::Topic>& topics) {
  PartitionsByTopic partitions;
  for (const auto& topic : topics) partitions[topic.name].insert(topic.partitions.begin(), topic.partitions.end());
  return partitions;
}

// Those of the partitions that do not exist; if there are any, none is added.
PartitionsByTopic unknown_of(const MetadataImage& image, const PartitionsByTopic& partitions) {
  PartitionsByTopic unknown;
  for (const auto& [name, indexes] : partitions) {
    const auto* topic = image.topic(name);
    for (auto index : indexes)
      if (!topic || index < 0 || index >= topic->partition_count()) unknown[name].insert(index);
  }
  return unknown;
}

bool has(const PartitionsByTopic& partitions, const std::string& topic, std::int32_t index) {
  auto found = partitions.find(topic);
  return found != partitions.end() && found->second.contains(index);
}

// Adds partitions to the transaction, or verifies them; one result for each. `denied`: topics that the client may not
// write to; then nothing is added.
std::vector<AddPartitionsToTxnResponse::Topic> add_or_verify(BrokerShard& shard,
                                                             const AddPartitionsToTxnRequest::Transaction& asked,
                                                             TransactionVersion version,
                                                             const std::set<std::string>& denied = {}) {
  ProducerClaim producer{asked.transactional_id, asked.producer_id, asked.producer_epoch};
  auto partitions = partitions_of(asked.topics);
  auto unknown = unknown_of(*shard.image(), partitions);
  auto error = ErrorCode::none;
  PartitionsByTopic missing;
  if (!unknown.empty() || !denied.empty()) {
    error = operation_not_attempted;
  } else if (asked.verify_only) {
    auto refused = ErrorCode::none;
    error = shard.transactions().read(asked.transactional_id, [&](const TransactionCoordinator& transactions) {
      auto said = transactions.missing(producer, partitions);
      if (said)
        missing = *said;
      else
        refused = said.error();
    });
    if (error == ErrorCode::none) error = refused;
  } else {
    error = shard.transactions()
                .ask(asked.transactional_id,
                     [&](TransactionCoordinator& transactions, TransactionToken token, CoordinatorTime now) {
                       transactions.add_partitions(token, producer, partitions, version, now);
                     })
                .error;
  }
  std::vector<AddPartitionsToTxnResponse::Topic> answered;
  for (const auto& topic : asked.topics) {
    auto& out = answered.emplace_back();
    out.name = topic.name;
    for (auto index : topic.partitions) {
      work_in_slices(partition_work);
      auto one = error;
      if (has(unknown, topic.name, index)) one = ErrorCode::unknown_topic_or_partition;
      if (has(missing, topic.name, index)) one = ErrorCode::transaction_abortable;
      if (denied.contains(topic.name)) one = ErrorCode::topic_authorization_failed;
      out.partitions.push_back({index, one});
    }
  }
  return answered;
}

AddPartitionsToTxnResponse refused_partitions(const std::vector<AddPartitionsToTxnRequest::Topic>& topics,
                                              ErrorCode error) {
  AddPartitionsToTxnResponse response;
  for (const auto& topic : topics) {
    auto& out = response.topics.emplace_back();
    out.name = topic.name;
    for (auto index : topic.partitions) out.partitions.push_back({index, error});
  }
  return response;
}

}  // namespace

InitProducerIdResponse init_transactional(BrokerShard& shard, const InitProducerIdRequest& request,
                                          std::int16_t version) {
  ProducerClaim producer{*request.transactional_id, request.producer_id, request.producer_epoch};
  InitProducerIdResponse response;
  response.producer_epoch = -1;
  if (producer.transactional_id.empty()) {
    response.error_code = ErrorCode::invalid_request;
    return response;
  }
  auto answer = ask_with_id(
      shard, producer.transactional_id,
      [&](TransactionCoordinator& transactions, TransactionToken token, std::optional<ProducerId> fresh_id,
          CoordinatorTime now) { transactions.init(token, producer, request.transaction_timeout_ms, fresh_id, now); });
  response.error_code = known_to(answer.error, version, init_knows_fenced_since);
  if (answer.error != ErrorCode::none) return response;
  response.producer_id = answer.producer_id;
  response.producer_epoch = answer.producer_epoch;
  return response;
}

Result<Finish> begin_add_partitions_to_txn(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<AddPartitionsToTxnRequest>());
  Access access(shard, call);
  if (call.version() >= several_transactions_since && !access.may_on_cluster(AclOperation::cluster_action)) {
    AddPartitionsToTxnResponse denied;  // clients send older versions
    denied.error_code = ErrorCode::cluster_authorization_failed;
    return Finish::with(call.answer(denied));
  }
  if (call.version() < several_transactions_since &&
      !access.may_on_transaction(AclOperation::write, request.transactional_id))
    return Finish::with(
        call.answer(refused_partitions(request.topics, ErrorCode::transactional_id_authorization_failed)));
  std::set<std::string> denied;
  if (call.version() < several_transactions_since)
    for (const auto& topic : request.topics)
      if (!access.may_on_topic(AclOperation::write, topic.name)) denied.insert(topic.name);
  return Finish([&shard, call, request = std::move(request), denied = std::move(denied)] {
    AddPartitionsToTxnResponse response;
    if (call.version() >= several_transactions_since) {
      for (const auto& asked : request.transactions)
        response.transactions.push_back({asked.transactional_id, add_or_verify(shard, asked, TransactionVersion::v2)});
      return call.answer(response);
    }
    response.topics = add_or_verify(
        shard, {request.transactional_id, request.producer_id, request.producer_epoch, false, request.topics},
        TransactionVersion::v0, denied);
    for (auto& topic : response.topics)
      for (auto& partition : topic.partitions)
        partition.error_code = known_to(partition.error_code, call.version(), others_know_fenced_since);
    return call.answer(response);
  });
}

// Adds the group's partition of __consumer_offsets.
Result<Finish> begin_add_offsets_to_txn(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<AddOffsetsToTxnRequest>());
  AddOffsetsToTxnResponse denied;
  Access access(shard, call);
  if (!access.may_on_transaction(AclOperation::write, request.transactional_id))
    denied.error_code = ErrorCode::transactional_id_authorization_failed;
  else if (!access.may_on_group(AclOperation::read, request.group_id))
    denied.error_code = ErrorCode::group_authorization_failed;
  if (denied.error_code != ErrorCode::none) return Finish::with(call.answer(denied));
  return Finish([&shard, call, request = std::move(request)] {
    AddOffsetsToTxnResponse response;
    if (auto partition = shard.groups().partition_of(request.group_id); partition) {
      ProducerClaim producer{request.transactional_id, request.producer_id, request.producer_epoch};
      PartitionsByTopic partitions{{std::string(group_topic_name), {*partition}}};
      auto answer = shard.transactions().ask(
          request.transactional_id,
          [&](TransactionCoordinator& transactions, TransactionToken token, CoordinatorTime now) {
            transactions.add_partitions(token, producer, partitions, TransactionVersion::v0, now);
          });
      response.error_code = known_to(answer.error, call.version(), others_know_fenced_since);
    } else {
      create_topics_on_demand(shard, {std::string(group_topic_name)});
      response.error_code = partition.error();
    }
    return call.answer(response);
  });
}

Result<Finish> begin_end_txn(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<EndTxnRequest>());
  if (!Access(shard, call).may_on_transaction(AclOperation::write, request.transactional_id)) {
    EndTxnResponse denied;
    denied.error_code = ErrorCode::transactional_id_authorization_failed;
    return Finish::with(call.answer(denied));
  }
  return Finish([&shard, call, request = std::move(request)] {
    ProducerClaim producer{request.transactional_id, request.producer_id, request.producer_epoch};
    auto end = request.committed ? TransactionEnd::commit : TransactionEnd::abort;
    auto version = call.version() >= next_epoch_since ? TransactionVersion::v2 : TransactionVersion::v0;
    EndTxnResponse response;
    auto answer = ask_with_id(
        shard, producer.transactional_id,
        [&](TransactionCoordinator& transactions, TransactionToken token, std::optional<ProducerId> fresh_id,
            CoordinatorTime now) { transactions.end(token, producer, end, version, fresh_id, now); });
    response.error_code = known_to(answer.error, call.version(), others_know_fenced_since);
    if (answer.error == ErrorCode::none) {
      response.producer_id = answer.producer_id;
      response.producer_epoch = answer.producer_epoch;
    }
    return call.answer(response);
  });
}

}  // namespace fulmar
