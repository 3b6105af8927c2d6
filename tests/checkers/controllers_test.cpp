// The checker of controllers, on hand-made histories.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkers/history.h"

namespace fulmar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Story {
  History history;

  explicit Story(std::set<std::int32_t> in_the_end) {
    history.first_controllers = {1, 2, 3};
    history.final_controllers = std::move(in_the_end);
  }
  Story& adds(std::int32_t broker, Outcome outcome) {
    return then({.broker = broker, .adds = true, .outcome = outcome});
  }
  Story& removes(std::int32_t broker, Outcome outcome) {
    return then({.broker = broker, .adds = false, .outcome = outcome});
  }
  Story& then(ControllerOperation operation) {
    history.controller_operations.push_back(operation);
    return *this;
  }
  std::vector<std::string> anomalies() const {
    Violations found;
    check_controllers(history, found);
    std::vector<std::string> names;
    for (const auto& violation : found) names.push_back(violation.anomaly);
    return names;
  }
};

TEST(Controllers, AreWhoWasNamedAndThenAsWasAcknowledged) {
  EXPECT_THAT(Story({1, 2, 3}).anomalies(), IsEmpty());
  EXPECT_THAT(Story({1, 2}).removes(3, Outcome::ok).anomalies(), IsEmpty());
  EXPECT_THAT(Story({1, 2, 3}).removes(3, Outcome::ok).adds(3, Outcome::ok).anomalies(), IsEmpty());
  EXPECT_THAT(Story({1, 2, 3, 4}).adds(4, Outcome::ok).anomalies(), IsEmpty());
  EXPECT_THAT(Story({1, 2, 3}).removes(3, Outcome::failed).anomalies(), IsEmpty());
}

TEST(Controllers, ThatComeBackOrGetLostAreSeen) {
  EXPECT_THAT(Story({1, 2, 3}).removes(3, Outcome::ok).anomalies(), ElementsAre("controller-returned"));
  EXPECT_THAT(Story({1, 2}).anomalies(), ElementsAre("controller-lost")) << "named, and never removed";
  EXPECT_THAT(Story({1, 2, 3, 4}).anomalies(), ElementsAre("controller-returned")) << "neither named nor added";
  EXPECT_THAT(Story({1, 2}).removes(3, Outcome::ok).adds(3, Outcome::ok).anomalies(), ElementsAre("controller-lost"));
  EXPECT_THAT(Story({1, 2}).removes(3, Outcome::failed).anomalies(), ElementsAre("controller-lost"));
}

TEST(Controllers, MayBeEitherAfterWhatWasNotAnswered) {
  for (const std::set<std::int32_t>& in_the_end : {std::set<std::int32_t>{1, 2, 3}, {1, 2}}) {
    EXPECT_THAT(Story(in_the_end).removes(3, Outcome::unknown).anomalies(), IsEmpty());
    EXPECT_THAT(Story(in_the_end).removes(3, Outcome::unknown).adds(3, Outcome::ok).anomalies(), IsEmpty())
        << "the removal may be done late";
  }
  EXPECT_THAT(Story({1, 2}).adds(3, Outcome::unknown).anomalies(), ElementsAre("controller-lost"))
      << "nobody asked for that";
}

}  // namespace
}  // namespace fulmar
