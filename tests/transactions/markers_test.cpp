// Markers: which have to be written, until all are, whatever coordinator is active.
#include <gtest/gtest.h>

#include "tests/transactions/kit.h"

namespace fulmar {
namespace {

const PartitionsByTopic orders{{"bills", {7}}, {"orders", {0, 1}}};

TEST(TransactionMarkers, AreAskedForUntilEveryPartitionHasIts) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  kit.add(producer, orders);
  kit.end(producer, TransactionEnd::commit);
  auto markers = kit.core->unmarked(std::nullopt, 10).at(0);
  EXPECT_EQ(markers.partitions, orders);
  markers.partitions = {{"orders", {1}}, {"unheard-of", {3}}};
  kit.core->marked(markers, kit.time());
  EXPECT_EQ(kit.core->unmarked(std::nullopt, 10).at(0).partitions,
            (PartitionsByTopic{{"bills", {7}}, {"orders", {0}}}));
  EXPECT_EQ(kit.state("a"), "PrepareCommit");
  EXPECT_EQ(kit.mark_all(), 2);
  EXPECT_EQ(kit.state("a"), "CompleteCommit");
  EXPECT_FALSE(kit.core->has_unmarked());
}

TEST(TransactionMarkers, AreAllAskedForByACoordinatorThatTakesOver) {
  TransactionKit kit;
  for (const char* id : {"a", "b", "c"}) {
    auto producer = kit.producer(id);
    kit.add(producer, orders);
    if (id[0] != 'c') kit.end(producer, id[0] == 'a' ? TransactionEnd::commit : TransactionEnd::abort);
  }
  auto half = kit.core->unmarked(std::nullopt, 1).at(0);
  half.partitions = {{"bills", {7}}};
  kit.core->marked(half, kit.time());
  kit.fail_over();
  auto markers = kit.core->unmarked(std::nullopt, 10);
  ASSERT_EQ(markers.size(), 2u);
  EXPECT_EQ(markers[0].end, TransactionEnd::commit);
  EXPECT_EQ(markers[0].partitions, orders) << "what the last one wrote is not known";
  EXPECT_EQ(markers[1].end, TransactionEnd::abort);
  EXPECT_EQ(kit.core->unmarked("a", 10).at(0).transactional_id, "b");
  kit.mark_all();
  EXPECT_EQ(kit.state("a"), "CompleteCommit");
  EXPECT_EQ(kit.state("b"), "CompleteAbort");
  EXPECT_EQ(kit.state("c"), "Ongoing");
}

TEST(TransactionMarkers, OfATransactionThatIsOverAreNotTakenForTheNexts) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  kit.add(producer, orders);
  kit.end(producer, TransactionEnd::commit);
  auto late = kit.core->unmarked(std::nullopt, 1).at(0);
  kit.mark_all();
  ++producer.producer_epoch;
  kit.add(producer, orders);
  kit.end(producer, TransactionEnd::commit);
  kit.core->marked(late, kit.time());
  EXPECT_EQ(kit.core->unmarked(std::nullopt, 1).at(0).partitions, orders);
}

TEST(TransactionMarkers, AnsweredTwiceCompleteOnce) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  kit.add(producer, orders);
  kit.end(producer, TransactionEnd::commit);
  auto markers = kit.core->unmarked(std::nullopt, 1).at(0);
  kit.hold = true;
  kit.core->marked(markers, kit.time());
  kit.core->marked(markers, kit.time());
  kit.take();
  EXPECT_EQ(kit.held.size(), 1u);
  kit.commit_held();
  EXPECT_EQ(kit.state("a"), "CompleteCommit");
}

TEST(TransactionMarkers, ACompletionThatCanNotBeWrittenIsTriedAgain) {
  TransactionKit kit;
  auto producer = kit.producer("a");
  kit.add(producer, orders);
  kit.end(producer, TransactionEnd::commit);
  kit.hold = true;
  kit.mark_all();
  kit.fail_held(ErrorCode::kafka_storage_error);
  EXPECT_EQ(kit.state("a"), "PrepareCommit");
  EXPECT_FALSE(kit.core->has_unmarked()) << "no marker is written for that";
  kit.pass(kit.settings.retry_interval);
  EXPECT_EQ(kit.state("a"), "CompleteCommit");
}

}  // namespace
}  // namespace fulmar
