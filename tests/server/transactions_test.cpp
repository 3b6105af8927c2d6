// Transactions as clients see them in a partition: what read_committed consumers get, and how transactions end.
#include "broker/protocol/messages/transactions.h"
#include "broker/log/log_manager.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/producers.h"
#include "broker/protocol/records/end_marker.h"
#include "broker_test_kit.h"

namespace fulmar {
namespace {

constexpr std::int8_t uncommitted = 0;
constexpr std::int8_t committed = 1;

// A partition with transactions: 0 is plain; 1 and 2 are producer 7's, aborted by 5; 3 is plain; 4 is producer 8's,
// which is open.
void write_transactions(BrokerWorld& cluster) {
  cluster.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    EXPECT_EQ(produce(peer, "t", 0, batch_of(1, "plain")).error_code, ErrorCode::none);
  });
  cluster.stop();
  cluster.broker.start(1, [](Host& host) {
    LogManager manager(host, {});
    auto log = manager.open("t-0", {}, true).value();
    auto put = [&](const Bytes& batch, AppendOrigin origin) {
      auto header = *read_batch_header(batch.view());
      if (header.transactional()) origin.verified = log->producers().begin_verification(header, false, {});
      EXPECT_TRUE(log->append(header, batch, log->epochs().latest().value_or(0), origin).has_value());
    };
    auto of = [](ProducerId id) {
      return BatchOptions{.producer_id = id, .producer_epoch = 3, .base_sequence = 0, .transactional = true};
    };
    put(batch_of(2, "seven", of(7)), {});
    put(batch_of(1, "between"), {});
    put(batch_of(1, "eight", of(8)), {});
    put(build_end_marker({false, 5}, 7, 3, World::epoch_ms), {.coordinator = true});
    EXPECT_TRUE(log->wait_stable(log->log_end(), Deadline::never()));
    EXPECT_TRUE(manager.close());
    return 0;
  });
  cluster.world.run_until([&] { return !cluster.broker.running(); }, cluster.world.now() + seconds(60));
  cluster.start(2);
  cluster.world.run_for(seconds(1));  // until the partition is open
}

FetchResponse::Topic::Partition fetch_isolated(Peer& peer, Offset from, std::int8_t isolation) {
  auto request = fetch_request({{"t", 0, from}});
  request.isolation_level = isolation;
  return peer.call<FetchResponse>(request, fetch_version).topics.at(0).partitions.at(0);
}

Offset latest(Peer& peer, std::int8_t isolation) {
  ListOffsetsRequest request;
  request.isolation_level = isolation;
  request.topics.emplace_back().name = "t";
  request.topics[0].partitions.emplace_back().timestamp = -1;
  auto response = peer.call<ListOffsetsResponse>(request, 7);
  auto& partition = response.topics.at(0).partitions.at(0);
  EXPECT_EQ(partition.error_code, ErrorCode::none);
  return partition.offset;
}

WriteTxnMarkersRequest marker_request(ProducerId producer, bool commit, std::int16_t epoch = 3,
                                      std::int32_t coordinator_epoch = 5) {
  WriteTxnMarkersRequest request;
  request.markers.push_back({.producer_id = producer,
                             .producer_epoch = epoch,
                             .transaction_result = commit,
                             .topics = {{"t", {0}}},
                             .coordinator_epoch = coordinator_epoch});
  return request;
}

ErrorCode write_marker(Peer& peer, const WriteTxnMarkersRequest& request) {
  auto response = peer.call<WriteTxnMarkersResponse>(request, 2);
  EXPECT_EQ(response.markers.size(), 1u);
  EXPECT_EQ(response.markers.at(0).producer_id, request.markers[0].producer_id);
  return response.markers.at(0).topics.at(0).partitions.at(0).error_code;
}

void expect_one_open(Peer& peer) {
  EXPECT_EQ(latest(peer, uncommitted), 6);
  EXPECT_EQ(latest(peer, committed), 4);
  auto read = fetch_isolated(peer, 0, committed);
  EXPECT_EQ(values_of(read.records), (std::vector<std::string>{"plain", "seven", "seven", "between"}));
  EXPECT_EQ(read.high_watermark, 6);
  EXPECT_EQ(read.last_stable_offset, 4);
  ASSERT_TRUE(read.aborted_transactions && read.aborted_transactions->size() == 1);
  EXPECT_EQ(read.aborted_transactions->at(0).producer_id, 7);
  EXPECT_EQ(read.aborted_transactions->at(0).first_offset, 1);
  auto all = fetch_isolated(peer, 0, uncommitted);
  EXPECT_EQ(read_batch_header(all.records.flatten().view())->base_offset, 0);
  EXPECT_GT(all.records.size(), read.records.size());
  EXPECT_EQ(all.last_stable_offset, 4);
  EXPECT_FALSE(all.aborted_transactions.has_value());
  auto none = fetch_isolated(peer, 4, committed);
  EXPECT_EQ(none.error_code, ErrorCode::none);
  EXPECT_EQ(none.records.size(), 0u);
}

TEST(Transactions, ReadersOfCommittedRecordsGetThemUpToTheFirstThatIsOpenAlsoAfterRestarts) {
  BrokerWorld cluster;
  write_transactions(cluster);
  for (int life = 0; life < 3; ++life) {
    cluster.run([&](Host& host) {
      Peer peer(host);
      expect_one_open(peer);
    });
    cluster.restart(life == 0);
  }
}

TEST(Transactions, ALongPollOfCommittedRecordsEndsWithTheTransactionAndNotWithWhatFollowsIt) {
  BrokerWorld cluster;
  write_transactions(cluster);
  cluster.run([&](Host& host) {
    Peer consumer(host);
    Peer other(host);
    auto request = fetch_request({{"t", 0, 4}}, 100'000);
    request.isolation_level = committed;
    auto began = host.clock().now();
    auto id = consumer.send(request, fetch_version);
    host.clock().sleep_for(seconds(2));
    EXPECT_EQ(produce(other, "t", 0, batch_of(1, "after")).error_code, ErrorCode::none);
    host.clock().sleep_for(seconds(2));
    EXPECT_EQ(write_marker(other, marker_request(8, true)), ErrorCode::none);
    auto response = consumer.receive<FetchResponse>(id, fetch_version);
    auto& read = response.topics.at(0).partitions.at(0);
    EXPECT_GE(host.clock().now() - began, seconds(4));
    EXPECT_LT(host.clock().now() - began, seconds(5));
    EXPECT_EQ(read.last_stable_offset, 8);
    EXPECT_EQ(read_batch_header(read.records.flatten().view())->base_offset, 4);
    ASSERT_TRUE(read.aborted_transactions.has_value());
    EXPECT_EQ(read.aborted_transactions->size(), 1u) << "the aborted one's marker lies among what was read";
  });
}

TEST(Transactions, EndByTheMarkersOfTheirCoordinatorOnly) {
  BrokerWorld cluster;
  write_transactions(cluster);
  cluster.run([&](Host& host) {
    Peer peer(host);
    EXPECT_EQ(write_marker(peer, marker_request(8, false, 2)), ErrorCode::invalid_producer_epoch);
    EXPECT_EQ(write_marker(peer, marker_request(7, false, 3, 4)), ErrorCode::transaction_coordinator_fenced);
    EXPECT_EQ(write_marker(peer, marker_request(-1, false)), ErrorCode::invalid_request);
    auto unknown = marker_request(8, false);
    unknown.markers[0].topics[0].name = "none";
    EXPECT_EQ(write_marker(peer, unknown), ErrorCode::unknown_topic_or_partition);
    unknown = marker_request(8, false);
    unknown.markers[0].topics[0].partition_indexes = {7};
    EXPECT_EQ(write_marker(peer, unknown), ErrorCode::unknown_topic_or_partition);
    expect_one_open(peer);
    EXPECT_EQ(write_marker(peer, marker_request(8, false)), ErrorCode::none);
    EXPECT_EQ(write_marker(peer, marker_request(8, false)), ErrorCode::none) << "once more ends nothing";
    EXPECT_EQ(latest(peer, committed), 8);
    auto read = fetch_isolated(peer, 0, committed);
    ASSERT_TRUE(read.aborted_transactions.has_value());
    EXPECT_EQ(read.aborted_transactions->size(), 2u);
  });
}

TEST(Transactions, TheProducersOfAPartitionAreDescribedWithTheirOpenTransactions) {
  BrokerWorld cluster;
  write_transactions(cluster);
  cluster.run([&](Host& host) {
    Peer peer(host);
    DescribeProducersRequest request;
    request.topics.push_back({"t", {0, 9}});
    auto response = peer.call<DescribeProducersResponse>(request, 0);
    auto& partitions = response.topics.at(0).partitions;
    ASSERT_EQ(partitions.size(), 2u);
    EXPECT_EQ(partitions[1].error_code, ErrorCode::unknown_topic_or_partition);
    auto& producers = partitions[0].active_producers;
    ASSERT_EQ(producers.size(), 2u);
    EXPECT_EQ(producers[0].producer_id, 7);
    EXPECT_EQ(producers[0].coordinator_epoch, 5);
    EXPECT_EQ(producers[0].last_sequence, 1);
    EXPECT_EQ(producers[0].current_txn_start_offset, -1);
    EXPECT_EQ(producers[1].producer_id, 8);
    EXPECT_EQ(producers[1].producer_epoch, 3);
    EXPECT_EQ(producers[1].coordinator_epoch, -1);
    EXPECT_EQ(producers[1].current_txn_start_offset, 4);
    EXPECT_EQ(producers[1].last_timestamp, World::epoch_ms);
  });
}

}  // namespace
}  // namespace fulmar
