// InitProducerId of transactional producers: which continue, which begin anew, and which are fenced (KIP-98, KIP-360).
#include <gtest/gtest.h>

#include "tests/transactions/kit.h"

namespace fulmar {
namespace {

const PartitionsByTopic orders{{"orders", {0, 1}}};

TEST(TransactionInit, ANewTransactionalIdGetsAProducerIdInEpochZero) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  EXPECT_EQ(producer.producer_id, 1'000);
  EXPECT_EQ(producer.producer_epoch, 0);
  EXPECT_EQ(kit.state("a"), "Empty");
  EXPECT_EQ(kit.core->describe("a").transaction_timeout_ms, 60'000);
}

TEST(TransactionInit, WhoeverTakesOverGetsTheNextEpochOfTheSameId) {
  TransactionKit kit;
  auto first = kit.producer("a");
  auto second = kit.producer("a", 5'000);
  EXPECT_EQ(second.producer_id, first.producer_id);
  EXPECT_EQ(second.producer_epoch, 1);
  EXPECT_EQ(kit.core->describe("a").transaction_timeout_ms, 5'000);
  EXPECT_EQ(kit.error(kit.add(first, orders)), ErrorCode::producer_fenced);
  EXPECT_EQ(kit.error(kit.end(first, TransactionEnd::abort)), ErrorCode::producer_fenced);
}

TEST(TransactionInit, WhatCanNotBeIsRefused) {
  TransactionKit kit;
  EXPECT_EQ(kit.error(kit.init("")), ErrorCode::invalid_request);
  EXPECT_EQ(kit.error(kit.init(std::string(40'000, 'x'))), ErrorCode::invalid_request);
  EXPECT_EQ(kit.error(kit.init("a", 0)), ErrorCode::invalid_transaction_timeout);
  EXPECT_EQ(kit.error(kit.init("a", -5)), ErrorCode::invalid_transaction_timeout);
  EXPECT_EQ(kit.error(kit.init("a", 900'001)), ErrorCode::invalid_transaction_timeout);
  EXPECT_EQ(kit.error(kit.init("a", 900'000)), ErrorCode::none);
}

TEST(TransactionInit, NothingIsBelievedBeforeItIsCommitted) {
  TransactionKit kit;
  kit.hold = true;
  auto first = kit.init("a");
  EXPECT_FALSE(kit.answers.contains(first));
  EXPECT_EQ(kit.error(kit.init("a")), ErrorCode::concurrent_transactions);
  EXPECT_EQ(kit.error(kit.add({"a", 1'000, 0}, orders)), ErrorCode::concurrent_transactions);
  EXPECT_EQ(kit.error(kit.end({"a", 1'000, 0}, TransactionEnd::commit)), ErrorCode::concurrent_transactions);
  EXPECT_EQ(kit.core->describe("a").error_code, ErrorCode::transactional_id_not_found);
  kit.commit_held();
  EXPECT_EQ(kit.error(first), ErrorCode::none);
}

TEST(TransactionInit, AFailedAppendLeavesWhatWas) {
  TransactionKit kit;
  kit.hold = true;
  auto first = kit.init("a");
  kit.fail_held(ErrorCode::kafka_storage_error);
  EXPECT_EQ(kit.error(first), ErrorCode::not_coordinator);
  EXPECT_EQ(kit.core->describe("a").error_code, ErrorCode::transactional_id_not_found);

  auto producer = kit.producer("a");
  kit.hold = true;
  auto second = kit.init("a");
  kit.fail_held(ErrorCode::not_enough_replicas);
  EXPECT_EQ(kit.error(second), ErrorCode::coordinator_not_available);
  EXPECT_EQ(kit.error(kit.add(producer, orders)), ErrorCode::none) << "it is still in its epoch";
}

TEST(TransactionInit, AnOpenTransactionIsAbortedBeforeAnotherProducerHasTheId) {
  TransactionKit kit;
  auto zombie = kit.producer("a");
  kit.add(zombie, orders);
  EXPECT_EQ(kit.error(kit.init("a")), ErrorCode::concurrent_transactions);
  EXPECT_EQ(kit.state("a"), "PrepareAbort");
  EXPECT_EQ(kit.error(kit.init("a")), ErrorCode::concurrent_transactions) << "its markers are not written";
  auto markers = kit.core->unmarked(std::nullopt, 10);
  ASSERT_EQ(markers.size(), 1u);
  EXPECT_EQ(markers[0].end, TransactionEnd::abort);
  EXPECT_EQ(markers[0].producer_epoch, zombie.producer_epoch + 1) << "which shuts out the zombie at the partitions";
  EXPECT_EQ(markers[0].partitions, orders);
  kit.mark_all();
  auto producer = kit.producer("a");
  EXPECT_EQ(producer.producer_epoch, zombie.producer_epoch + 2);
  EXPECT_EQ(kit.error(kit.end(zombie, TransactionEnd::commit)), ErrorCode::producer_fenced);
}

TEST(TransactionInit, AProducerGoesOnAfterAnErrorInTheNextEpoch) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  auto token = kit.init("a", 60'000, producer.producer_id, producer.producer_epoch);
  EXPECT_EQ(kit.said(token).producer_epoch, 1);
  auto again = kit.init("a", 60'000, producer.producer_id, producer.producer_epoch);
  EXPECT_EQ(kit.said(again).error, ErrorCode::none);
  EXPECT_EQ(kit.said(again).producer_epoch, 1) << "the same request again, of which the answer was lost";
  kit.producer("a");  // takes over
  auto fenced = kit.init("a", 60'000, producer.producer_id, 1);
  EXPECT_EQ(kit.error(fenced), ErrorCode::producer_fenced);
  EXPECT_EQ(kit.error(kit.init("a", 60'000, producer.producer_id + 7, 1)), ErrorCode::producer_fenced);
}

TEST(TransactionInit, AnotherProducerIdFollowsWhenTheEpochsAreUsedUp) {
  TransactionKit kit;
  kit.producer("a");
  kit.log.back().value->producer_epoch = producer_epoch_max - 1;
  kit.fail_over();
  auto next = kit.producer("a");
  EXPECT_EQ(next.producer_id, 1'001);
  EXPECT_EQ(next.producer_epoch, 0);
}

TEST(TransactionInit, OneWhoseEpochsAreUsedUpGoesOnAsTheNextIdAlsoWhenItAsksAgain) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  kit.log.back().value->producer_epoch = producer_epoch_max - 1;
  kit.fail_over();
  auto first = kit.init("a", 60'000, producer.producer_id, producer_epoch_max - 1);
  EXPECT_EQ(kit.said(first).producer_id, 1'001);
  auto again = kit.init("a", 60'000, producer.producer_id, producer_epoch_max - 1);
  EXPECT_EQ(kit.said(again).error, ErrorCode::none);
  EXPECT_EQ(kit.said(again).producer_id, 1'001);
  EXPECT_EQ(kit.said(again).producer_epoch, 0);
}

TEST(TransactionInit, FencingTheLastEpochLeavesAnIdThatNobodyGoesOnWith) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  kit.log.back().value->producer_epoch = producer_epoch_max - 1;
  kit.fail_over();
  producer.producer_epoch = producer_epoch_max - 1;
  EXPECT_EQ(kit.error(kit.add(producer, orders)), ErrorCode::none);
  EXPECT_EQ(kit.error(kit.init("a")), ErrorCode::concurrent_transactions);
  kit.mark_all();
  EXPECT_EQ(kit.core->describe("a").producer_epoch, producer_epoch_max);
  EXPECT_EQ(kit.error(kit.end(producer, TransactionEnd::abort)), ErrorCode::producer_fenced);
  EXPECT_EQ(kit.error(kit.init("a", 60'000, producer.producer_id, producer.producer_epoch)),
            ErrorCode::producer_fenced);
  EXPECT_EQ(kit.producer("a").producer_id, 1'001);
}

TEST(TransactionInit, IsAnsweredWhileLoadingAndAfterResigning) {
  TransactionCoordinator core{TransactionSettings{}};
  core.init(1, {"a"}, 1'000, 5, {});
  EXPECT_EQ(core.take_output().answers.at(0).error, ErrorCode::coordinator_load_in_progress);
  while (!core.finish_loading({})) {
  }
  core.init(2, {"a"}, 1'000, 5, {});
  EXPECT_TRUE(core.take_output().answers.empty());
  core.resign();
  EXPECT_EQ(core.take_output().answers.at(0).error, ErrorCode::not_coordinator);
  core.init(3, {"a"}, 1'000, 5, {});
  EXPECT_EQ(core.take_output().answers.at(0).error, ErrorCode::not_coordinator);
  EXPECT_EQ(core.next_deadline(), Instant::max());
}

TEST(TransactionInit, WhatIsTooMuchToBeCommittedIsForLater) {
  TransactionKit kit;
  kit.settings.uncommitted_max = 3;
  kit.fail_over();
  kit.hold = true;
  for (const char* id : {"a", "b", "c"}) EXPECT_FALSE(kit.answers.contains(kit.init(id)));
  EXPECT_EQ(kit.error(kit.init("d")), ErrorCode::coordinator_not_available);
  kit.commit_held();
  EXPECT_EQ(kit.error(kit.init("d")), ErrorCode::none);
}

}  // namespace
}  // namespace fulmar
