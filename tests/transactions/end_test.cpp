// EndTxn: how transactions end, and the responses to repeated and late requests, from clients with an epoch for each
// transaction (version 2, KIP-890) and from others.
#include <gtest/gtest.h>

#include "tests/transactions/kit.h"

namespace fulmar {
namespace {

constexpr auto v0 = TransactionVersion::v0;
constexpr auto v2 = TransactionVersion::v2;
constexpr auto commit = TransactionEnd::commit;
constexpr auto abort = TransactionEnd::abort;
const PartitionsByTopic orders{{"orders", {0, 1}}};

TEST(TransactionEnd, IsAnsweredOnceTheDecisionIsCommittedNotBefore) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  kit.add(producer, orders);
  kit.hold = true;
  auto token = kit.end(producer, commit);
  EXPECT_FALSE(kit.answers.contains(token));
  EXPECT_FALSE(kit.core->has_unmarked()) << "no marker of what is not decided";
  EXPECT_EQ(kit.core->under_way(), AllUnderWay());
  kit.commit_held();
  EXPECT_EQ(kit.error(token), ErrorCode::none);
  EXPECT_TRUE(kit.core->has_unmarked());
  EXPECT_EQ(kit.core->under_way(), (AllUnderWay{{"a", UnderWay::transaction_end}}));
  kit.hold = false;
  kit.mark_all();
  EXPECT_EQ(kit.core->under_way(), AllUnderWay());
}

TEST(TransactionEnd, OfVersion2GivesTheNextEpoch) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  kit.add(producer, orders);
  auto answer = kit.said(kit.end(producer, commit));
  EXPECT_EQ(answer.error, ErrorCode::none);
  EXPECT_EQ(answer.producer_id, producer.producer_id);
  EXPECT_EQ(answer.producer_epoch, producer.producer_epoch + 1);
  EXPECT_EQ(kit.error(kit.end(producer, commit)), ErrorCode::concurrent_transactions);
  EXPECT_EQ(kit.mark_all(), 2);
  EXPECT_EQ(kit.state("a"), "CompleteCommit");
  auto repeated = kit.said(kit.end(producer, commit));
  EXPECT_EQ(repeated.error, ErrorCode::none);
  EXPECT_EQ(repeated.producer_epoch, answer.producer_epoch);
  EXPECT_EQ(kit.error(kit.end(producer, abort)), ErrorCode::invalid_txn_state) << "it was committed";
  producer.producer_epoch = answer.producer_epoch;
  EXPECT_EQ(kit.error(kit.end(producer, commit)), ErrorCode::invalid_txn_state) << "there is none to be committed";
  EXPECT_EQ(kit.said(kit.end(producer, abort)).producer_epoch, answer.producer_epoch + 1);
  EXPECT_EQ(kit.state("a"), "CompleteAbort");
}

TEST(TransactionEnd, OfVersion0KeepsTheEpoch) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  EXPECT_EQ(kit.error(kit.end(producer, abort, v0)), ErrorCode::invalid_txn_state) << "none is open";
  kit.add(producer, orders, v0);
  EXPECT_EQ(kit.said(kit.end(producer, abort, v0)).producer_epoch, producer.producer_epoch);
  EXPECT_EQ(kit.error(kit.end(producer, abort, v0)), ErrorCode::concurrent_transactions);
  EXPECT_EQ(kit.error(kit.end(producer, commit, v0)), ErrorCode::invalid_txn_state);
  EXPECT_EQ(kit.core->unmarked(std::nullopt, 1).at(0).version, v0);
  kit.mark_all();
  EXPECT_EQ(kit.error(kit.end(producer, abort, v0)), ErrorCode::none) << "repeated";
  EXPECT_EQ(kit.error(kit.end(producer, commit, v0)), ErrorCode::invalid_txn_state);
  EXPECT_EQ(kit.error(kit.add(producer, orders, v0)), ErrorCode::none);
  EXPECT_EQ(kit.error(kit.end(producer, commit, v0)), ErrorCode::none);
  kit.mark_all();
  EXPECT_EQ(kit.state("a"), "CompleteCommit");
}

TEST(TransactionEnd, OfATransactionWithoutPartitionsIsCompleteAtOnce) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  EXPECT_EQ(kit.error(kit.end(producer, commit)), ErrorCode::invalid_txn_state);
  EXPECT_EQ(kit.said(kit.end(producer, abort)).producer_epoch, 1);
  EXPECT_EQ(kit.state("a"), "CompleteAbort");
}

TEST(TransactionEnd, OnlyTheProducerMayDecideIt) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  kit.add(producer, orders);
  for (auto version : {v0, v2}) {
    EXPECT_EQ(kit.error(kit.end({"", 1, 0}, commit, version)), ErrorCode::invalid_request);
    EXPECT_EQ(kit.error(kit.end({"b", 1, 0}, commit, version)), ErrorCode::invalid_producer_id_mapping);
    EXPECT_EQ(kit.error(kit.end({"a", 1, 0}, commit, version)), ErrorCode::invalid_producer_id_mapping);
    EXPECT_EQ(kit.error(kit.end({"a", producer.producer_id, 5}, commit, version)), ErrorCode::producer_fenced);
  }
  EXPECT_EQ(kit.state("a"), "Ongoing");
}

TEST(TransactionEnd, InTheLastEpochGivesAnotherProducerId) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  kit.log.back().value->producer_epoch = producer_epoch_max - 1;
  kit.fail_over();
  producer.producer_epoch = producer_epoch_max - 1;
  kit.add(producer, orders);
  auto answer = kit.said(kit.end(producer, commit));
  EXPECT_EQ(answer.error, ErrorCode::none);
  EXPECT_EQ(answer.producer_id, 1'001);
  EXPECT_EQ(answer.producer_epoch, 0);
  auto markers = kit.core->unmarked(std::nullopt, 1).at(0);
  EXPECT_EQ(markers.producer_id, producer.producer_id) << "of the transaction, not of the next";
  EXPECT_EQ(markers.producer_epoch, producer_epoch_max);
  kit.fail_over();
  kit.mark_all();
  auto repeated = kit.said(kit.end(producer, commit));
  EXPECT_EQ(repeated.error, ErrorCode::none);
  EXPECT_EQ(repeated.producer_id, 1'001);
  EXPECT_EQ(kit.error(kit.add({"a", 1'001, 0}, orders)), ErrorCode::none);
}

TEST(TransactionEnd, ThatCanNotBeWrittenLeavesTheTransactionOpen) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  kit.add(producer, orders);
  kit.hold = true;
  auto token = kit.end(producer, commit);
  kit.fail_held(ErrorCode::not_enough_replicas);
  EXPECT_EQ(kit.error(token), ErrorCode::coordinator_not_available);
  EXPECT_EQ(kit.error(kit.end(producer, commit)), ErrorCode::none);
}

TEST(TransactionTimeout, AbortsAndShutsOutTheProducer) {
  TransactionKit kit;
  auto producer = kit.producer("a", 10'000);
  kit.add(producer, orders);
  kit.pass(milliseconds(9'000));
  kit.add(producer, {{"orders", {2}}});
  kit.pass(milliseconds(999));
  EXPECT_EQ(kit.state("a"), "Ongoing");
  kit.pass(milliseconds(1));
  EXPECT_EQ(kit.state("a"), "PrepareAbort");
  EXPECT_EQ(kit.mark_all(), 3);
  EXPECT_EQ(kit.state("a"), "CompleteAbort");
  EXPECT_EQ(kit.error(kit.add(producer, orders)), ErrorCode::producer_fenced);
  EXPECT_EQ(kit.error(kit.end(producer, commit)), ErrorCode::invalid_txn_state);
  EXPECT_EQ(kit.error(kit.end(producer, commit, v0)), ErrorCode::producer_fenced);
}

TEST(TransactionTimeout, GoesOnWithTheNextCoordinator) {
  TransactionKit kit;
  kit.add(kit.producer("a", 10'000), orders);
  kit.pass(milliseconds(6'000));
  kit.fail_over();
  kit.pass(milliseconds(3'999));
  EXPECT_EQ(kit.state("a"), "Ongoing");
  kit.pass(milliseconds(1));
  EXPECT_EQ(kit.state("a"), "PrepareAbort");
}

TEST(TransactionTimeout, IsNeverLongerForAClockThatWasSetBack) {
  TransactionKit kit;
  kit.add(kit.producer("a", 10'000), orders);
  kit.wall -= 500'000;
  kit.fail_over();
  kit.pass(milliseconds(10'000));
  EXPECT_EQ(kit.state("a"), "PrepareAbort");
}

TEST(TransactionTimeout, IsTriedAgainIfItCanNotBeWritten) {
  TransactionKit kit;
  kit.add(kit.producer("a", 10'000), orders);
  kit.hold = true;
  kit.pass(milliseconds(10'000));
  ASSERT_EQ(kit.held.size(), 1u);
  kit.fail_held(ErrorCode::kafka_storage_error);
  EXPECT_EQ(kit.state("a"), "Ongoing");
  kit.pass(kit.settings.retry_interval);
  EXPECT_EQ(kit.state("a"), "PrepareAbort");
}

}  // namespace
}  // namespace fulmar
