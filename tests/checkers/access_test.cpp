// The checker of access, on hand-made histories.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkers/history.h"

namespace fulmar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using enum AccessOperation::Kind;
using enum Outcome;

std::vector<std::string> anomalies(const std::vector<std::pair<AccessOperation::Kind, Outcome>>& story) {
  History history;
  for (const auto& [kind, outcome] : story) history.access_operations.push_back({kind, "t", {}, {}, outcome});
  Violations found;
  check_access(history, found);
  std::vector<std::string> names;
  for (const auto& violation : found) names.push_back(violation.anomaly);
  return names;
}

TEST(Access, IsAsEveryBrokerHasShownIt) {
  EXPECT_THAT(
      anomalies(
          {{withdraw, ok}, {write, failed}, {grant, ok}, {write, ok}, {read, ok}, {withdraw, ok}, {read, failed}}),
      IsEmpty());
  EXPECT_THAT(anomalies({{withdraw, ok}, {write, unknown}, {grant, ok}, {read, unknown}}), IsEmpty()) << "not answered";
}

TEST(Access, ThatOutlivesItsWithdrawalIsSeen) {
  EXPECT_THAT(anomalies({{grant, ok}, {withdraw, ok}, {write, ok}}), ElementsAre("allowed-after-withdrawal"));
  EXPECT_THAT(anomalies({{grant, ok}, {withdraw, ok}, {read, ok}, {write, failed}}),
              ElementsAre("allowed-after-withdrawal"));
}

TEST(Access, ThatDoesNotComeIsSeen) {
  EXPECT_THAT(anomalies({{withdraw, ok}, {grant, ok}, {write, failed}}), ElementsAre("denied-after-grant"));
}

TEST(Access, IsAnythingWhileAChangeIsInDoubt) {
  for (auto tried : {ok, failed, unknown})
    for (auto change : {grant, withdraw})
      EXPECT_THAT(anomalies({{grant, ok}, {change, unknown}, {write, tried}, {read, tried}}), IsEmpty());
  EXPECT_THAT(anomalies({{write, ok}, {read, failed}}), IsEmpty()) << "nothing was changed yet";
}

}  // namespace
}  // namespace fulmar
