#include "broker/client/transactional_producer.h"

#include <type_traits>

#include "broker/protocol/messages/init_producer_id.h"
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/messages/transactions.h"

namespace fulmar {

namespace {

// The last versions with topic names, and the last ones before each transaction had its own epoch.
constexpr std::int16_t produce_by_name = 12;
constexpr std::int16_t produce_before = 11;
constexpr std::int16_t txn_offset_commit_by_name = 5;
constexpr std::int16_t txn_offset_commit_before = 4;
constexpr std::int16_t end_before = 4;
constexpr std::int16_t add_partitions_of_clients = 3;
constexpr std::int16_t newest = 32'767;

}  // namespace

template <class Response, class Request>
Answer<Response> TransactionalProducer::call(const Brokers::Connection& to, const Request& request, Deadline deadline,
                                             std::int16_t version_max) const {
  auto response = to->template call<Response>(request, deadline, version_max);
  if (response) return std::move(*response);
  constexpr bool in_order_anyway = std::is_same_v<Request, InitProducerIdRequest> ||
                                   std::is_same_v<Request, AddPartitionsToTxnRequest> ||
                                   std::is_same_v<Request, AddOffsetsToTxnRequest>;
  if (in_order_anyway || options_.epoch_per_transaction) return std::unexpected(std::move(response).error());
  return refuse(ErrorCode::unknown_server_error, "not answered: " + to_string(response.error()));
}

template <class Response, class Request, class Error>
Answer<Response> TransactionalProducer::ask_coordinator(const Request& request, std::int16_t version_max,
                                                        Error&& error_of) {
  return cluster_.retry([&](Deadline deadline) -> Answer<Response> {
    FULMAR_TRY(auto id,
               cluster_.coordinator_of(options_.transactional_id, deadline, ClusterClient::Coordinated::transaction));
    FULMAR_TRY(auto connection, cluster_.broker(id, deadline));
    FULMAR_TRY(auto response, call<Response>(connection, request, deadline, version_max));
    if (auto error = error_of(response); error != ErrorCode::none)
      return refuse(error, "the transactions of " + options_.transactional_id);
    return response;
  });
}

Answer<void> TransactionalProducer::init() {
  InitProducerIdRequest request;
  request.transactional_id = options_.transactional_id;
  request.transaction_timeout_ms = options_.timeout_ms;
  FULMAR_TRY(auto response, (ask_coordinator<InitProducerIdResponse>(
                                request, newest, [](const auto& said) { return said.error_code; })));
  producer_id_ = response.producer_id;
  producer_epoch_ = response.producer_epoch;
  sequences_.clear();
  added_.clear();
  groups_added_.clear();
  open_ = false;
  return {};
}

Answer<void> TransactionalProducer::add_partition(const std::string& topic, std::int32_t partition) {
  if (options_.epoch_per_transaction || added_.contains({topic, partition})) return {};
  AddPartitionsToTxnRequest request;
  request.transactional_id = options_.transactional_id;
  request.producer_id = producer_id_;
  request.producer_epoch = producer_epoch_;
  request.topics = {{topic, {partition}}};
  auto error_of = [](const AddPartitionsToTxnResponse& said) {
    return said.topics.size() == 1 && said.topics[0].partitions.size() == 1 ? said.topics[0].partitions[0].error_code
                                                                            : ErrorCode::unknown_server_error;
  };
  FULMAR_TRY_VOID((ask_coordinator<AddPartitionsToTxnResponse>(request, add_partitions_of_clients, error_of)));
  open_ = true;
  added_.insert({topic, partition});
  return {};
}

Answer<void> TransactionalProducer::add_group(const std::string& group) {
  if (options_.epoch_per_transaction || groups_added_.contains(group)) return {};
  AddOffsetsToTxnRequest request{options_.transactional_id, producer_id_, producer_epoch_, group};
  FULMAR_TRY_VOID(
      (ask_coordinator<AddOffsetsToTxnResponse>(request, newest, [](const auto& said) { return said.error_code; })));
  open_ = true;
  groups_added_.insert(group);
  return {};
}

Answer<Offset> TransactionalProducer::send(const std::string& topic, std::int32_t partition,
                                           const std::vector<Record>& records) {
  FULMAR_TRY_VOID(add_partition(topic, partition));
  auto& sequence = sequences_[{topic, partition}];
  BatchOptions options{
      .producer_id = producer_id_, .producer_epoch = producer_epoch_, .base_sequence = sequence, .transactional = true};
  sequence = sequence_after(sequence, static_cast<std::int32_t>(records.size()));
  ProduceRequest request;
  request.transactional_id = options_.transactional_id;
  request.acks = -1;
  request.timeout_ms = cluster_.options().broker_timeout_ms();
  request.topics.push_back({topic, {{partition, ByteChain(build_batch(records, options))}}});
  open_ = true;
  return cluster_.retry([&](Deadline deadline) -> Answer<Offset> {
    FULMAR_TRY(auto connection, cluster_.leader(topic, partition, deadline));
    FULMAR_TRY(auto response,
               connection->call<ProduceResponse>(request, deadline,
                                                 options_.epoch_per_transaction ? produce_by_name : produce_before));
    if (response.topics.size() != 1 || response.topics[0].partitions.size() != 1)
      return refuse(ErrorCode::unknown_server_error, "Produce was answered with something else");
    const auto& answer = response.topics[0].partitions[0];
    if (answer.error_code != ErrorCode::none) return refuse(answer.error_code, answer.error_message.value_or(topic));
    return answer.base_offset;
  });
}

Answer<void> TransactionalProducer::commit_offsets(const std::string& group, const GroupOffsets& offsets,
                                                   const CommittingMember& member) {
  FULMAR_TRY_VOID(add_group(group));
  TxnOffsetCommitRequest request;
  request.transactional_id = options_.transactional_id;
  request.group_id = group;
  request.producer_id = producer_id_;
  request.producer_epoch = producer_epoch_;
  request.generation_id_or_member_epoch = member.generation;
  request.member_id = member.id;
  request.group_instance_id = member.instance_id;
  for (const auto& [partition, offset] : offsets) {
    if (request.topics.empty() || request.topics.back().name != partition.first)
      request.topics.emplace_back().name = partition.first;
    request.topics.back().partitions.push_back({partition.second, offset, -1, ""});
  }
  open_ = true;
  return cluster_.retry([&](Deadline deadline) -> Answer<void> {
    FULMAR_TRY(auto id, cluster_.coordinator_of(group, deadline));
    FULMAR_TRY(auto connection, cluster_.broker(id, deadline));
    FULMAR_TRY(auto response, call<TxnOffsetCommitResponse>(connection, request, deadline,
                                                            options_.epoch_per_transaction ? txn_offset_commit_by_name
                                                                                           : txn_offset_commit_before));
    for (const auto& topic : response.topics)
      for (const auto& partition : topic.partitions)
        if (partition.error_code != ErrorCode::none)
          return refuse(partition.error_code, "the offset of " + to_string(PartitionName{topic.name, partition.index}));
    return {};
  });
}

Answer<void> TransactionalProducer::end(bool commit) {
  if (!open_) return {};
  EndTxnRequest request{options_.transactional_id, producer_id_, producer_epoch_, commit};
  FULMAR_TRY(auto response,
             (ask_coordinator<EndTxnResponse>(request, options_.epoch_per_transaction ? newest : end_before,
                                              [](const auto& said) { return said.error_code; })));
  added_.clear();
  groups_added_.clear();
  open_ = false;
  if (response.producer_id < 0) return {};
  producer_id_ = response.producer_id;
  producer_epoch_ = response.producer_epoch;
  sequences_.clear();
  return {};
}

}  // namespace fulmar
