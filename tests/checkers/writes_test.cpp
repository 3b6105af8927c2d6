#include "checkers/base/writes.h"

#include <gtest/gtest.h>

namespace fulmar {
namespace {

std::vector<std::string> anomalies(const Violations& violations) {
  std::vector<std::string> names;
  for (const auto& violation : violations) names.push_back(violation.property + ": " + violation.anomaly);
  return names;
}

using Names = std::vector<std::string>;

// a and b are written one after the other, c overlaps with both and is in doubt, d has failed.
Writes four_writes() {
  Writes writes;
  auto at = [](int s) { return Instant{} + seconds(s); };
  auto c = writes.invoke("2", "c", at(0));
  auto a = writes.invoke("1", "a", at(1));
  writes.ok(a, {}, at(2));
  auto b = writes.invoke("1", "b", at(3));
  writes.ok(b, {}, at(4));
  writes.unknown(c, at(5));
  auto d = writes.invoke("2", "d", at(6));
  writes.failed(d, at(7));
  return writes;
}

Names durable(const std::vector<std::string>& found) {
  return anomalies(check_durable(four_writes(), found, Instant{}));
}

TEST(Writes, WhatWasAcknowledgedIsThereAndNothingElse) {
  EXPECT_EQ(durable({"b", "a"}), Names{});
  EXPECT_EQ(durable({"c", "b", "a"}), Names{});
  EXPECT_EQ(durable({"b", "c"}), Names{"durability: lost-write"});
  EXPECT_EQ(durable({"a", "b", "d"}), Names{"no phantoms: failed-write"});
  EXPECT_EQ(durable({"a", "e"}), (Names{"durability: lost-write", "no phantoms: phantom"}));
}

Names ordered(const std::vector<LogRead>& reads) {
  return anomalies(check_one_order(four_writes(), reads));
}

TEST(Writes, AllReadersSeeOneOrder) {
  EXPECT_EQ(ordered({{"x", 0, {"a", "c"}, {}}, {"y", 1, {"c", "b"}, {}}}), Names{});
  EXPECT_EQ(ordered({{"x", 0, {"c", "a", "b"}, {}}}), Names{});
  EXPECT_EQ(ordered({{"x", 0, {"a", "b"}, {}}, {"y", 1, {"c"}, {}}}), Names{"order: two-orders"});
  EXPECT_EQ(ordered({{"x", 0, {"a", "b"}, {}}, {"y", 2, {"a"}, {}}}),
            (Names{"order: duplicate", "order: write-inversion"}));
  EXPECT_EQ(ordered({{"x", 0, {"b", "c", "a"}, {}}}), Names{"order: write-inversion"});
}

TEST(Writes, AViolationShowsTheWrites) {
  auto lost = check_durable(four_writes(), std::vector<std::string>{"a"}, Instant{} + seconds(9));
  ASSERT_EQ(lost.size(), 1);
  EXPECT_EQ(lost[0].text, "[3.000000s .. 4.000000s] 1 writes b: ok\nand it is not there in the end");
  EXPECT_EQ(lost[0].at, Instant{} + seconds(9));
}

}  // namespace
}  // namespace fulmar
