#include "campaign/recorded_life.h"

#include <gtest/gtest.h>

#include "campaign/happening_wire.h"
#include "campaign/time_limit.h"
#include "tests/campaign/counting.h"

namespace fulmar {
namespace {

std::vector<Happening> recorded(const Plan& plan) {
  RecordedLife life(counting::scenario(), plan, life_seconds_max);
  std::vector<Happening> all;
  while (auto happening = life.next()) all.push_back(*happening);
  return all;
}

TEST(RecordedLife, TellsTheSameAsALifeInThisProcess) {
  auto plan = counting::plan_of_seed(2);
  std::vector<Happening> here;
  LifeOptions options;
  options.happening = [&](const Happening& happening) { here.push_back(happening); };
  counting::scenario().run(plan, options);
  ASSERT_GT(here.size(), 100u);
  EXPECT_EQ(recorded(plan), here);
}

TEST(RecordedLife, HasAllHappeningsUntilACrash) {
  auto plan = counting::plan_of_seed(3);
  auto lost = counting::scenario().run(plan, {}).violations;
  ASSERT_EQ(lost.size(), 1u);
  counting::version.asserts = true;
  auto all = recorded(plan);
  counting::version = {};
  ASSERT_FALSE(all.empty());
  EXPECT_GE(all.back().at, lost.front().at);
}

TEST(HappeningWire, KeepsEverythingAndRefusesWhatIsCutShort) {
  Happening happening{.kind = Happening::Kind::state,
                      .number = 3,
                      .events = 17,
                      .at = Instant{5},
                      .where = Place{2, 1},
                      .peer = 4,
                      .cause = 2,
                      .began = Instant{1},
                      .bytes = 9,
                      .subject = "orders-1",
                      .text = "leads",
                      .values = {{"epoch", "7"}, {"role", "leader"}}};
  auto bytes = encode(happening);
  EXPECT_EQ(decode_happening(bytes), happening);
  EXPECT_EQ(decode_happening(encode(Happening{})), Happening{});
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_happening(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_FALSE(decode_happening(bytes + "x"));
}

}  // namespace
}  // namespace fulmar
