// The memory of a request is in proportion to its size: what is said once for many partitions, as the name of their
// topic, is not kept once for each. All bytes are counted that are allocated with operator new, of the broker, of the
// client and of the network between them.
#include <malloc.h>

#include <cstdlib>
#include <new>

#include "broker/protocol/messages/classic_group.h"
#include "broker/protocol/messages/describe_configs.h"
#include "broker/protocol/messages/describe_log_dirs.h"
#include "broker/protocol/messages/describe_topic_partitions.h"
#include "broker/protocol/messages/group_offsets.h"
#include "broker/protocol/messages/groups.h"
#include "broker/protocol/messages/leaders.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/offset_for_leader_epoch.h"
#include "broker/protocol/messages/producers.h"
#include "broker/protocol/messages/reassignments.h"
#include "broker/protocol/messages/transactions.h"
#include "coordinator_kit.h"

namespace {

std::size_t allocated = 0;  // bytes, by the one thread of the simulator
std::size_t most_allocated = 0;

void* counted(void* memory) {
  if (!memory) std::abort();
  allocated += malloc_usable_size(memory);
  most_allocated = std::max(most_allocated, allocated);
  return memory;
}

void uncounted(void* memory) {
  if (memory) allocated -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  return counted(std::malloc(size));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  auto unit = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(unit, (size + unit - 1) / unit * unit));
}
void operator delete(void* memory) noexcept {
  uncounted(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  uncounted(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  uncounted(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  uncounted(memory);
}

namespace fulmar {
namespace {

constexpr std::int32_t partitions = 20000;
constexpr std::size_t name_size = 20000;
// The frame, what is read of it, the work on it and the response, several times each; a name for each would be
// partitions * name_size.
constexpr std::size_t bytes_per_partition_max = 3000;

std::string long_name() {
  return std::string(name_size, 'n');
}

std::vector<std::int32_t> indexes() {
  std::vector<std::int32_t> all;
  for (std::int32_t i = 0; i < partitions; ++i) all.push_back(i);
  return all;
}

// Adds a topic with all partitions, each with its index.
template <class Topic>
Topic& add_topic(std::vector<Topic>& topics) {
  auto& topic = topics.emplace_back();
  topic.name = long_name();
  topic.partitions.resize(static_cast<std::size_t>(partitions));
  for (std::int32_t i = 0; i < partitions; ++i) {
    auto& partition = topic.partitions[static_cast<std::size_t>(i)];
    if constexpr (requires { partition.index; })
      partition.index = i;
    else
      partition = i;
  }
  return topic;
}

// make(peer) returns a request, which the broker answers in some way.
template <class F>
void expect_modest(std::int16_t version, F&& make, int times = 1) {
  BrokerWorld cluster({{"offsets.topic.num.partitions", "1"},
                       {"offsets.topic.replication.factor", "1"},
                       {"transaction.state.log.num.partitions", "1"},
                       {"transaction.state.log.replication.factor", "1"}},
                      1);
  cluster.run([&](Host& host) {
    Peer peer(host);
    auto request = make(peer);
    auto before = allocated;
    most_allocated = allocated;
    for (int i = 0; i < times; ++i) {
      peer.send(request, version);
      EXPECT_FALSE(peer.frame().empty());
    }
    EXPECT_LT((most_allocated - before) / static_cast<std::size_t>(partitions), bytes_per_partition_max);
  });
}

template <class Request>
void expect_modest_of_topics(std::int16_t version) {
  expect_modest(version, [](Peer&) {
    Request request;
    if constexpr (requires { request.topics->size(); })
      add_topic(request.topics.emplace());
    else
      add_topic(request.topics);
    return request;
  });
}

TEST(RequestMemory, OfAFetch) {
  expect_modest_of_topics<FetchRequest>(fetch_version);
}

TEST(RequestMemory, OfAFetchSession) {
  expect_modest(fetch_version, [](Peer&) {
    FetchRequest request;
    request.session_epoch = 0;
    add_topic(request.topics);
    return request;
  });
}

TEST(RequestMemory, OfAProduce) {
  expect_modest(produce_version, [](Peer&) {
    ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = 1000;
    for (auto& partition : add_topic(request.topics).partitions) partition.records = ByteChain(batch_of(1, "x"));
    return request;
  });
}

TEST(RequestMemory, OfListOffsets) {
  expect_modest_of_topics<ListOffsetsRequest>(7);
}

TEST(RequestMemory, OfDeleteRecords) {
  expect_modest_of_topics<DeleteRecordsRequest>(2);
}

TEST(RequestMemory, OfEndsOfEpochs) {
  expect_modest_of_topics<OffsetForLeaderEpochRequest>(4);
}

TEST(RequestMemory, OfDescribingProducers) {
  expect_modest(0, [](Peer&) {
    DescribeProducersRequest request;
    request.topics.push_back({long_name(), indexes()});
    return request;
  });
}

TEST(RequestMemory, OfDescribingLogDirectories) {
  expect_modest_of_topics<DescribeLogDirsRequest>(4);
}

TEST(RequestMemory, OfReassignments) {
  expect_modest_of_topics<AlterPartitionReassignmentsRequest>(0);
  expect_modest_of_topics<ListPartitionReassignmentsRequest>(0);
}

TEST(RequestMemory, OfElections) {
  expect_modest_of_topics<ElectLeadersRequest>(2);
}

TEST(RequestMemory, OfTopicsAndPartitionsToMake) {
  expect_modest(7, [](Peer&) {
    CreateTopicsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = long_name();
    topic.num_partitions = topic.replication_factor = -1;
    for (auto i : indexes()) topic.assignments.push_back({i, {0}});
    return request;
  });
  expect_modest(3, [](Peer&) {
    CreatePartitionsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = long_name();
    topic.count = partitions;
    topic.assignments.emplace(static_cast<std::size_t>(partitions)).front().broker_ids = {0};
    return request;
  });
}

TEST(RequestMemory, OfCommittedOffsets) {
  expect_modest(8, [](Peer& peer) {
    await_coordinator(peer, coordinator_of_group);
    OffsetCommitRequest request;
    request.group_id = "g";
    add_topic(request.topics);
    return request;
  });
  expect_modest(8, [](Peer& peer) {
    await_coordinator(peer, coordinator_of_group);
    OffsetFetchRequest request;
    auto& group = request.groups.emplace_back();
    group.group_id = "g";
    auto& topic = group.topics.emplace().emplace_back();
    topic.name = long_name();
    topic.partition_indexes = indexes();
    return request;
  });
  expect_modest(0, [](Peer& peer) {
    await_coordinator(peer, coordinator_of_group);
    OffsetCommitRequest commit;
    commit.group_id = "g";
    create_topic(peer, "t", 1);
    commit.topics.push_back({"t", {}, {{}}});
    EXPECT_EQ(peer.call<OffsetCommitResponse>(commit, 8).topics.at(0).partitions.at(0).error_code, ErrorCode::none);
    OffsetDeleteRequest request;
    request.group_id = "g";
    add_topic(request.topics);
    return request;
  });
}

TEST(RequestMemory, OfTransactions) {
  auto id = [](Peer& peer) {
    await_coordinator(peer, coordinator_of_transaction);
    InitProducerIdRequest request;
    request.transactional_id = "g";
    request.transaction_timeout_ms = 1000;
    auto answer = peer.call<InitProducerIdResponse>(request, 4);
    EXPECT_EQ(answer.error_code, ErrorCode::none);
    return answer;
  };
  expect_modest(3, [&](Peer& peer) {
    auto producer = id(peer);
    AddPartitionsToTxnRequest request;
    request.transactional_id = "g";
    request.producer_id = producer.producer_id;
    request.producer_epoch = producer.producer_epoch;
    add_topic(request.topics);
    return request;
  });
  expect_modest(5, [&](Peer& peer) {
    auto producer = id(peer);
    AddPartitionsToTxnRequest request;
    auto& transaction = request.transactions.emplace_back();
    transaction.transactional_id = "g";
    transaction.producer_id = producer.producer_id;
    transaction.producer_epoch = producer.producer_epoch;
    transaction.verify_only = true;
    add_topic(transaction.topics);
    return request;
  });
  expect_modest(3, [&](Peer& peer) {
    auto producer = id(peer);
    await_coordinator(peer, coordinator_of_group);
    TxnOffsetCommitRequest request;
    request.transactional_id = request.group_id = "g";
    request.producer_id = producer.producer_id;
    request.producer_epoch = producer.producer_epoch;
    add_topic(request.topics);
    return request;
  });
  expect_modest(1, [&](Peer& peer) {
    auto producer = id(peer);
    WriteTxnMarkersRequest request;
    auto& marker = request.markers.emplace_back();
    marker.producer_id = producer.producer_id;
    marker.producer_epoch = producer.producer_epoch;
    auto& topic = marker.topics.emplace_back();
    topic.name = long_name();
    topic.partition_indexes = indexes();
    return request;
  });
}

// The most bytes that are allocated while `body` runs, beyond those before it.
template <class F>
std::size_t bytes_during(F&& body) {
  auto before = allocated;
  most_allocated = allocated;
  body();
  return most_allocated - before;
}

TEST(RequestMemory, OfManyTopicsToMake) {
  BrokerWorld cluster({}, 1);
  cluster.run([](Host& host) {
    Peer peer(host);
    CreateTopicsRequest request;
    request.validate_only = true;
    for (int i = 0; i < 1000; ++i) request.topics.push_back({"t" + std::to_string(i), 100'000, 1, {}, {}});
    auto bytes = bytes_during([&] {
      auto topics = peer.call<CreateTopicsResponse>(request, 7).topics;
      ASSERT_EQ(topics.size(), request.topics.size());
      EXPECT_EQ(topics[0].error_code, ErrorCode::none);
      EXPECT_EQ(topics[1].error_code, ErrorCode::policy_violation);
    });
    EXPECT_LT(bytes, 100u << 20);
    for (auto& topic : request.topics) topic.num_partitions = 1;
    for (int i = 1000; i < 30'000; ++i) request.topics.push_back({"t" + std::to_string(i), 1, 1, {}, {}});
    bytes = bytes_during([&] {
      auto topics = peer.call<CreateTopicsResponse>(request, 7).topics;
      EXPECT_EQ(topics.at(9'999).error_code, ErrorCode::none);
      EXPECT_EQ(topics.at(10'000).error_code, ErrorCode::policy_violation);
    });
    EXPECT_LT(bytes, 300u << 20);
  });
}

TEST(RequestMemory, OfManyTopicsThatGrow) {
  BrokerWorld cluster({}, 1);
  cluster.run([](Host& host) {
    Peer peer(host);
    CreatePartitionsRequest request;
    request.validate_only = true;
    for (int i = 0; i < 200; ++i) {
      create_topic(peer, "t" + std::to_string(i), 1);
      request.topics.push_back({"t" + std::to_string(i), 60'000, std::nullopt});
    }
    auto bytes = bytes_during([&] {
      auto results = peer.call<CreatePartitionsResponse>(request, 3).results;
      EXPECT_EQ(results.at(0).error_code, ErrorCode::none);
      EXPECT_EQ(results.at(1).error_code, ErrorCode::policy_violation);
    });
    EXPECT_LT(bytes, 100u << 20);
  });
}

TEST(RequestMemory, OfConfigurationsAskedForAgainAndAgain) {
  BrokerWorld cluster({}, 1);
  cluster.run([](Host& host) {
    Peer peer(host);
    DescribeConfigsRequest request;
    request.include_synonyms = true;
    for (int i = 0; i < 20'000; ++i) request.resources.push_back({4, "1", std::nullopt});
    auto bytes = bytes_during([&] {
      auto results = peer.call<DescribeConfigsResponse>(request, 4).results;
      EXPECT_EQ(results.at(100).error_code, ErrorCode::none);
      EXPECT_EQ(results.at(19'999).error_code, ErrorCode::invalid_request);
    });
    EXPECT_LT(bytes, 500u << 20);
  });
}

TEST(RequestMemory, OfAGroupDescribedAgainAndAgain) {
  BrokerWorld cluster({{"group.initial.rebalance.delay.ms", "0"}}, 1);
  cluster.run([](Host& host) {
    Peer peer(host);
    await_coordinator(peer, coordinator_of_group);
    JoinGroupRequest join;
    join.group_id = "g";
    join.session_timeout_ms = join.rebalance_timeout_ms = 60'000;
    join.protocol_type = "consumer";
    join.protocols.push_back({"range", Bytes::copy_of(std::string(100'000, 'm'))});
    join.member_id = peer.call<JoinGroupResponse>(join, 5).member_id;
    auto joined = peer.call<JoinGroupResponse>(join, 5);
    ASSERT_EQ(joined.error_code, ErrorCode::none);
    SyncGroupRequest sync;
    sync.group_id = "g";
    sync.generation_id = joined.generation_id;
    sync.member_id = join.member_id;
    ASSERT_EQ(peer.call<SyncGroupResponse>(sync, 3).error_code, ErrorCode::none);
    DescribeGroupsRequest request;
    request.groups.assign(20'000, "g");
    auto bytes = bytes_during([&] {
      auto groups = peer.call<DescribeGroupsResponse>(request, 5).groups;
      ASSERT_EQ(groups.size(), request.groups.size());
      EXPECT_EQ(groups[1].members.size(), 1u);
      EXPECT_EQ(groups.back().error_code, ErrorCode::invalid_request);
    });
    EXPECT_LT(bytes, 50u << 20);
  });
}

TEST(RequestMemory, OfAnOffsetFetchedAgainAndAgain) {
  BrokerWorld cluster({}, 1);
  cluster.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    await_coordinator(peer, coordinator_of_group);
    OffsetCommitRequest commit;
    commit.group_id = "g";
    commit.topics.push_back({"t", {}, {{0, 1, -1, std::string(4000, 'm')}}});
    ASSERT_EQ(peer.call<OffsetCommitResponse>(commit, 8).topics.at(0).partitions.at(0).error_code, ErrorCode::none);
    OffsetFetchRequest request;
    request.groups.push_back({"g", {}, -1, {{{"t", {}, std::vector<std::int32_t>(20'000, 0)}}}});
    auto bytes = bytes_during([&] {
      const auto response = peer.call<OffsetFetchResponse>(request, 8);
      const auto& answered = response.groups.at(0).topics.at(0).partitions;
      EXPECT_EQ(answered.front().committed_offset, 1);
      EXPECT_EQ(answered.back().error_code, ErrorCode::invalid_request);
    });
    EXPECT_LT(bytes, 200u << 20);
  });
}

TEST(RequestMemory, OfAnOffsetCommittedAgainAndAgain) {
  BrokerWorld cluster({}, 1);
  cluster.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    await_coordinator(peer, coordinator_of_group);
    OffsetCommitRequest request;
    request.group_id = "g";
    request.topics.push_back({"t", {}, std::vector<OffsetCommitRequest::Topic::Partition>(100'000)});
    auto bytes = bytes_during([&] {
      peer.send(request, 8);
      EXPECT_FALSE(peer.frame().empty());
    });
    EXPECT_LT(bytes, 200u << 20);
  });
}

// A request of a few bytes stands for all partitions of its session, and each that waits has them.
TEST(RequestMemory, OfFetchesThatWaitInALargeSession) {
  BrokerWorld cluster({{"queued.max.request.bytes", "7000000"}}, 1);
  cluster.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", partitions);
    std::vector<FetchFrom> from;
    for (std::int32_t i = 0; i < partitions; ++i) from.push_back({"t", i});
    auto request = fetch_request(from);
    request.session_epoch = 0;
    auto rest = fetch_request({});
    rest.max_wait_ms = 2000;
    rest.session_id = peer.call<FetchResponse>(request, fetch_version).session_id;
    ASSERT_NE(rest.session_id, 0);
    Peer other(host);
    rest.session_epoch = 1;
    auto waiting = peer.send(rest, fetch_version);
    host.clock().sleep_for(milliseconds(500));
    rest.session_epoch = 2;
    EXPECT_EQ(other.call<FetchResponse>(rest, fetch_version).error_code, ErrorCode::fetch_session_id_not_found);
    EXPECT_EQ(peer.receive<FetchResponse>(waiting, fetch_version).error_code, ErrorCode::none);
  });
}

// The size of a response is not known before it is made.
TEST(RequestMemory, OfResponsesThatNobodyTakes) {
  BrokerWorld cluster({{"queued.max.response.bytes", "4000000"}}, 1);
  cluster.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 20'000);
    MetadataRequest all;
    all.topics = std::nullopt;
    peer.send(all, 12);
    EXPECT_GT(peer.frame().size(), 500'000u) << "more than the network takes of one";
    std::vector<std::unique_ptr<Peer>> deaf;
    for (int i = 0; i < 40; ++i) deaf.push_back(std::make_unique<Peer>(host));
    auto bytes = bytes_during([&] {
      for (auto& one : deaf) one->send(all, 12);
      host.clock().sleep_for(seconds(1));
    });
    EXPECT_LT(bytes, 30u << 20);
    Peer other(host);
    other.send(all, 12);
    EXPECT_GT(other.frame(seconds(100)).size(), 500'000u);
  });
}

}  // namespace
}  // namespace fulmar
