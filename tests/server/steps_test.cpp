// The cost of a request is linear in its size: with twice as many topics or partitions it takes about twice as many
// steps. Steps are basic blocks, counted by the compiler's instrumentation in the files that answer (CMakeLists.txt
// lists them), not time: the number is the same on every machine.
#include "broker/protocol/messages/alter_configs.h"
#include "broker/protocol/messages/consumer_group.h"
#include "broker/protocol/messages/describe_configs.h"
#include "broker/protocol/messages/describe_log_dirs.h"
#include "broker/protocol/messages/describe_topic_partitions.h"
#include "broker/protocol/messages/group_offsets.h"
#include "broker/protocol/messages/groups.h"
#include "broker/protocol/messages/leaders.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/producers.h"
#include "broker/protocol/messages/reassignments.h"
#include "broker/protocol/messages/transactions.h"
#include "coordinator_kit.h"

namespace {
std::uint64_t steps = 0;
}  // namespace

extern "C" void __sanitizer_cov_trace_pc() {
  ++steps;
}

namespace fulmar {
namespace {

constexpr int size_begun_with = 1000;
constexpr double growth_max = 2.5;  // for twice the size; n log n is below 2.3, n squared tends to 4

std::string name_of(int n) {
  return "some.topic_" + std::to_string(n);
}

template <class Request>
std::uint64_t steps_of(Peer& peer, const Request& request, std::int16_t version) {
  auto before = steps;
  peer.send(request, version);
  EXPECT_FALSE(peer.frame().empty());
  return steps - before;
}

// make(peer, n) returns a request of size n.
template <class F>
void expect_linear(std::int16_t version, F&& make) {
  BrokerWorld cluster({}, 1);
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 20);
    auto one = steps_of(peer, make(peer, size_begun_with), version);
    auto two = steps_of(peer, make(peer, 2 * size_begun_with), version);
    EXPECT_GT(one, static_cast<std::uint64_t>(size_begun_with)) << "the files that answer are not counted";
    EXPECT_LT(static_cast<double>(two), growth_max * static_cast<double>(one)) << one << " and " << two << " steps";
  });
}

FetchRequest fetch_of_unknown(int n) {
  std::vector<FetchFrom> from;
  for (int i = 0; i < n; ++i) from.push_back({name_of(i)});
  return fetch_request(from);
}

TEST(Steps, OfAFetchOfUnknownTopics) {
  expect_linear(fetch_version, [](Peer&, int n) { return fetch_of_unknown(n); });
}

TEST(Steps, OfAFetchByUnknownIds) {
  expect_linear(fetch_by_id_version, [](Peer&, int n) {
    auto request = fetch_of_unknown(n);
    for (int i = 0; i < n; ++i)
      request.topics[static_cast<std::size_t>(i)].topic_id = {1, static_cast<std::uint64_t>(i)};
    return request;
  });
}

TEST(Steps, OfTheSamePartitionsAgainInASession) {
  expect_linear(fetch_version, [](Peer& peer, int n) {
    auto request = fetch_of_unknown(n);
    request.session_epoch = 0;
    request.session_id = peer.call<FetchResponse>(request, fetch_version).session_id;
    EXPECT_NE(request.session_id, 0);
    request.session_epoch = 1;
    return request;
  });
}

TEST(Steps, OfForgettingPartitionsInASession) {
  expect_linear(fetch_version, [](Peer& peer, int n) {
    auto request = fetch_of_unknown(n);
    request.session_epoch = 0;
    auto rest = fetch_request({});
    rest.session_id = peer.call<FetchResponse>(request, fetch_version).session_id;
    rest.session_epoch = 1;
    for (int i = 0; i < n; i += 2) rest.forgotten_topics.push_back({name_of(i), {}, {0}});
    return rest;
  });
}

TEST(Steps, OfManyTopicsThatAreMade) {
  expect_linear(7, [](Peer&, int n) {
    CreateTopicsRequest request;
    request.validate_only = true;
    for (int i = 0; i < n; ++i) request.topics.push_back({name_of(i), 1, 1, {}, {}});
    return request;
  });
}

TEST(Steps, OfManyTopicsThatAreDeleted) {
  expect_linear(6, [](Peer&, int n) {
    DeleteTopicsRequest request;
    for (int i = 0; i < n; ++i) request.topics.push_back({name_of(i), {}});
    for (int i = 0; i < n; ++i) request.topics.push_back({std::nullopt, {1, static_cast<std::uint64_t>(i)}});
    return request;
  });
}

TEST(Steps, OfMetadataByName) {
  expect_linear(13, [](Peer&, int n) {
    MetadataRequest request;
    request.allow_auto_topic_creation = false;
    request.topics.emplace();
    for (int i = 0; i < n; ++i) request.topics->push_back({{}, name_of(i)});
    return request;
  });
}

TEST(Steps, OfMetadataById) {
  expect_linear(13, [](Peer&, int n) {
    MetadataRequest request;
    request.topics.emplace();
    for (int i = 0; i < n; ++i) request.topics->push_back({{1, static_cast<std::uint64_t>(i)}, std::nullopt});
    return request;
  });
}

TEST(Steps, OfMetadataOfOneTopicManyTimes) {
  expect_linear(13, [](Peer&, int n) {
    MetadataRequest request;
    request.topics.emplace();
    for (int i = 0; i < n; ++i) request.topics->push_back({{}, "t"});
    return request;
  });
}

TEST(Steps, OfAPageOfTopics) {
  expect_linear(0, [](Peer&, int n) {
    DescribeTopicPartitionsRequest request;
    for (int i = 0; i < n; ++i) request.topics.push_back({name_of(i)});
    return request;
  });
}

TEST(Steps, OfListingOffsets) {
  expect_linear(11, [](Peer&, int n) {
    ListOffsetsRequest request;
    request.topics.push_back({"t", {}});
    for (int i = 0; i < n; ++i) request.topics[0].partitions.push_back({i, -1, -1});
    for (int i = 0; i < n; ++i) request.topics.push_back({name_of(i), {{0, -1, -1}}});
    return request;
  });
}

TEST(Steps, OfDescribingLogDirectories) {
  expect_linear(5, [](Peer&, int n) {
    DescribeLogDirsRequest request;
    request.topics.emplace();
    for (int i = 0; i < n; ++i) request.topics->push_back({i % 2 ? "t" : name_of(i), {i % 20}});
    return request;
  });
}

// A request of unknown topics, each with a partition.
template <class Request>
Request of_unknown_topics(int n) {
  Request request;
  auto add = [&](auto& topics) {
    topics.resize(static_cast<std::size_t>(n));
    for (int i = 0; i < n; ++i) {
      topics[static_cast<std::size_t>(i)].name = name_of(i);
      topics[static_cast<std::size_t>(i)].partitions.emplace_back();
    }
  };
  if constexpr (requires { request.topics->size(); })
    add(request.topics.emplace());
  else
    add(request.topics);
  return request;
}

template <class Request>
void expect_linear_of_unknown_topics(std::int16_t version) {
  expect_linear(version, [](Peer&, int n) { return of_unknown_topics<Request>(n); });
}

TEST(Steps, OfElections) {
  expect_linear_of_unknown_topics<ElectLeadersRequest>(2);
}

TEST(Steps, OfReassignments) {
  expect_linear_of_unknown_topics<AlterPartitionReassignmentsRequest>(0);
  expect_linear_of_unknown_topics<ListPartitionReassignmentsRequest>(0);
}

TEST(Steps, OfDescribingProducers) {
  expect_linear(0, [](Peer&, int n) {
    DescribeProducersRequest request;
    for (int i = 0; i < n; ++i) request.topics.push_back({name_of(i), {0}});
    return request;
  });
}

TEST(Steps, OfCommittingOffsets) {
  expect_linear(8, [](Peer& peer, int n) {
    await_coordinator(peer, coordinator_of_group);
    auto request = of_unknown_topics<OffsetCommitRequest>(n);
    request.group_id = "g";
    request.topics.push_back({"t", {}, {{}}});
    return request;
  });
  expect_linear(3, [](Peer& peer, int n) {
    await_coordinator(peer, coordinator_of_group);
    auto request = of_unknown_topics<TxnOffsetCommitRequest>(n);
    request.group_id = request.transactional_id = "g";
    request.topics.push_back({"t", {}, {{}}});
    return request;
  });
}

TEST(Steps, OfFetchingAndDeletingCommittedOffsets) {
  expect_linear(8, [](Peer& peer, int n) {
    await_coordinator(peer, coordinator_of_group);
    OffsetFetchRequest request;
    auto& group = request.groups.emplace_back();
    group.group_id = "g";
    group.topics.emplace();
    for (int i = 0; i < n; ++i) group.topics->push_back({name_of(i), {}, {0, 1}});
    return request;
  });
  expect_linear(0, [](Peer& peer, int n) {
    await_coordinator(peer, coordinator_of_group);
    auto request = of_unknown_topics<OffsetDeleteRequest>(n);
    request.group_id = "g";
    return request;
  });
}

TEST(Steps, OfDescribingGroups) {
  expect_linear(5, [](Peer& peer, int n) {
    await_coordinator(peer, coordinator_of_group);
    DescribeGroupsRequest request;
    for (int i = 0; i < n; ++i) request.groups.push_back(name_of(i));
    return request;
  });
  expect_linear(1, [](Peer& peer, int n) {
    await_coordinator(peer, coordinator_of_group);
    ConsumerGroupDescribeRequest request;
    for (int i = 0; i < n; ++i) request.group_ids.push_back(name_of(i));
    return request;
  });
}

TEST(Steps, OfAddingPartitionsToATransaction) {
  expect_linear(3, [](Peer& peer, int n) {
    await_coordinator(peer, coordinator_of_transaction);
    auto request = of_unknown_topics<AddPartitionsToTxnRequest>(n);
    request.transactional_id = "g";
    return request;
  });
}

TEST(Steps, OfDescribingTransactions) {
  expect_linear(0, [](Peer& peer, int n) {
    await_coordinator(peer, coordinator_of_transaction);
    DescribeTransactionsRequest request;
    for (int i = 0; i < n; ++i) request.transactional_ids.push_back(name_of(i));
    return request;
  });
}

TEST(Steps, OfConfigurations) {
  constexpr std::int8_t of_group = 32;
  expect_linear(4, [](Peer&, int n) {
    DescribeConfigsRequest request;
    for (int i = 0; i < n; ++i) request.resources.push_back({of_group, name_of(i), std::nullopt});
    return request;
  });
  expect_linear(4, [](Peer&, int n) {
    DescribeConfigsRequest request;
    auto& broker = request.resources.emplace_back(DescribeConfigsRequest::Resource{4, "1", std::nullopt});
    broker.configuration_keys.emplace();
    for (int i = 0; i < n; ++i) broker.configuration_keys->push_back(name_of(i));
    return request;
  });
  expect_linear(1, [](Peer&, int n) {
    IncrementalAlterConfigsRequest request;
    request.validate_only = true;
    for (int i = 0; i < n; ++i)
      request.resources.push_back({of_group, name_of(i), {{"consumer.session.timeout.ms", 0, "50000"}}});
    return request;
  });
}

}  // namespace
}  // namespace fulmar
