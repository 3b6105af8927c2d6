// did_you_mean: typos are recognised, and merely similar names are not suggested.
#include "runtime/base/did_you_mean.h"

#include "gtest/gtest.h"

namespace fulmar {
namespace {

const std::vector<std::string_view> names{"retention.ms", "retention.bytes", "segment.ms", "topic", "produce"};

TEST(DidYouMean, NamesTheNearestWithinAFewSlips) {
  EXPECT_EQ(did_you_mean("retention.m", names), "; did you mean retention.ms?");
  EXPECT_EQ(did_you_mean("retentoin.ms", names), "; did you mean retention.ms?");
  EXPECT_EQ(did_you_mean("retention_bytes", names), "; did you mean retention.bytes?");
  EXPECT_EQ(did_you_mean("topics", names), "; did you mean topic?");
  EXPECT_EQ(did_you_mean("otpic", names), "; did you mean topic?");
}

TEST(DidYouMean, KeepsQuietWhereNothingIsNear) {
  EXPECT_EQ(did_you_mean("consume", names), "");
  EXPECT_EQ(did_you_mean("", names), "");
  EXPECT_EQ(did_you_mean("x", names), "");
  EXPECT_EQ(did_you_mean("retention", names), "") << "three letters of nine are no slip";
  EXPECT_EQ(did_you_mean(std::string(1000, 'r'), names), "");
  EXPECT_EQ(did_you_mean("topic", {}), "");
}

}  // namespace
}  // namespace fulmar
