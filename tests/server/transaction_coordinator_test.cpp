// Transactions from their producers' side: from finding the coordinator to what read_committed consumers get; with
// coordinators and leaders that are stopped in between.
#include "broker/protocol/messages/find_coordinator.h"
#include "broker/protocol/messages/group_offsets.h"
#include "broker/protocol/messages/init_producer_id.h"
#include "broker/protocol/messages/producers.h"
#include "broker/protocol/messages/transactions.h"
#include "broker_test_kit.h"

namespace fulmar {
namespace {

constexpr const char* id = "payments";
constexpr std::int16_t old_end = 4;  // EndTxn without an epoch for each transaction
constexpr std::int16_t new_end = 5;
constexpr std::int16_t adding_produce = 12;

// Runs the body once topic "t" with two partitions exists and there is a transaction coordinator.
void with_transactions(const std::function<void(Peer&)>& body, Properties properties = {}) {
  properties.try_emplace("transaction.state.log.num.partitions", "3");
  BrokerWorld cluster(properties);
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 2);
    FindCoordinatorRequest find;
    find.key_type = 1;
    find.coordinator_keys = {id};
    while (peer.call<FindCoordinatorResponse>(find, 4).coordinators.at(0).error_code != ErrorCode::none)
      host.clock().sleep_for(milliseconds(100));
    body(peer);
  });
}

InitProducerIdResponse init_once(Peer& peer, std::int32_t timeout_ms = 60'000, std::int16_t version = 4) {
  InitProducerIdRequest request;
  request.transactional_id = id;
  request.transaction_timeout_ms = timeout_ms;
  return peer.call<InitProducerIdResponse>(request, version);
}

bool is_for_later(ErrorCode error) {
  return error == ErrorCode::concurrent_transactions || error == ErrorCode::coordinator_load_in_progress ||
         error == ErrorCode::coordinator_not_available || error == ErrorCode::not_coordinator;
}

InitProducerIdResponse init(Peer& peer, std::int32_t timeout_ms = 60'000) {
  for (;;) {
    auto response = init_once(peer, timeout_ms);
    if (!is_for_later(response.error_code)) {
      EXPECT_EQ(response.error_code, ErrorCode::none);
      return response;
    }
    peer.host().clock().sleep_for(milliseconds(50));
  }
}

AddPartitionsToTxnResponse add_once(Peer& peer, const InitProducerIdResponse& producer,
                                    std::vector<std::int32_t> partitions, const std::string& topic = "t") {
  AddPartitionsToTxnRequest request;
  request.transactional_id = id;
  request.producer_id = producer.producer_id;
  request.producer_epoch = producer.producer_epoch;
  request.topics = {{topic, std::move(partitions)}};
  return peer.call<AddPartitionsToTxnResponse>(request, 3);
}

ErrorCode add(Peer& peer, const InitProducerIdResponse& producer, std::vector<std::int32_t> partitions) {
  for (;;) {
    auto error = add_once(peer, producer, partitions).topics.at(0).partitions.at(0).error_code;
    if (!is_for_later(error)) return error;
    peer.host().clock().sleep_for(milliseconds(20));
  }
}

ErrorCode write(Peer& peer, const InitProducerIdResponse& producer, std::int32_t partition, const std::string& value,
                std::int32_t sequence, std::int16_t version = produce_version) {
  auto request = produce_request("t", partition,
                                 batch_of(1, value,
                                          {.producer_id = producer.producer_id,
                                           .producer_epoch = producer.producer_epoch,
                                           .base_sequence = sequence,
                                           .transactional = true}));
  request.transactional_id = id;
  for (;;) {
    auto error = peer.call<ProduceResponse>(request, version).topics.at(0).partitions.at(0).error_code;
    if (!is_for_later(error)) return error;
    peer.host().clock().sleep_for(milliseconds(20));
  }
}

EndTxnResponse end(Peer& peer, const InitProducerIdResponse& producer, bool commit, std::int16_t version) {
  EndTxnRequest request{id, producer.producer_id, producer.producer_epoch, commit};
  for (;;) {
    auto response = peer.call<EndTxnResponse>(request, version);
    if (!is_for_later(response.error_code)) return response;
    peer.host().clock().sleep_for(milliseconds(20));
  }
}

DescribeTransactionsResponse::Transaction described(Peer& peer) {
  return peer.call<DescribeTransactionsResponse>(DescribeTransactionsRequest{{id}}, 0).transaction_states.at(0);
}

void await_state(Peer& peer, const std::string& state) {
  for (int tries = 0; tries < 400 && described(peer).transaction_state != state; ++tries)
    peer.host().clock().sleep_for(milliseconds(50));
  EXPECT_EQ(described(peer).transaction_state, state);
}

// The records of a partition that a read_committed consumer gets, without those of aborted transactions, which clients
// drop.
std::vector<std::string> committed(Peer& peer, std::int32_t partition) {
  auto request = fetch_request({{"t", partition, 0}});
  request.isolation_level = 1;
  auto read = peer.call<FetchResponse>(request, fetch_version).topics.at(0).partitions.at(0);
  EXPECT_EQ(read.error_code, ErrorCode::none);
  std::map<ProducerId, std::set<Offset>> aborts;
  if (read.aborted_transactions)
    for (const auto& one : *read.aborted_transactions) aborts[one.producer_id].insert(one.first_offset);
  std::set<ProducerId> aborting;
  std::vector<std::string> values;
  for (Bytes rest = read.records.flatten(); !rest.empty();) {
    auto header = *read_batch_header(rest.view());
    auto& begins = aborts[header.producer_id];
    if (!begins.empty() && *begins.begin() <= header.base_offset) {
      begins.erase(begins.begin());
      aborting.insert(header.producer_id);
    }
    if (header.control())
      aborting.erase(header.producer_id);
    else if (!header.transactional() || !aborting.contains(header.producer_id))
      for (auto& record : *read_records(rest.slice(0, header.size()), 1 << 20))
        values.emplace_back(record.value->view());
    rest = rest.slice(header.size());
  }
  return values;
}

TEST(TransactionCoordination, ACommittedTransactionIsReadAndAnAbortedOneIsNot) {
  with_transactions([](Peer& peer) {
    auto producer = init(peer);
    EXPECT_EQ(producer.producer_epoch, 0);
    for (bool commits : {true, false}) {
      std::string value = commits ? "kept" : "dropped";
      std::int32_t sequence = commits ? 0 : 1;
      EXPECT_EQ(add(peer, producer, {0, 1}), ErrorCode::none);
      EXPECT_EQ(write(peer, producer, 0, value, sequence), ErrorCode::none);
      EXPECT_EQ(write(peer, producer, 1, value, sequence), ErrorCode::none);
      EXPECT_EQ(described(peer).transaction_state, "Ongoing");
      auto before = commits ? std::vector<std::string>{} : std::vector<std::string>{"kept"};
      EXPECT_EQ(committed(peer, 0), before) << "nothing of an open transaction is read";
      EXPECT_EQ(end(peer, producer, commits, old_end).error_code, ErrorCode::none);
      await_state(peer, commits ? "CompleteCommit" : "CompleteAbort");
    }
    for (std::int32_t partition : {0, 1}) EXPECT_EQ(committed(peer, partition), std::vector<std::string>{"kept"});
  });
}

TEST(TransactionCoordination, ProducingAddsThePartitionsAndEachTransactionHasItsEpoch) {
  with_transactions([](Peer& peer) {
    auto producer = init(peer);
    for (int n = 0; n < 4; ++n) {
      EXPECT_EQ(write(peer, producer, n % 2, std::to_string(n), 0, adding_produce), ErrorCode::none);
      auto ended = end(peer, producer, n != 1, new_end);
      EXPECT_EQ(ended.error_code, ErrorCode::none);
      EXPECT_EQ(ended.producer_epoch, producer.producer_epoch + 1);
      producer.producer_epoch = ended.producer_epoch;
    }
    await_state(peer, "CompleteCommit");
    EXPECT_EQ(committed(peer, 0), (std::vector<std::string>{"0", "2"}));
    EXPECT_EQ(committed(peer, 1), (std::vector<std::string>{"3"}));
  });
}

TEST(TransactionCoordination, ProducingWaitsForTheEndOfTheTransactionBefore) {
  with_transactions([](Peer& peer) {
    auto producer = init(peer);
    for (int n = 0; n < 4; ++n) {
      auto request = produce_request("t", n % 2,
                                     batch_of(1, std::to_string(n),
                                              {.producer_id = producer.producer_id,
                                               .producer_epoch = producer.producer_epoch,
                                               .base_sequence = 0,
                                               .transactional = true}));
      request.transactional_id = id;
      auto response = peer.call<ProduceResponse>(request, adding_produce);
      EXPECT_EQ(response.topics.at(0).partitions.at(0).error_code, ErrorCode::none) << "transaction " << n;
      producer.producer_epoch = end(peer, producer, true, new_end).producer_epoch;
    }
  });
}

TEST(TransactionCoordination, NothingIsWrittenToAPartitionThatTheCoordinatorDoesNotKnowOf) {
  with_transactions([](Peer& peer) {
    auto producer = init(peer);
    EXPECT_EQ(write(peer, producer, 0, "stray", 0), ErrorCode::invalid_txn_state);
    EXPECT_EQ(add(peer, producer, {1}), ErrorCode::none);
    EXPECT_EQ(write(peer, producer, 0, "stray", 0), ErrorCode::invalid_txn_state);
    EXPECT_EQ(write(peer, producer, 1, "part", 0), ErrorCode::none);
    EXPECT_EQ(end(peer, producer, true, old_end).error_code, ErrorCode::none);
    await_state(peer, "CompleteCommit");
    EXPECT_EQ(write(peer, producer, 1, "late", 1), ErrorCode::invalid_txn_state);
    EXPECT_EQ(committed(peer, 0), std::vector<std::string>{});
    EXPECT_EQ(committed(peer, 1), std::vector<std::string>{"part"});
  });
}

TEST(TransactionCoordination, AZombieIsShutOutOfItsTransactionAndOfThePartitions) {
  with_transactions([](Peer& peer) {
    auto zombie = init(peer);
    EXPECT_EQ(add(peer, zombie, {0}), ErrorCode::none);
    EXPECT_EQ(write(peer, zombie, 0, "zombie", 0), ErrorCode::none);
    EXPECT_EQ(init_once(peer).error_code, ErrorCode::concurrent_transactions) << "the open one is aborted first";
    auto producer = init(peer);
    EXPECT_EQ(producer.producer_id, zombie.producer_id);
    EXPECT_GT(producer.producer_epoch, zombie.producer_epoch);
    EXPECT_EQ(write(peer, zombie, 0, "zombie", 1), ErrorCode::invalid_producer_epoch);
    EXPECT_EQ(end(peer, zombie, true, old_end).error_code, ErrorCode::producer_fenced);
    EXPECT_EQ(end(peer, zombie, true, 1).error_code, ErrorCode::invalid_producer_epoch) << "in words that it knows";
    EXPECT_EQ(add(peer, producer, {0}), ErrorCode::none);
    EXPECT_EQ(write(peer, producer, 0, "heir", 0), ErrorCode::none);
    EXPECT_EQ(end(peer, producer, true, old_end).error_code, ErrorCode::none);
    await_state(peer, "CompleteCommit");
    EXPECT_EQ(committed(peer, 0), std::vector<std::string>{"heir"});
  });
}

TEST(TransactionCoordination, ATransactionThatIsLeftOpenIsAbortedAndKeepsNoReaderWaiting) {
  with_transactions([](Peer& peer) {
    auto producer = init(peer, 5'000);
    EXPECT_EQ(add(peer, producer, {0}), ErrorCode::none);
    EXPECT_EQ(write(peer, producer, 0, "left", 0), ErrorCode::none);
    EXPECT_EQ(produce(peer, "t", 0, batch_of(1, "behind")).error_code, ErrorCode::none);
    EXPECT_EQ(committed(peer, 0), std::vector<std::string>{});
    peer.host().clock().sleep_for(milliseconds(5'500));
    EXPECT_EQ(described(peer).transaction_state, "CompleteAbort");
    EXPECT_EQ(committed(peer, 0), std::vector<std::string>{"behind"});
    EXPECT_EQ(end(peer, producer, true, old_end).error_code, ErrorCode::producer_fenced);
  });
}

// The group's committed offset of "t" 0; an error if it is unstable.
std::pair<Offset, ErrorCode> fetched(Peer& peer, bool stable) {
  OffsetFetchRequest request;
  request.require_stable = stable;
  auto& asked = request.groups.emplace_back();
  asked.group_id = "g";
  asked.member_epoch = -1;
  asked.topics.emplace().push_back({"t", {}, {0}});
  for (;;) {
    auto response = peer.call<OffsetFetchResponse>(request, 9);
    const auto& group = response.groups.at(0);
    if (is_for_later(group.error_code)) {
      peer.host().clock().sleep_for(milliseconds(50));
      continue;
    }
    EXPECT_EQ(group.error_code, ErrorCode::none);
    const auto& partition = group.topics.at(0).partitions.at(0);
    return {partition.committed_offset, partition.error_code};
  }
}

ErrorCode commit(Peer& peer, const InitProducerIdResponse& producer, Offset offset, std::int16_t version,
                 std::int32_t generation = -1, std::int32_t partition = 0) {
  TxnOffsetCommitRequest request;
  request.transactional_id = id;
  request.group_id = "g";
  request.producer_id = producer.producer_id;
  request.producer_epoch = producer.producer_epoch;
  request.generation_id_or_member_epoch = generation;
  request.topics = {{"t", {}, {{partition, offset, -1, ""}}}};
  for (;;) {
    auto response = peer.call<TxnOffsetCommitResponse>(request, version);
    auto error = response.topics.at(0).partitions.at(0).error_code;
    if (!is_for_later(error)) return error;
    peer.host().clock().sleep_for(milliseconds(20));
  }
}

ErrorCode add_group(Peer& peer, const InitProducerIdResponse& producer) {
  for (;;) {
    AddOffsetsToTxnRequest request{id, producer.producer_id, producer.producer_epoch, "g"};
    auto error = peer.call<AddOffsetsToTxnResponse>(request, 3).error_code;
    if (!is_for_later(error)) return error;
    peer.host().clock().sleep_for(milliseconds(50));
  }
}

TEST(TransactionCoordination, OffsetsCountOnceTheirTransactionIsCommitted) {
  with_transactions([](Peer& peer) {
    auto producer = init(peer);
    constexpr std::int16_t old_commit = 3;
    EXPECT_EQ(add_group(peer, producer), ErrorCode::none);
    EXPECT_EQ(commit(peer, producer, 5, old_commit), ErrorCode::none);
    EXPECT_EQ(fetched(peer, true), std::pair(Offset{-1}, ErrorCode::unstable_offset_commit));
    EXPECT_EQ(fetched(peer, false), std::pair(Offset{-1}, ErrorCode::none));
    EXPECT_EQ(end(peer, producer, true, old_end).error_code, ErrorCode::none);
    await_state(peer, "CompleteCommit");
    EXPECT_EQ(fetched(peer, true), std::pair(Offset{5}, ErrorCode::none));

    EXPECT_EQ(commit(peer, producer, 9, old_commit), ErrorCode::invalid_txn_state) << "of no transaction";
    EXPECT_EQ(add_group(peer, producer), ErrorCode::none);
    EXPECT_EQ(commit(peer, producer, 8, old_commit), ErrorCode::none);
    EXPECT_EQ(commit(peer, producer, 9, old_commit, 4), ErrorCode::unknown_member_id);
    EXPECT_EQ(end(peer, producer, false, old_end).error_code, ErrorCode::none);
    await_state(peer, "CompleteAbort");
    EXPECT_EQ(fetched(peer, true), std::pair(Offset{5}, ErrorCode::none));
  });
}

TEST(TransactionCoordination, CommittingOffsetsAddsTheGroup) {
  with_transactions([](Peer& peer) {
    auto producer = init(peer);
    FindCoordinatorRequest find{"", 0, {"g"}};
    while (peer.call<FindCoordinatorResponse>(find, 4).coordinators.at(0).error_code != ErrorCode::none)
      peer.host().clock().sleep_for(milliseconds(100));
    EXPECT_EQ(fetched(peer, true), std::pair(Offset{-1}, ErrorCode::none));
    EXPECT_EQ(commit(peer, producer, 7, 5), ErrorCode::none);
    EXPECT_EQ(described(peer).topics.at(0).name, "__consumer_offsets");
    EXPECT_EQ(fetched(peer, true), std::pair(Offset{-1}, ErrorCode::unstable_offset_commit));
    auto zombie = producer;
    auto ended = end(peer, producer, true, new_end);
    EXPECT_EQ(ended.error_code, ErrorCode::none);
    await_state(peer, "CompleteCommit");
    EXPECT_EQ(fetched(peer, true), std::pair(Offset{7}, ErrorCode::none));
    EXPECT_EQ(commit(peer, zombie, 8, 5), ErrorCode::invalid_producer_epoch);
  });
}

TEST(TransactionCoordination, UndecidedOffsetsOutliveTheBroker) {
  Properties few{{"transaction.state.log.num.partitions", "3"}, {"offsets.topic.num.partitions", "3"}};
  BrokerWorld cluster(few);
  InitProducerIdResponse producer;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 2);
    FindCoordinatorRequest find{"", 1, {id}};
    while (peer.call<FindCoordinatorResponse>(find, 4).coordinators.at(0).error_code != ErrorCode::none)
      host.clock().sleep_for(milliseconds(100));
    producer = init(peer);
    EXPECT_EQ(add_group(peer, producer), ErrorCode::none);
    EXPECT_EQ(commit(peer, producer, 5, 3), ErrorCode::none);
  });
  cluster.restart(false);
  cluster.run([&](Host& host) {
    Peer peer(host);
    EXPECT_EQ(fetched(peer, true), std::pair(Offset{-1}, ErrorCode::unstable_offset_commit));
    EXPECT_EQ(end(peer, producer, true, old_end).error_code, ErrorCode::none);
    await_state(peer, "CompleteCommit");
    EXPECT_EQ(fetched(peer, true), std::pair(Offset{5}, ErrorCode::none));
  });
  cluster.restart(false);
  cluster.run([&](Host& host) {
    Peer peer(host);
    EXPECT_EQ(fetched(peer, true), std::pair(Offset{5}, ErrorCode::none));
  });
}

// How many markers there are for the transactions that have committed offsets of the group.
std::size_t markers_of_offsets(Peer& peer) {
  std::size_t found = 0;
  for (Offset next = 0;;) {
    auto part = fetch(peer, {"__consumer_offsets", 0, next});
    EXPECT_EQ(part.error_code, ErrorCode::none);
    auto bytes = part.records.flatten();
    if (bytes.empty()) return found;
    while (!bytes.empty()) {
      auto header = *read_batch_header(bytes.view());
      found += header.control();
      next = header.next_offset();
      bytes = bytes.slice(header.size());
    }
  }
}

// What is compacted has the producer, but is of no transaction: no marker comes that would commit it.
TEST(TransactionCoordination, CommittedOffsetsStayCommittedWhenTheirMarkersAreGone) {
  BrokerWorld cluster(Properties{{"transaction.state.log.num.partitions", "1"},
                                 {"offsets.topic.num.partitions", "1"},
                                 {"log.cleaner.backoff.ms", "100"},
                                 {"log.cleaner.min.cleanable.ratio", "0.01"},
                                 {"log.cleaner.delete.retention.ms", "1000"}});
  cluster.config.group_topic.segment_bytes = 512;  // less than the property may be
  cluster.restart(false);
  constexpr std::size_t transactions = 20;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 2);
    FindCoordinatorRequest find{"", 1, {id}};
    while (peer.call<FindCoordinatorResponse>(find, 4).coordinators.at(0).error_code != ErrorCode::none)
      host.clock().sleep_for(milliseconds(100));
    auto producer = init(peer);
    for (std::size_t i = 0; i < transactions; ++i) {
      EXPECT_EQ(add_group(peer, producer), ErrorCode::none);
      EXPECT_EQ(commit(peer, producer, 5, 3, -1, i == 0 ? 0 : 1), ErrorCode::none);
      EXPECT_EQ(end(peer, producer, true, old_end).error_code, ErrorCode::none);
      await_state(peer, "CompleteCommit");
      if (i % 4 == 0) host.clock().sleep_for(seconds(2));
    }
    host.clock().sleep_for(seconds(5));
    EXPECT_LT(markers_of_offsets(peer), transactions / 2);
    EXPECT_EQ(fetched(peer, true), std::pair(Offset{5}, ErrorCode::none));
  });
  cluster.restart(false);
  cluster.run([&](Host& host) {
    Peer peer(host);
    EXPECT_EQ(fetched(peer, true), std::pair(Offset{5}, ErrorCode::none));
  });
}

TEST(TransactionCoordination, WhatCanNotBeIsRefused) {
  with_transactions([](Peer& peer) {
    auto refused = [&](auto change) {
      InitProducerIdRequest request;
      request.transactional_id = id;
      request.transaction_timeout_ms = 1'000;
      change(request);
      return peer.call<InitProducerIdResponse>(request, 4).error_code;
    };
    EXPECT_EQ(refused([](auto& request) { request.transactional_id = ""; }), ErrorCode::invalid_request);
    EXPECT_EQ(refused([](auto& request) { request.producer_id = 5; }), ErrorCode::invalid_request);
    EXPECT_EQ(refused([](auto& request) { request.transaction_timeout_ms = 900'001; }),
              ErrorCode::invalid_transaction_timeout);
    auto producer = init(peer);
    auto unknown = add_once(peer, producer, {0, 7});
    EXPECT_EQ(unknown.topics.at(0).partitions.at(0).error_code, ErrorCode{55});
    EXPECT_EQ(unknown.topics.at(0).partitions.at(1).error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(described(peer).transaction_state, "Empty");
    EXPECT_EQ(end(peer, producer, true, new_end).error_code, ErrorCode::invalid_txn_state);
    auto nobody = peer.call<DescribeTransactionsResponse>(DescribeTransactionsRequest{{"nobody", ""}}, 0);
    EXPECT_EQ(nobody.transaction_states.at(0).error_code, ErrorCode::transactional_id_not_found);
    EXPECT_EQ(nobody.transaction_states.at(1).error_code, ErrorCode::invalid_request);
    // Only the coordinators themselves write to their topic.
    EXPECT_EQ(produce(peer, "__transaction_state", 0, batch_of(1, "forged")).error_code,
              ErrorCode::invalid_topic_exception);
  });
}

TEST(TransactionCoordination, TransactionsAreListed) {
  with_transactions([](Peer& peer) {
    auto producer = init(peer);
    EXPECT_EQ(add(peer, producer, {0}), ErrorCode::none);
    ListTransactionsRequest request;
    request.state_filters = {"Ongoing", "Confused"};
    auto listed = peer.call<ListTransactionsResponse>(request, 1);
    EXPECT_EQ(listed.error_code, ErrorCode::none);
    EXPECT_EQ(listed.unknown_state_filters, std::vector<std::string>{"Confused"});
    ASSERT_EQ(listed.transaction_states.size(), 1u);
    EXPECT_EQ(listed.transaction_states[0].transactional_id, id);
    EXPECT_EQ(listed.transaction_states[0].producer_id, producer.producer_id);
    request.state_filters = {"Empty"};
    EXPECT_TRUE(peer.call<ListTransactionsResponse>(request, 1).transaction_states.empty());
    request.state_filters.clear();
    for (const auto& [pattern, count] : {std::pair("pay.*", 1u), std::pair("pay", 0u), std::pair("", 1u)}) {
      request.transactional_id_pattern = pattern;
      EXPECT_EQ(peer.call<ListTransactionsResponse>(request, 2).transaction_states.size(), count) << pattern;
    }
    request.transactional_id_pattern = "(";
    EXPECT_EQ(peer.call<ListTransactionsResponse>(request, 2).error_code, ErrorCode::invalid_regular_expression);
  });
}

TEST(TransactionCoordination, ATransactionGoesOnAfterTheBrokersDeath) {
  BrokerWorld cluster(Properties{{"transaction.state.log.num.partitions", "3"}});
  InitProducerIdResponse producer;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 2);
    FindCoordinatorRequest find{"", 1, {id}};
    while (peer.call<FindCoordinatorResponse>(find, 4).coordinators.at(0).error_code != ErrorCode::none)
      host.clock().sleep_for(milliseconds(100));
    producer = init(peer);
    EXPECT_EQ(add(peer, producer, {0, 1}), ErrorCode::none);
    EXPECT_EQ(write(peer, producer, 0, "first", 0), ErrorCode::none);
  });
  cluster.restart(false);
  cluster.run([&](Host& host) {
    Peer peer(host);
    EXPECT_EQ(write(peer, producer, 1, "second", 0), ErrorCode::none);
    EXPECT_EQ(end(peer, producer, true, old_end).error_code, ErrorCode::none);
  });
  cluster.restart(false);  // perhaps before its markers are written
  cluster.run([&](Host& host) {
    Peer peer(host);
    await_state(peer, "CompleteCommit");
    EXPECT_EQ(committed(peer, 0), std::vector<std::string>{"first"});
    EXPECT_EQ(committed(peer, 1), std::vector<std::string>{"second"});
  });
}

}  // namespace
}  // namespace fulmar
