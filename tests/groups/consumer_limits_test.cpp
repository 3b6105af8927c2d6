// Bad requests, and bad records of other implementations, for consumer groups: they are refused or skipped, at little
// cost.
#include <gtest/gtest.h>

#include "broker/groups/coordinator.h"
#include "broker/groups/topic_pattern.h"
#include "tests/groups/script.h"

namespace fulmar {
namespace {

class ConsumerLimits : public testing::Test {
 protected:
  ConsumerLimits() : core_(GroupSettings{}, [this] { return Uuid{0, ++uuids_}; }) {
    core_.set_topics(named_topics({{"t", 100}}), now_);
  }

  void load() {
    while (!core_.finish_loading(now_)) {
    }
  }
  static ConsumerGroupHeartbeatRequest joining(const std::string& member) {
    ConsumerGroupHeartbeatRequest request;
    request.group_id = "g";
    request.member_id = member;
    request.rebalance_timeout_ms = 1'000;
    request.subscribed_topic_names = {"t"};
    request.topic_partitions.emplace();
    return request;
  }
  // Commits all appends, and returns all answers; counts the appends and the target assignments.
  std::vector<ConsumerGroupHeartbeatResponse> settle() {
    std::vector<ConsumerGroupHeartbeatResponse> responses;
    for (bool more = true; more;) {
      auto output = core_.take_output();
      for (const auto& answer : output.answers)
        responses.push_back(std::get<ConsumerGroupHeartbeatResponse>(answer.response));
      more = !output.appends.empty();
      for (const auto& append : output.appends) {
        ++appends_;
        for (const auto& record : append.records) assignments_ += std::holds_alternative<TargetEpochRecord>(record);
        core_.committed(append.id, now_);
      }
    }
    return responses;
  }
  ConsumerGroupHeartbeatResponse answer_to(const ConsumerGroupHeartbeatRequest& request) {
    core_.heartbeat(++tokens_, {"c", "/h", 1}, request, now_);
    return settle().at(0);
  }

  std::uint64_t uuids_ = 0;
  GroupToken tokens_ = 0;
  GroupTime now_{Instant{1'000'000'000}, 1'000'000};
  GroupCoordinator core_;
  std::size_t appends_ = 0, assignments_ = 0;
};

TEST_F(ConsumerLimits, WhatNoRecordHoldsIsRefused) {
  load();
  EXPECT_EQ(answer_to(joining(std::string(32'768, 'm'))).error_code, ErrorCode::invalid_request);
  auto request = joining("m");
  request.group_id = std::string(32'768, 'g');
  EXPECT_EQ(answer_to(request).error_code, ErrorCode::invalid_request);
  request = joining("m");
  request.subscribed_topic_names->assign(100'000, "a topic of some length");
  EXPECT_EQ(answer_to(request).error_code, ErrorCode::invalid_request);
  EXPECT_EQ(appends_, 0U);
  EXPECT_EQ(core_.describe_consumers("g").error_code, ErrorCode::group_id_not_found);
}

TEST_F(ConsumerLimits, PatternsThatBlowUpAreRefusedOrMatchInLinearTime) {
  load();
  for (const auto& pattern : {std::string("((a{100}){100}){100}"), std::string("(((x{30}){30}){30}){30}"),
                              std::string(5'000, 'a'), std::string(4'000, '('), std::string("a{1001}")}) {
    auto request = joining("m");
    request.subscribed_topic_regex = pattern;
    EXPECT_EQ(answer_to(request).error_code, ErrorCode::invalid_regular_expression) << pattern.substr(0, 20);
  }
  auto pattern = TopicPattern::compile("(a*)*(a|aa)+b");
  ASSERT_TRUE(pattern);
  EXPECT_FALSE(pattern->matches(std::string(249, 'a')));
  EXPECT_TRUE(pattern->matches(std::string(200, 'a') + "b"));
  EXPECT_FALSE(pattern->matches(std::string(200, 'a') + "bc")) << "all of the name is meant";
}

TEST_F(ConsumerLimits, ManyThatJoinAtOnceCostFewAppendsAndAssignments) {
  load();
  for (int n = 0; n < 2'000; ++n)
    core_.heartbeat(++tokens_, {"c", "/h", 1}, joining("member-" + std::to_string(n)), now_);
  auto responses = settle();
  ASSERT_EQ(responses.size(), 2'000U);
  for (const auto& response : responses) EXPECT_EQ(response.error_code, ErrorCode::none);
  EXPECT_LE(appends_, 20U);
  EXPECT_LE(assignments_, 2U);
  EXPECT_EQ(core_.describe_consumers("g").members.size(), 2'000U);
}

TEST_F(ConsumerLimits, RecordsThatMakeNoSenseAreLoadedAsFarAsTheyDo) {
  ConsumerGroupCurrentMemberAssignmentValue current;
  current.member_epoch = 7;
  current.state = 9;
  current.assigned_partitions.push_back({Uuid{7, 't'}, {0, 0, -5, 900}, std::vector<std::int32_t>{1}});
  ConsumerMember said;
  said.subscribed_topic_names = {"t", "t"};
  said.subscribed_topic_regex = "(";
  said.rebalance_timeout_ms = 60'000;
  const std::vector<StateRecord> records = {
      CurrentRecord{{"g", "nobody"}, current},
      TargetRecord{{"g", "nobody"}, ConsumerGroupTargetAssignmentMemberValue{{{Uuid{7, 't'}, {0, 1}}}}},
      TargetEpochRecord{{"g"}, ConsumerGroupTargetAssignmentMetadataValue{5, 0}},
      ConsumerMemberRecord{{"g", "m"}, said},
      CurrentRecord{{"g", "m"}, current},
      EpochRecord{{"g"}, ConsumerGroupMetadataValue{3, 0}},
      ConsumerMemberRecord{{"h", "m"}, std::nullopt},
      PatternRecord{{"g", "("}, ConsumerGroupRegularExpressionValue{{"t"}, 1, 1}},
  };
  for (const auto& record : records) EXPECT_TRUE(core_.replay(record));
  load();
  core_.tick(now_);
  settle();
  auto described = core_.describe_consumers("g");
  ASSERT_EQ(described.members.size(), 1U);
  EXPECT_EQ(described.members[0].member_id, "m");
  EXPECT_EQ(core_.describe_consumers("h").error_code, ErrorCode::group_id_not_found);
  // The member's state is unknown, so it gets no partitions until it reports which it has.
  ConsumerGroupHeartbeatRequest beat;
  beat.group_id = "g";
  beat.member_id = "m";
  beat.member_epoch = 7;
  EXPECT_EQ(answer_to(beat).member_epoch, 7);
}

}  // namespace
}  // namespace fulmar
