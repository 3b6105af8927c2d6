// A group coordinator in special cases: before it is loaded and after it resigned, with invalid records, and with
// clients that try to make it hold too much.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <regex>

#include "broker/coordinator/append_error.h"
#include "broker/groups/coordinator.h"
#include "tests/groups/script.h"

namespace fulmar {
namespace {

using testing::HasSubstr;

class GroupLimits : public testing::Test {
 protected:
  GroupLimits() : core_(settings(), [this] { return Uuid{++uuids_ * 0x0123456789abcdefULL, ~uuids_}; }) {}

  static GroupSettings settings() {
    GroupSettings settings;
    settings.initial_rebalance_delay = milliseconds(0);
    settings.pending_members_max = 3;
    settings.uncommitted_bytes_max = 10'000;
    return settings;
  }
  void load() {
    while (!core_.finish_loading(now_)) {
    }
  }

  JoinGroupRequest join_request(const std::string& member = "") {
    JoinGroupRequest request;
    request.group_id = "g";
    request.session_timeout_ms = 10'000;
    request.rebalance_timeout_ms = 60'000;
    request.member_id = member;
    request.protocol_type = "consumer";
    request.protocols.push_back({"range", subscription({"t"})});
    return request;
  }
  static OffsetCommitRequest commit_request(const std::string& group, std::int64_t offset, std::string metadata = "") {
    OffsetCommitRequest request;
    request.group_id = group;
    auto& topic = request.topics.emplace_back();
    topic.name = "t";
    topic.partitions.push_back({0, offset, -1, std::move(metadata)});
    return request;
  }

  // The only answer of the last input.
  template <class Response>
  Response answer() {
    auto output = core_.take_output();
    appends_.insert(appends_.end(), output.appends.begin(), output.appends.end());
    EXPECT_EQ(output.answers.size(), 1U);
    if (output.answers.size() != 1) return {};
    EXPECT_TRUE(std::holds_alternative<Response>(output.answers[0].response));
    return std::get<Response>(output.answers[0].response);
  }
  JoinGroupResponse join(const JoinGroupRequest& request, std::int16_t version = 9) {
    core_.join(1, {"client", "/127.0.0.1", version}, request, now_);
    return answer<JoinGroupResponse>();
  }
  ErrorCode commit(const OffsetCommitRequest& request) {
    core_.commit_offsets(1, {"client", "/127.0.0.1", 9}, request, now_);
    auto output = core_.take_output();
    appends_.insert(appends_.end(), output.appends.begin(), output.appends.end());
    if (output.answers.empty()) return ErrorCode::none;  // appended
    return std::get<OffsetCommitResponse>(output.answers[0].response).topics[0].partitions[0].error_code;
  }

  std::uint64_t uuids_ = 0;
  GroupTime now_{{1'000'000'000}, 5'000'000};
  GroupCoordinator core_;
  std::vector<GroupAppend> appends_;
};

GroupRecord stored_group(GroupMetadataValue snapshot) {
  return {{"g"}, std::move(snapshot)};
}

GroupMetadataValue::Member stored_member(const std::string& id) {
  return {id, std::nullopt, "client", "/127.0.0.1", -1, 10'000, subscription({"t"}), Bytes::of_static("mine")};
}

TEST_F(GroupLimits, NothingIsAnsweredBeforeAllIsLoadedButHeartbeats) {
  EXPECT_EQ(join(join_request()).error_code, ErrorCode::coordinator_load_in_progress);
  core_.sync(1, {"g", 1, "m", {}, {}, {}, {}}, now_);
  EXPECT_EQ(answer<SyncGroupResponse>().error_code, ErrorCode::coordinator_load_in_progress);
  core_.heartbeat(1, {"g", 1, "m", {}}, now_);
  EXPECT_EQ(answer<HeartbeatResponse>().error_code, ErrorCode::none);
  core_.leave(1, {"c", "", 3}, {"g", "", {{"m", {}, {}}}}, now_);
  EXPECT_EQ(answer<LeaveGroupResponse>().error_code, ErrorCode::coordinator_load_in_progress);
  EXPECT_EQ(commit(commit_request("g", 1)), ErrorCode::coordinator_load_in_progress);
  core_.delete_offsets(1, {"g", {}}, now_);
  EXPECT_EQ(answer<OffsetDeleteResponse>().error_code, ErrorCode::coordinator_load_in_progress);
  core_.delete_groups(1, {{"g"}}, now_);
  EXPECT_EQ(answer<DeleteGroupsResponse>().results[0].error_code, ErrorCode::coordinator_load_in_progress);
  OffsetFetchRequest::Group fetch;
  fetch.group_id = "g";
  EXPECT_EQ(core_.fetch_offsets(fetch, false).error_code, ErrorCode::coordinator_load_in_progress);
  EXPECT_EQ(core_.describe("g", 5).error_code, ErrorCode::coordinator_load_in_progress);
  EXPECT_EQ(core_.list({}, {}, 10).error_code, ErrorCode::coordinator_load_in_progress);
  EXPECT_EQ(core_.next_deadline(), Instant::max());
}

TEST_F(GroupLimits, OneThatResignedIsNoCoordinator) {
  load();
  EXPECT_EQ(commit(commit_request("g", 1)), ErrorCode::none);
  core_.resign();
  EXPECT_EQ(answer<OffsetCommitResponse>().topics[0].partitions[0].error_code, ErrorCode::not_coordinator);
  EXPECT_EQ(join(join_request()).error_code, ErrorCode::not_coordinator);
  core_.heartbeat(1, {"g", 1, "m", {}}, now_);
  EXPECT_EQ(answer<HeartbeatResponse>().error_code, ErrorCode::not_coordinator);
  // Late results of its appends change nothing.
  core_.committed(1, now_);
  core_.append_failed(1, ErrorCode::kafka_storage_error, now_);
  core_.topic_deleted("t", now_);
  core_.tick(now_);
  auto output = core_.take_output();
  EXPECT_TRUE(output.answers.empty() && output.appends.empty());
}

TEST_F(GroupLimits, ARecordThatCannotBeIsReportedAndLeavesTheOneBefore) {
  GroupMetadataValue good{"consumer", 4, "range", "a", 1, {stored_member("a"), stored_member("b")}};
  ASSERT_TRUE(core_.replay(stored_group(good)).has_value());
  auto refused = [&](auto change, const char* why) {
    auto bad = good;
    change(bad);
    auto result = core_.replay(stored_group(bad));
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, Errc::corrupt);
    EXPECT_THAT(result.error().detail, HasSubstr(why));
  };
  refused([](auto& group) { group.generation = -1; }, "negative");
  refused([](auto& group) { group.protocol.reset(); }, "no protocol");
  refused([](auto& group) { group.protocol_type.clear(); }, "no protocol");
  refused([](auto& group) { group.members[1].member_id = "a"; }, "twice");
  refused([](auto& group) { group.members[0].group_instance_id = group.members[1].group_instance_id = "i"; }, "twice");
  load();
  auto group = core_.describe("g", 5);
  EXPECT_EQ(group.group_state, "Stable");
  ASSERT_EQ(group.members.size(), 2U);
  EXPECT_EQ(group.members[0].member_assignment.view(), "mine");
}

TEST_F(GroupLimits, ALeaderThatIsNoMemberAndTimesThatCannotBeAreMadeDoWith) {
  GroupMetadataValue odd{"consumer", 4, "range", "nobody", -1, {stored_member("a")}};
  odd.members[0].session_timeout_ms = -5;
  ASSERT_TRUE(core_.replay(stored_group(odd)).has_value());
  load();
  core_.heartbeat(1, {"g", 4, "a", {}}, now_);
  EXPECT_EQ(answer<HeartbeatResponse>().error_code, ErrorCode::none);
  core_.tick(now_);  // its session has ended
  EXPECT_EQ(core_.describe("g", 5).group_state, "Empty");
}

TEST_F(GroupLimits, AfterTheLastGenerationTheFirstOneFollows) {
  ASSERT_TRUE(core_
                  .replay(stored_group(
                      {"consumer", std::numeric_limits<std::int32_t>::max(), "range", "a", 1, {stored_member("a")}}))
                  .has_value());
  load();
  EXPECT_EQ(join(join_request("a")).generation_id, 1);
}

TEST_F(GroupLimits, OffsetsWithoutAGroupMakeOneAndATombstoneOfOneLeavesItsOffsets) {
  OffsetCommitValue offset{7, 3, "note", 4'000'000, -1, {}};
  ASSERT_TRUE(core_.replay(OffsetRecord{{"g", "t", 0}, offset}).has_value());
  ASSERT_TRUE(core_.replay(GroupRecord{{"g"}, std::nullopt}).has_value());
  ASSERT_TRUE(core_.replay(OffsetRecord{{"gone", "t", 0}, offset}).has_value());
  ASSERT_TRUE(core_.replay(OffsetRecord{{"gone", "t", 0}, std::nullopt}).has_value());
  ASSERT_TRUE(core_.replay(GroupRecord{{"gone"}, std::nullopt}).has_value());
  ASSERT_TRUE(core_.replay(OffsetRecord{{"never", "t", 0}, std::nullopt}).has_value());
  load();
  EXPECT_EQ(core_.describe("g", 5).group_state, "Empty");
  EXPECT_EQ(core_.describe("gone", 5).group_state, "Dead");
  EXPECT_EQ(core_.describe("never", 5).group_state, "Dead");
  OffsetFetchRequest::Group fetch;
  fetch.group_id = "g";
  auto fetched = core_.fetch_offsets(fetch, false);
  ASSERT_EQ(fetched.topics.size(), 1U);
  EXPECT_EQ(fetched.topics[0].partitions[0].committed_offset, 7);
  EXPECT_EQ(fetched.topics[0].partitions[0].committed_leader_epoch, 3);
  EXPECT_EQ(fetched.topics[0].partitions[0].metadata, "note");
}

TEST_F(GroupLimits, IdsThatWereGivenOutAreLimitedAndFreeAgainAfterASession) {
  load();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(join(join_request()).error_code, ErrorCode::member_id_required);
  EXPECT_EQ(join(join_request()).error_code, ErrorCode::coordinator_not_available);
  now_.instant = now_.instant + milliseconds(10'000);
  core_.tick(now_);
  EXPECT_EQ(join(join_request()).error_code, ErrorCode::member_id_required);
}

TEST_F(GroupLimits, MembersIdsAreTheClientsNameAndARandomUuid) {
  load();
  auto first = join(join_request()).member_id, second = join(join_request()).member_id;
  std::regex uuid("client-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  EXPECT_TRUE(std::regex_match(first, uuid)) << first;
  EXPECT_TRUE(std::regex_match(second, uuid)) << second;
  EXPECT_NE(first, second);
}

TEST_F(GroupLimits, WhatIsNotCommittedIsLimited) {
  load();
  int taken = 0;
  while (commit(commit_request("g", taken, std::string(100, 'x'))) == ErrorCode::none) ASSERT_LT(++taken, 1'000);
  EXPECT_GT(taken, 30);
  EXPECT_EQ(join(join_request()).error_code, ErrorCode::coordinator_not_available);
  OffsetDeleteRequest deletion;
  deletion.group_id = "g";
  deletion.topics.push_back({"t", {{0}}});
  core_.delete_offsets(1, deletion, now_);
  EXPECT_EQ(answer<OffsetDeleteResponse>().error_code, ErrorCode::coordinator_not_available);
  core_.delete_groups(1, {{"g"}}, now_);
  EXPECT_EQ(answer<DeleteGroupsResponse>().results.at(0).error_code, ErrorCode::coordinator_not_available);
  core_.committed(appends_.back().id, now_);
  EXPECT_EQ(core_.take_output().answers.size(), static_cast<std::size_t>(taken));
  EXPECT_EQ(commit(commit_request("g", 1)), ErrorCode::none);
}

TEST_F(GroupLimits, MetadataIsCountedAsKafkaCountsIt) {
  load();
  // 4096 UTF-16 code units are allowed, as in Kafka, however many bytes they take.
  std::string long_text;
  for (int i = 0; i < 2'048; ++i) long_text += "\xf0\x9f\x90\xa6";
  EXPECT_EQ(commit(commit_request("g", 1, long_text)), ErrorCode::none);
  EXPECT_EQ(commit(commit_request("g", 1, long_text + "x")), ErrorCode::offset_metadata_too_large);
}

// Flexible versions of requests allow longer strings than a record.
TEST_F(GroupLimits, WhatIsTooLongForARecordIsRefused) {
  load();
  std::string too_long(record_string_max + 1, 'x');
  auto request = join_request();
  request.group_id = too_long;
  EXPECT_EQ(join(request).error_code, ErrorCode::invalid_group_id);
  request = join_request();
  request.group_instance_id = too_long;
  EXPECT_EQ(join(request).error_code, ErrorCode::invalid_request);
  request = join_request();
  request.protocol_type = too_long;
  EXPECT_EQ(join(request).error_code, ErrorCode::invalid_request);
  request = join_request();
  request.protocols.push_back({too_long, {}});
  EXPECT_EQ(join(request).error_code, ErrorCode::invalid_request);
  core_.join(1, {too_long, "/127.0.0.1", 9}, join_request(), now_);
  EXPECT_EQ(answer<JoinGroupResponse>().error_code, ErrorCode::invalid_request);
  core_.join(1, {too_long.substr(1), "/127.0.0.1", 9}, join_request(), now_);
  EXPECT_EQ(answer<JoinGroupResponse>().member_id.size(), record_string_max);

  EXPECT_EQ(commit(commit_request(too_long, 1)), ErrorCode::invalid_group_id);
  auto settings_now = settings();
  settings_now.offset_metadata_max = 100'000;
  core_.set_settings(settings_now);
  EXPECT_EQ(commit(commit_request("g", 1, too_long)), ErrorCode::offset_metadata_too_large);
  auto topic = commit_request("g", 1);
  topic.topics[0].name = too_long;
  EXPECT_EQ(commit(topic), ErrorCode::invalid_topic_exception);
}

TEST_F(GroupLimits, ARetentionBeyondAllTimeIsForever) {
  load();
  auto request = commit_request("g", 1);
  request.retention_time_ms = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(commit(request), ErrorCode::none);
  EXPECT_EQ(std::get<OffsetRecord>(appends_.back().records[0]).value->expire_timestamp,
            std::numeric_limits<std::int64_t>::max());
}

TEST_F(GroupLimits, ErrorsOfAppendsAreToldAsKafkaTellsThem) {
  EXPECT_EQ(client_error_of_append(ErrorCode::not_enough_replicas), ErrorCode::coordinator_not_available);
  EXPECT_EQ(client_error_of_append(ErrorCode::request_timed_out), ErrorCode::coordinator_not_available);
  EXPECT_EQ(client_error_of_append(ErrorCode::not_leader_or_follower), ErrorCode::not_coordinator);
  EXPECT_EQ(client_error_of_append(ErrorCode::kafka_storage_error), ErrorCode::not_coordinator);
  EXPECT_EQ(client_error_of_append(ErrorCode::message_too_large), ErrorCode::unknown_server_error);
  EXPECT_EQ(client_error_of_append(ErrorCode::invalid_record), ErrorCode::invalid_record);
}

// Ten thousand members join at once, and one of them leaves: the cost must be linear in the number of members.
TEST_F(GroupLimits, ALargeGroupRebalances) {
  load();
  constexpr std::size_t count = 10'000;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < count; ++i) core_.join(i, {"client", "/127.0.0.1", 3}, join_request(), now_);
  now_.instant = now_.instant + milliseconds(60'000);
  core_.tick(now_);
  core_.tick(now_);
  auto output = core_.take_output();
  ASSERT_EQ(output.answers.size(), count);
  for (const auto& answer : output.answers) ids.push_back(std::get<JoinGroupResponse>(answer.response).member_id);
  core_.committed(output.appends.back().id, now_);
  for (const auto& id : ids) core_.sync(1, {"g", 1, id, {}, {}, {}, {}}, now_);
  output = core_.take_output();
  core_.committed(output.appends.back().id, now_);
  EXPECT_EQ(core_.take_output().answers.size(), count);
  EXPECT_EQ(core_.describe("g", 5).group_state, "Stable");
  core_.leave(1, {"client", "", 3}, {"g", "", {{ids[0], {}, {}}}}, now_);
  for (std::size_t i = 1; i < count; ++i) core_.join(i, {"client", "/127.0.0.1", 3}, join_request(ids[i]), now_);
  EXPECT_EQ(core_.take_output().answers.size(), count);
  EXPECT_EQ(core_.describe("g", 5).members.size(), count - 1);
}

TEST_F(GroupLimits, DoNotTellTheOffsetOfAnEarlierTopicOfTheName) {
  load();
  const Uuid earlier{0, 1}, later{0, 2};
  auto request = commit_request("g", 7);
  request.topics[0].topic_id = earlier;
  commit(request);
  core_.committed(appends_.back().id, now_);
  auto fetched = [&](const Uuid& topic) {
    OffsetFetchRequest::Group asked;
    asked.group_id = "g";
    asked.topics = {{"t", topic, {0}}};
    return core_.fetch_offsets(asked, false).topics.at(0).partitions.at(0).committed_offset;
  };
  EXPECT_EQ(fetched(earlier), 7);
  EXPECT_EQ(fetched(later), -1);
  EXPECT_EQ(fetched(Uuid{}), 7) << "who asks by name";
}

}  // namespace
}  // namespace fulmar
