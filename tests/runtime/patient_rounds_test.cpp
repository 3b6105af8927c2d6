#include "runtime/fiber/patient_rounds.h"

#include <vector>

#include "world_under_test.h"

namespace fulmar {
namespace {

using PatientRoundsTest = WorldUnderTest;
FULMAR_IN_EVERY_WORLD(PatientRoundsTest);

TEST_P(PatientRoundsTest, WhoIsHeldUpHoldsUpNobodyElseAndIsVisitedAgainOnceDone) {
  run(1, [](Host& host) {
    std::vector<int> begun, done;
    Event gate;
    PatientRounds<int> rounds("round");
    auto go_round = [&] {
      for (int key : {1, 2, 3})
        rounds.visit(
            key,
            [&, key] {
              begun.push_back(key);
              if (key == 2) gate.wait();
              done.push_back(key);
            },
            host.clock().deadline_in(milliseconds(5)));
    };
    go_round();
    EXPECT_EQ(begun, (std::vector{1, 2, 3}));
    EXPECT_EQ(done, (std::vector{1, 3}));
    go_round();
    EXPECT_EQ(begun, (std::vector{1, 2, 3, 1, 3})) << "what is not done is not begun again";
    gate.set();
    host.clock().sleep_for(milliseconds(1));
    EXPECT_EQ(done.back(), 2);
    go_round();
    EXPECT_EQ(done, (std::vector{1, 3, 1, 3, 2, 1, 2, 3}));
  });
}

TEST_P(PatientRoundsTest, ItIsToldOnceThatVisitsWereAskedForMeanwhile) {
  run(1, [](Host& host) {
    std::vector<int> missed;
    PatientRounds<int> rounds("round", [&](int key) { missed.push_back(key); });
    Event gate;
    for (int key : {1, 2, 2, 2, 3})
      rounds.visit(
          key,
          [&, key] {
            if (key > 1) gate.wait();
          },
          host.clock().deadline_in(milliseconds(1)));
    EXPECT_EQ(rounds.under_way(), 2u);
    EXPECT_TRUE(missed.empty());
    gate.set();
    host.clock().sleep_for(milliseconds(1));
    EXPECT_EQ(missed, std::vector<int>{2});
    EXPECT_EQ(rounds.under_way(), 0u);
  });
}

TEST_P(PatientRoundsTest, OneAfterTheOther) {
  run(1, [](Host& host) {
    int at_once = 0;
    PatientRounds<int> rounds("round");
    for (int key = 0; key < 10; ++key)
      rounds.visit(
          key,
          [&] {
            EXPECT_EQ(++at_once, 1);
            host.clock().sleep_for(microseconds(100));
            --at_once;
          },
          host.clock().deadline_in(seconds(10)));
  });
}

TEST_P(PatientRoundsTest, WhatIsLeftToItselfEndsWithThem) {
  run(1, [](Host& host) {
    bool unwound = false;
    struct Unwound {
      bool& flag;
      ~Unwound() { flag = true; }
    };
    {
      PatientRounds<int> rounds("round");
      rounds.visit(
          1,
          [&] {
            Unwound at_end{unwound};
            Event().wait();
          },
          host.clock().deadline_in(milliseconds(1)));
      EXPECT_FALSE(unwound);
    }
    EXPECT_TRUE(unwound);
  });
}

}  // namespace
}  // namespace fulmar
