// Unused transactional ids; descriptions and lists; records that no coordinator writes.
#include <gtest/gtest.h>

#include "tests/transactions/kit.h"

namespace fulmar {
namespace {

const PartitionsByTopic orders{{"orders", {0}}};

TEST(TransactionExpiration, ForgetsIdsThatAreNotUsedAndNoneThatIs) {
  TransactionKit kit;
  kit.settings.id_expiration = milliseconds(10'000'000);
  kit.settings.cleanup_slice = 2;
  kit.fail_over();
  for (const char* id : {"a", "b", "c", "d", "e"}) kit.producer(id, 900'000);
  auto ended = kit.producer("f");
  kit.add(ended, orders);
  kit.end(ended, TransactionEnd::commit);
  auto unmarked = kit.producer("g");
  kit.mark_all();
  kit.add(unmarked, orders);
  kit.end(unmarked, TransactionEnd::commit);
  kit.pass(milliseconds(7'200'000));
  kit.producer("c");
  kit.pass(milliseconds(3'600'000));
  for (const char* id : {"a", "b", "d", "e", "f"})
    EXPECT_EQ(kit.core->describe(id).error_code, ErrorCode::transactional_id_not_found) << id;
  EXPECT_EQ(kit.state("c"), "Empty");
  EXPECT_EQ(kit.state("g"), "PrepareCommit") << "its markers are still to be written";
  kit.fail_over();
  EXPECT_EQ(kit.core->describe("a").error_code, ErrorCode::transactional_id_not_found);
  EXPECT_EQ(kit.producer("a").producer_id, 1'007) << "it is a new one";
}

TEST(TransactionExpiration, AnIdThatComesBackMeanwhileIsToTryAgain) {
  TransactionKit kit;
  kit.producer("a");
  kit.settings.id_expiration = milliseconds(1'000);
  kit.fail_over();
  kit.hold = true;
  kit.pass(milliseconds(3'600'000));
  ASSERT_EQ(kit.held.size(), 1u);
  EXPECT_EQ(kit.error(kit.init("a")), ErrorCode::concurrent_transactions);
  kit.fail_held(ErrorCode::kafka_storage_error);
  EXPECT_EQ(kit.producer("a").producer_epoch, 1);
}

TEST(TransactionList, FiltersByStateProducerAndDuration) {
  TransactionKit kit;
  auto a = kit.producer("a");
  auto b = kit.producer("b");
  kit.add(a, orders);
  kit.pass(milliseconds(5'000));
  kit.add(b, orders);
  kit.producer("c");
  auto listed = [&](std::vector<std::string> states, std::vector<std::int64_t> producers, std::int64_t duration) {
    ListTransactionsRequest filters{std::move(states), std::move(producers), duration, std::nullopt};
    std::string ids;
    std::optional<std::string> after;
    do {
      auto page = kit.core->list(filters, nullptr, after, 2, kit.wall);
      for (const auto& one : page->transactions) ids += one.transactional_id;
      after = page->last;
    } while (after);
    return ids;
  };
  EXPECT_EQ(listed({}, {}, -1), "abc");
  EXPECT_EQ(listed({"Ongoing"}, {}, -1), "ab");
  EXPECT_EQ(listed({"Empty", "PrepareAbort"}, {}, -1), "c");
  EXPECT_EQ(listed({}, {b.producer_id}, -1), "b");
  EXPECT_EQ(listed({"Ongoing"}, {}, 4'999), "a");
  EXPECT_EQ(listed({"Ongoing"}, {}, 5'000), "");
  auto page = kit.core->list({}, [](const std::string& id) { return id == "b"; }, std::nullopt, 10, kit.wall);
  ASSERT_EQ(page->transactions.size(), 1u);
  EXPECT_EQ(page->transactions[0].transaction_state, "Ongoing");
}

TEST(TransactionReplay, PassesOverWhatNoCoordinatorWrites) {
  TransactionCoordinator core{TransactionSettings{}};
  auto replayed = [&](auto change) {
    Transaction transaction;
    transaction.producer_id = 5;
    transaction.producer_epoch = 0;
    transaction.timeout_ms = 1'000;
    transaction.state = TransactionState::ongoing;
    transaction.started = 1;
    change(transaction);
    return core.replay({{"a"}, transaction.record()}).has_value();
  };
  EXPECT_TRUE(replayed([](Transaction&) {}));
  EXPECT_FALSE(replayed([](Transaction& t) { t.state = TransactionState::dead; }));
  EXPECT_FALSE(replayed([](Transaction& t) { t.state = TransactionState::prepare_epoch_fence; }));
  EXPECT_FALSE(replayed([](Transaction& t) { t.producer_id = -1; }));
  EXPECT_FALSE(replayed([](Transaction& t) { t.producer_epoch = -1; }));
  EXPECT_FALSE(replayed([](Transaction& t) { t.timeout_ms = -1; }));
  EXPECT_FALSE(replayed([](Transaction& t) { t.started = std::numeric_limits<Timestamp>::min(); }));
  EXPECT_FALSE(replayed([](Transaction& t) { t.producer_epoch = producer_epoch_max; }));
}

}  // namespace
}  // namespace fulmar
