#include "runtime/base/mark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fulmar {
namespace {

void pass(int times) {
  for (int i = 0; i < times; ++i) FULMAR_MARK("test: passed");
}

void pass_another() {
  FULMAR_MARK("test: another");
}

TEST(Marks, AreKnownBeforeTheyAreReached) {
  EXPECT_THAT(code_marks(), testing::IsSupersetOf({"test: another", "test: passed"}));
  EXPECT_TRUE(std::ranges::is_sorted(code_marks()));
}

TEST(Marks, AWatchCountsFromItsBeginning) {
  pass(2);
  std::uint64_t now = 5;
  MarkWatch watch([&] { return now; });
  EXPECT_TRUE(watch.reached().empty());
  pass(1);
  now = 7;
  pass_another();
  pass(2);
  auto reached = watch.reached();
  ASSERT_EQ(reached.size(), 2u);
  EXPECT_EQ(reached[0].name, "test: another");
  EXPECT_EQ(reached[0].times, 1u);
  EXPECT_EQ(reached[0].first, 7u);
  EXPECT_EQ(reached[1].name, "test: passed");
  EXPECT_EQ(reached[1].times, 3u);
  EXPECT_EQ(reached[1].first, 5u);
}

TEST(Marks, ALaterWatchTakesOver) {
  auto early = std::make_unique<MarkWatch>([] { return 1; });
  MarkWatch late([] { return 2; });
  early.reset();
  pass(1);
  ASSERT_EQ(late.reached().size(), 1u);
  EXPECT_EQ(late.reached()[0].first, 2u);
}

}  // namespace
}  // namespace fulmar
