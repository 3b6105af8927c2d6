// A shard's memory for clients: large amounts never keep out small ones, and nobody waits for ever.
#include "broker/net/memory_budget.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace fulmar {
namespace {

struct Asking final : MemoryBudget::Waiter {
  virtual ~Asking() = default;
  void granted() noexcept override { ++grants; }
  MemoryBudget::Charge charge;
  int grants = 0;
};

TEST(MemoryBudget, WhatIsHeldIsGivenBackWhenItGoes) {
  MemoryBudget budget(1000, 100);
  {
    MemoryBudget::Charge charge;
    EXPECT_TRUE(budget.try_charge(charge, 600, false));
    EXPECT_EQ(budget.held(), 600);
    auto part = charge.split(200);
    EXPECT_EQ(charge.bytes(), 400);
    part.shrink_to(50);
    EXPECT_EQ(budget.held(), 450);
    charge = {};
    EXPECT_EQ(budget.held(), 50);
  }
  EXPECT_EQ(budget.held(), 0);
}

TEST(MemoryBudget, APartIsKeptForSmallAmounts) {
  MemoryBudget budget(1000, 100);
  MemoryBudget::Charge large;
  EXPECT_FALSE(budget.try_charge(large, 901, false));
  EXPECT_TRUE(budget.try_charge(large, 900, false));
  MemoryBudget::Charge small;
  EXPECT_TRUE(budget.try_charge(small, 100, true));
  MemoryBudget::Charge more;
  EXPECT_FALSE(budget.try_charge(more, 1, true));
}

TEST(MemoryBudget, WhoWaitsIsServedInTheOrderOfAsking) {
  MemoryBudget budget(1000, 0);
  auto held = std::make_unique<MemoryBudget::Charge>();
  ASSERT_TRUE(budget.try_charge(*held, 1000, false));
  // One may exceed the budget: here the first that asked.
  Asking first;
  Asking second;
  Asking third;
  budget.charge_later(first.charge, 500, false, first);
  budget.charge_later(second.charge, 800, false, second);
  budget.charge_later(third.charge, 1, false, third);
  EXPECT_EQ(first.grants, 1);
  EXPECT_EQ(second.grants, 0);
  EXPECT_EQ(third.grants, 0);  // though there may soon be room for so little
  MemoryBudget::Charge newcomer;
  EXPECT_FALSE(budget.try_charge(newcomer, 1, false));
  first.charge = {};
  EXPECT_EQ(second.grants, 1);
  EXPECT_EQ(third.grants, 0);
  held = nullptr;
  EXPECT_EQ(third.grants, 1);
}

TEST(MemoryBudget, WhoStopsWaitingHoldsBackNobody) {
  MemoryBudget budget(100, 0);
  auto beyond = std::make_unique<Asking>();
  auto large = std::make_unique<Asking>();
  Asking after;
  MemoryBudget::Charge held;
  ASSERT_TRUE(budget.try_charge(held, 60, true));
  budget.charge_later(beyond->charge, 70, true, *beyond);  // may exceed the budget
  budget.charge_later(large->charge, 90, true, *large);
  budget.charge_later(after.charge, 10, true, after);
  EXPECT_TRUE(large->waiting());
  beyond->charge = {};
  EXPECT_EQ(large->grants, 1);
  EXPECT_FALSE(large->waiting());
  EXPECT_TRUE(after.waiting());
  large = nullptr;
  EXPECT_EQ(after.grants, 1);
}

// The work whose first part may exceed the budget charges the rest elsewhere: it must not wait for its own end.
TEST(MemoryBudget, WhoHasItsFirstPartBeyondTheBudgetGetsTheRest) {
  MemoryBudget budget(100, 0);
  Asking first;
  Asking rest;
  Asking others;
  MemoryBudget::Charge held;
  ASSERT_TRUE(budget.try_charge(held, 90, true));
  budget.charge_first_later(first.charge, 20, first);
  ASSERT_EQ(first.grants, 1);
  budget.charge_later(rest.charge, 40, true, rest);
  EXPECT_EQ(rest.grants, 1);
  budget.charge_first_later(others.charge, 20, others);
  EXPECT_TRUE(others.waiting());
  first.charge = {};
  EXPECT_EQ(others.grants, 1);
}

// There is room for the one behind it, who has waited for its turn only.
TEST(MemoryBudget, WhoLeavesTheQueueWithoutAnythingLetsTheNextOneIn) {
  MemoryBudget budget(100, 0);
  Asking beyond;
  auto large = std::make_unique<Asking>();
  Asking after;
  MemoryBudget::Charge held;
  ASSERT_TRUE(budget.try_charge(held, 60, true));
  budget.charge_later(beyond.charge, 70, true, beyond);  // may exceed the budget
  budget.charge_later(large->charge, 90, true, *large);
  budget.charge_later(after.charge, 10, true, after);
  held = {};
  ASSERT_EQ(budget.available(true), 30);
  ASSERT_TRUE(large->waiting() && after.waiting());
  large->stop_waiting();
  EXPECT_EQ(after.grants, 1);
}

// Each holds a part and waits for the rest, and there is no room: all finish all the same.
TEST(MemoryBudget, ManyThatHoldPartsAndWaitForTheRestAllFinish) {
  MemoryBudget budget(1000, 0);
  std::vector<std::unique_ptr<Asking>> all;
  for (int i = 0; i < 10; ++i) {
    all.push_back(std::make_unique<Asking>());
    ASSERT_TRUE(budget.try_charge(all.back()->charge, 100, false));
  }
  for (auto& one : all) budget.charge_later(one->charge, 200, false, *one);
  std::int64_t most = 0;
  for (int finished = 0; finished < 10; ++finished) {
    most = std::max(most, budget.held());
    auto done = std::find_if(all.begin(), all.end(), [](const auto& one) { return one->grants > 0; });
    ASSERT_NE(done, all.end());
    all.erase(done);
  }
  EXPECT_LE(most, 1200);
  EXPECT_EQ(budget.held(), 0);
}

TEST(MemoryBudget, LargeOnesThatWaitDoNotHoldBackSmallOnes) {
  MemoryBudget budget(1000, 100);
  MemoryBudget::Charge held;
  ASSERT_TRUE(budget.try_charge(held, 900, false));
  Asking beyond;
  Asking waits;
  budget.charge_later(beyond.charge, 10, false, beyond);
  budget.charge_later(waits.charge, 500, false, waits);
  EXPECT_TRUE(waits.waiting());
  MemoryBudget::Charge small;
  EXPECT_TRUE(budget.try_charge(small, 90, true));
}

}  // namespace
}  // namespace fulmar
