// Adding partitions to a transaction (AddPartitionsToTxn), and verifying them (KIP-890).
#include <gtest/gtest.h>

#include "tests/transactions/kit.h"

namespace fulmar {
namespace {

const PartitionsByTopic orders{{"orders", {0, 1}}};
const PartitionsByTopic more{{"bills", {4}}, {"orders", {1, 2}}};

TEST(TransactionPartitions, TheFirstBeginsATransactionThatFurtherOnesJoin) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  kit.pass(milliseconds(500));
  EXPECT_EQ(kit.error(kit.add(producer, orders)), ErrorCode::none);
  auto begun = kit.core->describe("a").transaction_start_time_ms;
  EXPECT_EQ(begun, kit.wall);
  kit.pass(milliseconds(500));
  EXPECT_EQ(kit.error(kit.add(producer, more)), ErrorCode::none);
  auto described = kit.core->describe("a");
  EXPECT_EQ(described.transaction_state, "Ongoing");
  EXPECT_EQ(described.transaction_start_time_ms, begun);
  ASSERT_EQ(described.topics.size(), 2u);
  EXPECT_EQ(described.topics[0].name, "bills");
  EXPECT_EQ(described.topics[1].partitions, (std::vector<std::int32_t>{0, 1, 2}));
}

TEST(TransactionPartitions, OnesThatAreThereAlreadyWriteNothing) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  kit.add(producer, orders);
  auto records = kit.log.size();
  EXPECT_EQ(kit.error(kit.add(producer, {{"orders", {1}}})), ErrorCode::none);
  EXPECT_EQ(kit.log.size(), records);
}

TEST(TransactionPartitions, OnlyTheProducerOfTheTransactionalIdMayAddThem) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  EXPECT_EQ(kit.error(kit.add({"nobody", 1, 0}, orders)), ErrorCode::invalid_producer_id_mapping);
  EXPECT_EQ(kit.error(kit.add({"", 1, 0}, orders)), ErrorCode::invalid_request);
  EXPECT_EQ(kit.error(kit.add({"a", producer.producer_id + 1, 0}, orders)), ErrorCode::invalid_producer_id_mapping);
  EXPECT_EQ(kit.error(kit.add({"a", producer.producer_id, 1}, orders)), ErrorCode::producer_fenced);
  EXPECT_EQ(kit.state("a"), "Empty");
}

TEST(TransactionPartitions, NoneIsAddedWhileTheTransactionBeforeEnds) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  kit.add(producer, orders);
  kit.end(producer, TransactionEnd::commit);
  ++producer.producer_epoch;
  EXPECT_EQ(kit.error(kit.add(producer, orders)), ErrorCode::concurrent_transactions);
  kit.mark_all();
  EXPECT_EQ(kit.error(kit.add(producer, orders)), ErrorCode::none);
}

TEST(TransactionPartitions, AreVerifiedByWhatIsCommitted) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  kit.hold = true;
  kit.add(producer, orders);
  EXPECT_EQ(kit.core->missing(producer, orders), orders) << "it may never be";
  kit.commit_held();
  EXPECT_EQ(kit.core->missing(producer, orders), PartitionsByTopic{});
  EXPECT_EQ(kit.core->missing(producer, more), (PartitionsByTopic{{"bills", {4}}, {"orders", {2}}}));
  EXPECT_EQ(kit.core->missing({"a", producer.producer_id, 3}, orders).error(), ErrorCode::producer_fenced);
  EXPECT_EQ(kit.core->missing({"a", 7, 0}, orders).error(), ErrorCode::invalid_producer_id_mapping);
  EXPECT_EQ(kit.core->missing({"b", 7, 0}, orders).error(), ErrorCode::invalid_producer_id_mapping);
  kit.end(producer, TransactionEnd::commit, TransactionVersion::v0);
  EXPECT_EQ(kit.core->missing(producer, orders).error(), ErrorCode::concurrent_transactions);
  kit.mark_all();
  EXPECT_EQ(kit.core->missing(producer, orders), orders) << "none is left of a transaction that is over";
}

}  // namespace
}  // namespace fulmar
