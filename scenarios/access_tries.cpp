#include "scenarios/access_tries.h"

#include <utility>

#include "broker/client/group_admin.h"
#include "broker/protocol/messages/classic_group.h"
#include "broker/protocol/messages/consumer_group.h"
#include "broker/protocol/messages/find_coordinator.h"
#include "broker/protocol/messages/group_offsets.h"
#include "broker/protocol/messages/groups.h"
#include "broker/protocol/messages/init_producer_id.h"
#include "broker/protocol/messages/producers.h"
#include "broker/protocol/messages/transactions.h"

namespace fulmar {

namespace {

constexpr const char* nobody = "nobody";  // no member has this id
constexpr ProducerId no_producer = 1'000'000'000'000;
constexpr std::int16_t by_client_until = 3;  // the last version of AddPartitionsToTxn that clients send
constexpr std::int16_t by_name_until = 5;    // the last version of TxnOffsetCommit with names of topics

struct Asker {
  ClientConnection& connection;
  Deadline deadline;

  // `error_in`: finds the error in the response; nullopt if it is of another shape.
  template <class Response, class Request, class ErrorIn>
  std::optional<ErrorCode> ask(const Request& request, const ErrorIn& error_in, std::int16_t version_max = 32'767) {
    auto response = connection.call<Response>(request, deadline, version_max);
    return response ? error_in(*response) : std::nullopt;
  }
  // Of a response with one error.
  template <class Response, class Request>
  std::optional<ErrorCode> ask(const Request& request) {
    return ask<Response>(request, [](const Response& told) { return std::optional(told.error_code); });
  }
};

// The error of the only element, of an element's only partition.
template <class List>
std::optional<ErrorCode> only(const List& list) {
  return list.size() == 1 ? std::optional(list.front().error_code) : std::nullopt;
}
template <class Topics>
std::optional<ErrorCode> only_partition(const Topics& topics) {
  return topics.size() == 1 ? only(topics.front().partitions) : std::nullopt;
}

FindCoordinatorRequest find_coordinator(const std::string& key, std::int8_t type) {
  return {.key_name = key, .key_type = type, .coordinator_keys = {key}};
}

TxnOffsetCommitRequest offset_in_transaction(const std::string& id, const std::string& group,
                                             const std::string& topic) {
  TxnOffsetCommitRequest request;
  request.transactional_id = id;
  request.group_id = group;
  request.producer_id = no_producer;
  request.topics.push_back({topic, {}, {{0, 1, -1, ""}}});
  return request;
}

std::optional<ErrorCode> try_membership(Asker& asker, const std::string& group, Random& random) {
  switch (random.below(5)) {
    case 0: {
      JoinGroupRequest request;
      request.group_id = group;
      request.session_timeout_ms = request.rebalance_timeout_ms = 10'000;
      request.member_id = nobody;
      request.protocol_type = nobody;
      request.protocols = {{nobody, Bytes::copy_of("")}};
      return asker.ask<JoinGroupResponse>(request);
    }
    case 1: {
      SyncGroupRequest request;
      request.group_id = group;
      request.member_id = nobody;
      request.protocol_type = request.protocol_name = nobody;
      return asker.ask<SyncGroupResponse>(request);
    }
    case 2: return asker.ask<HeartbeatResponse>(HeartbeatRequest{group, 0, nobody, {}});
    case 3: return asker.ask<LeaveGroupResponse>(LeaveGroupRequest{group, nobody, {{nobody, {}, {}}}});
    default: {
      ConsumerGroupHeartbeatRequest request;
      request.group_id = group;
      request.member_id = nobody;
      request.member_epoch = 1;
      return asker.ask<ConsumerGroupHeartbeatResponse>(request);
    }
  }
}

std::optional<ErrorCode> try_offsets(Asker& asker, const std::string& group, const std::string& topic, Random& random) {
  switch (random.below(4)) {
    case 0:
      return asker.ask<OffsetCommitResponse>(
          offset_commit(group, {{{topic, 0}, 1}}),
          [](const OffsetCommitResponse& told) { return only_partition(told.topics); }, offset_commit_by_name);
    case 1: {
      OffsetFetchRequest request;
      request.groups.push_back({group, {}, -1, {}});
      return asker.ask<OffsetFetchResponse>(
          request, [](const OffsetFetchResponse& told) { return only(told.groups); }, offset_fetch_by_name);
    }
    case 2: return asker.ask<OffsetDeleteResponse>(OffsetDeleteRequest{group, {{topic, {{0}}}}});
    default:
      return asker.ask<TxnOffsetCommitResponse>(
          offset_in_transaction(nobody, group, topic),
          [](const TxnOffsetCommitResponse& told) { return only_partition(told.topics); }, by_name_until);
  }
}

std::optional<ErrorCode> try_administration(Asker& asker, const std::string& group, Random& random) {
  switch (random.below(5)) {
    case 0:
      return asker.ask<DescribeGroupsResponse>(DescribeGroupsRequest{{group}},
                                               [](const DescribeGroupsResponse& told) { return only(told.groups); });
    case 1:
      return asker.ask<ConsumerGroupDescribeResponse>(
          ConsumerGroupDescribeRequest{{group}},
          [](const ConsumerGroupDescribeResponse& told) { return only(told.groups); });
    case 2:
      return asker.ask<DeleteGroupsResponse>(DeleteGroupsRequest{{group}},
                                             [](const DeleteGroupsResponse& told) { return only(told.results); });
    case 3: return asker.ask<AddOffsetsToTxnResponse>(AddOffsetsToTxnRequest{nobody, no_producer, 0, group});
    default:
      return asker.ask<FindCoordinatorResponse>(
          find_coordinator(group, 0), [](const FindCoordinatorResponse& told) { return only(told.coordinators); });
  }
}

}  // namespace

std::optional<ErrorCode> try_group(ClientConnection& connection, const std::string& group, const std::string& topic,
                                   Random& random, Deadline deadline) {
  Asker asker{connection, deadline};
  switch (random.below(3)) {
    case 0: return try_membership(asker, group, random);
    case 1: return try_offsets(asker, group, topic, random);
    default: return try_administration(asker, group, random);
  }
}

std::optional<ErrorCode> try_transactional_id(ClientConnection& connection, const std::string& id,
                                              const std::string& topic, Random& random, Deadline deadline) {
  Asker asker{connection, deadline};
  switch (random.below(7)) {
    case 0: return asker.ask<InitProducerIdResponse>(InitProducerIdRequest{id, 10'000});
    case 1: {
      AddPartitionsToTxnRequest request;
      request.transactional_id = id;
      request.producer_id = no_producer;
      request.topics.push_back({topic, {0}});
      return asker.ask<AddPartitionsToTxnResponse>(
          request, [](const AddPartitionsToTxnResponse& told) { return only_partition(told.topics); }, by_client_until);
    }
    case 2: return asker.ask<AddOffsetsToTxnResponse>(AddOffsetsToTxnRequest{id, no_producer, 0, nobody});
    case 3: return asker.ask<EndTxnResponse>(EndTxnRequest{id, no_producer, 0, true});
    case 4:
      return asker.ask<TxnOffsetCommitResponse>(
          offset_in_transaction(id, nobody, topic),
          [](const TxnOffsetCommitResponse& told) { return only_partition(told.topics); }, by_name_until);
    case 5:
      return asker.ask<DescribeTransactionsResponse>(
          DescribeTransactionsRequest{{id}},
          [](const DescribeTransactionsResponse& told) { return only(told.transaction_states); });
    default:
      return asker.ask<FindCoordinatorResponse>(
          find_coordinator(id, 1), [](const FindCoordinatorResponse& told) { return only(told.coordinators); });
  }
}

}  // namespace fulmar
