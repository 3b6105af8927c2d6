// verify: the share of a life's neighbours that fail.
#include "campaign/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "campaign/exit_codes.h"
#include "campaign/failing_share.h"
#include "tests/campaign/counting.h"
#include "tests/campaign/running.h"

namespace fulmar {
namespace {

using testing::HasSubstr;

TEST(FailingShare, HasWilsonsInterval) {
  // From tables.
  FailingShare none{0, 10}, some{37, 100}, all{20, 20};
  EXPECT_EQ(none.low(), 0);
  EXPECT_NEAR(none.high(), 0.2775, 0.0001);
  EXPECT_NEAR(some.low(), 0.2818, 0.0001);
  EXPECT_NEAR(some.high(), 0.4678, 0.0001);
  EXPECT_NEAR(all.low(), 0.8389, 0.0001);
  EXPECT_EQ(all.high(), 1);
  EXPECT_EQ(FailingShare{}.low(), 0);
  EXPECT_EQ(FailingShare{}.high(), 1);
  EXPECT_EQ(to_string(some), "37 of 100 (37 %; with 95 % confidence 28.2 % to 46.8 %)");
}

TEST(Neighbours, HaveTheSamePlanAndOtherRandomStreams) {
  auto plan = counting::plan_of_seed(3);
  std::set<std::uint64_t> seeds = {life_seed(plan)};
  for (std::uint64_t n = 1; n <= 100; ++n) {
    auto neighbour = neighbour_of(plan, n);
    EXPECT_TRUE(seeds.insert(life_seed(neighbour)).second);
    for (std::uint64_t m = 1; m <= 20; ++m) EXPECT_NE(neighbour_of(neighbour, m), neighbour);
    neighbour.branches.clear();
    EXPECT_EQ(neighbour, plan);
  }
}

class Verify : public testing::Test {
 protected:
  ~Verify() override { counting::version = {}; }

  // A capsule of a plan whose bug strikes in so many percent of the lives, and in its own.
  void record(std::int64_t luck) {
    auto plan = counting::plan_of_seed(3);
    plan.set(counting::luck_percent, luck);
    plan.set(counting::length_ms, plan.faults.back().at.ns / 1'000'000 + 1);
    plan.set(counting::pace_ms, 1000);
    std::optional<Capsule> capsule;
    for (std::uint64_t n = 1; !capsule || !capsule->signature; ++n)
      capsule = record_capsule(counting::scenario(), neighbour_of(plan, n), {}).value();
    ASSERT_TRUE(write_capsule(path_, *capsule, counting::scenario().terms));
  }
  Ran verify(const std::string& futures) {
    return run(counting::simulator(), {"verify", path_, "--futures", futures, "--jobs", "2"});
  }

  std::string path_ = testing::TempDir() + "verified.capsule.json";
};

TEST_F(Verify, TellsTheShareOfFailingNeighbours) {
  record(30);
  auto ran = verify("200");
  EXPECT_EQ(ran.code, exit_violation);
  EXPECT_THAT(ran.out, HasSubstr(": the count stays: lost\nthe life itself fails with it\n"));
  unsigned failed = 0;
  double low = 0, high = 0;
  auto share = ran.out.substr(ran.out.find("of its neighbours, "));
  ASSERT_EQ(std::sscanf(share.c_str(), "of its neighbours, %u of 200 (%*f %%; with 95 %% confidence %lf %% to %lf %%)",
                        &failed, &low, &high),
            3)
      << share;
  EXPECT_LT(low, 30);  // these 200 are always the same, and are not among the unlucky campaigns of twenty
  EXPECT_GT(high, 30);
  EXPECT_EQ(verify("200").out, ran.out) << "it depends on nothing else";
}

TEST_F(Verify, AFixIsNotProvenByCleanLives) {
  record(60);
  counting::version.fixed = true;
  auto ran = verify("50");
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, HasSubstr("the life itself is clean\nof its neighbours, 0 of 50 (0 %; "));
  EXPECT_THAT(ran.out,
              HasSubstr("That is no proof: before a fix, `verify` should have shown a share well above 7.1 %"));
}

TEST_F(Verify, OtherFailuresAreToldApart) {
  record(50);
  counting::version.asserts = true;
  auto ran = verify("20");
  EXPECT_EQ(ran.code, exit_violation);
  EXPECT_THAT(ran.out, HasSubstr("of its neighbours, 0 of 20"));
  EXPECT_THAT(ran.out, HasSubstr(" fail with the process lives: crash, assertion failed: !lost"));
}

TEST_F(Verify, AWrongCallIsRefused) {
  record(100);
  EXPECT_EQ(run(counting::simulator(), {"verify"}).code, exit_usage);
  EXPECT_EQ(verify("0").code, exit_usage);
  EXPECT_EQ(run(counting::simulator(), {"verify", path_, "--trace"}).code, exit_usage);
  EXPECT_EQ(run(counting::simulator(), {"verify", path_, path_}).code, exit_usage);
}

}  // namespace
}  // namespace fulmar
