#include <gtest/gtest.h>

#include "all_messages.h"
#include "broker/protocol/endian.h"
#include "broker/protocol/reader.h"

namespace fulmar {
namespace {

template <class M>
Bytes bytes_of(const M& message, std::int16_t version) {
  Writer writer;
  encode(writer, message, version);
  return std::move(writer).finish().flatten();
}

template <class F>
void for_each_message(F&& f) {
  for_each_request(f);
  for_each_response(f);
  for_each_carried(f);
  for_each_record_key([&]<class Key>() {
    f.template operator()<Key>();
    f.template operator()<typename Key::Value>();
  });
}

TEST(Message, WhatIsWrittenIsReadInEveryVersion) {
  Random random(1);
  for_each_message([&]<class M>() {
    auto schema = message_schema<M>();
    for (auto version = schema.min; version <= schema.max; ++version) {
      for (int i = 0; i < 30; ++i) {
        auto message = generate<M>(random, version);
        auto bytes = bytes_of(message, version);
        Reader reader(bytes);
        auto read = decode<M>(reader, version);
        ASSERT_TRUE(read.has_value()) << to_string(read.error()) << " v" << version;
        ASSERT_EQ(describe_text(*read, version), describe_text(message, version)) << schema.name << " v" << version;
        ASSERT_EQ(bytes_of(*read, version), bytes);
      }
    }
  });
}

TEST(Message, CutAnywhereItIsAnErrorAndNothingWorse) {
  Random random(2);
  for_each_message([&]<class M>() {
    auto schema = message_schema<M>();
    for (auto version = schema.min; version <= schema.max; ++version) {
      auto bytes = bytes_of(generate<M>(random, version), version);
      for (std::size_t size = 0; size < std::min<std::size_t>(bytes.size(), 300); ++size) {
        Reader reader(bytes.slice(0, size));
        ASSERT_FALSE(decode<M>(reader, version).has_value()) << schema.name << " v" << version << " cut at " << size;
      }
    }
  });
}

TEST(Message, WhatFollowsItsEndIsIgnoredFromClientsAndRefusedFromBrokers) {
  Random random(4);
  for_each_message([&]<class M>() {
    auto schema = message_schema<M>();
    for (auto version = schema.min; version <= schema.max; ++version) {
      auto bytes = bytes_of(generate<M>(random, version), version);
      Reader reader(Bytes::copy_of(std::string(bytes.view()) + std::string("\1\0\0", 3)));
      auto read = decode<M>(reader, version);
      bool refused = false;
      if constexpr (requires { M::key; }) refused = api_info(M::key).is_brokers_own();
      ASSERT_EQ(read.has_value(), !refused) << schema.name << " v" << version;
      if (!read) continue;
      ASSERT_EQ(bytes_of(*read, version), bytes);
    }
  });
}

TEST(Message, ChangedBytesNeverCrash) {
  Random random(3);
  for_each_message([&]<class M>() {
    auto schema = message_schema<M>();
    for (auto version = schema.min; version <= schema.max; ++version) {
      for (int i = 0; i < 50; ++i) {
        std::string text(bytes_of(generate<M>(random, version), version).view());
        if (text.empty()) continue;
        for (int change = 0; change < 3; ++change) text[random.below(text.size())] = static_cast<char>(random.next());
        Reader reader(Bytes::copy_of(text));
        auto read = decode<M>(reader, version);
        if (read) {
          bytes_of(*read, version);
        }
      }
    }
  });
}

// Written out by hand from the schema.
TEST(Message, AFlexibleRequestFrameIsByteForByteWhatKafkaSends) {
  ApiVersionsRequest request{"ab", "1"};
  auto frame = request_frame(request, 3, 7, "me").flatten();
  std::string expected(
      "\0\0\0\x13"
      "\0\x12"
      "\0\x03"
      "\0\0\0\x07"
      "\0\x02me"
      "\0"
      "\x03"
      "ab"
      "\x02"
      "1"
      "\0",
      23);
  EXPECT_EQ(frame.view(), expected);
}

TEST(Message, AnOldProduceRequestIsByteForByteWhatKafkaSends) {
  ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 1000;
  request.topics.push_back({"t", {{0, ByteChain(Bytes::copy_of("rec"))}}});
  EXPECT_EQ(bytes_of(request, 3).view(), std::string_view("\xff\xff"
                                                          "\xff\xff"
                                                          "\0\0\x03\xe8"
                                                          "\0\0\0\x01"
                                                          "\0\x01t"
                                                          "\0\0\0\x01"
                                                          "\0\0\0\0"
                                                          "\0\0\0\x03rec",
                                                          30));
}

// The bytes of a version, written by hand from the schema, equal those that are written, and are read.
template <class M>
void expect_bytes(const M& message, std::int16_t version, std::string_view expected) {
  EXPECT_EQ(bytes_of(message, version).view(), expected);
  Reader reader(Bytes::copy_of(expected));
  auto read = decode<M>(reader, version);
  ASSERT_TRUE(read.has_value()) << to_string(read.error());
  EXPECT_EQ(describe_text(*read, version), describe_text(message, version));
}
// A string literal with its zeros.
template <std::size_t size>
constexpr std::string_view wire(const char (&literal)[size]) {
  return {literal, size - 1};
}

TEST(Message, OffsetForLeaderEpochHasItsReplicaFromVersion3AndIsCompactFrom4) {
  OffsetForLeaderEpochRequest request{.replica_id = 2, .topics = {{"t", {{1, 5, 4}}}}};
  expect_bytes(request, 3,
               wire("\0\0\0\x02"
                    "\0\0\0\x01"
                    "\0\x01t"
                    "\0\0\0\x01"
                    "\0\0\0\x01\0\0\0\x05\0\0\0\x04"));
  expect_bytes(request, 4,
               wire("\0\0\0\x02"
                    "\x02"
                    "\x02t"
                    "\x02"
                    "\0\0\0\x01\0\0\0\x05\0\0\0\x04\0"
                    "\0"
                    "\0"));
  request.replica_id = -2;  // not sent before version 3
  expect_bytes(request, 2,
               wire("\0\0\0\x01"
                    "\0\x01t"
                    "\0\0\0\x01"
                    "\0\0\0\x01\0\0\0\x05\0\0\0\x04"));
  OffsetForLeaderEpochResponse response{.topics = {{"t", {{ErrorCode::fenced_leader_epoch, 1, 4, 300}}}}};
  expect_bytes(response, 2,
               wire("\0\0\0\0"
                    "\0\0\0\x01"
                    "\0\x01t"
                    "\0\0\0\x01"
                    "\0\x4a\0\0\0\x01\0\0\0\x04\0\0\0\0\0\0\x01\x2c"));
  expect_bytes(response, 4,
               wire("\0\0\0\0"
                    "\x02"
                    "\x02t"
                    "\x02"
                    "\0\x4a\0\0\0\x01\0\0\0\x04\0\0\0\0\0\0\x01\x2c\0"
                    "\0"
                    "\0"));
}

TEST(Message, DescribeLogDirsGrowsAnErrorInVersion3AndTheVolumeIn4) {
  expect_bytes(DescribeLogDirsRequest{}, 1, wire("\xff\xff\xff\xff"));
  expect_bytes(DescribeLogDirsRequest{}, 2, wire("\0\0"));
  DescribeLogDirsResponse response;
  response.log_dirs.push_back({.path = "/d", .topics = {{"t", {{1, 256, 2, true}}}}});
  expect_bytes(response, 1,
               wire("\0\0\0\0"
                    "\0\0\0\x01"
                    "\0\0"
                    "\0\x02/d"
                    "\0\0\0\x01"
                    "\0\x01t"
                    "\0\0\0\x01"
                    "\0\0\0\x01\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\x02\x01"));
  response.log_dirs[0].total_bytes = 3;
  response.log_dirs[0].usable_bytes = 1;
  expect_bytes(response, 4,
               wire("\0\0\0\0"
                    "\0\0"
                    "\x02"
                    "\0\0"
                    "\x03/d"
                    "\x02"
                    "\x02t"
                    "\x02"
                    "\0\0\0\x01\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\x02\x01\0"
                    "\0"
                    "\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\x01\0"
                    "\0"));
}

TEST(Message, ElectLeadersHasATypeAndAnErrorFromVersion1) {
  ElectLeadersRequest request{.topics = {{{"t", {0, 1}}}}};
  expect_bytes(request, 0,
               wire("\0\0\0\x01"
                    "\0\x01t"
                    "\0\0\0\x02\0\0\0\0\0\0\0\x01"
                    "\0\0\xea\x60"));
  request.election_type = 1;
  request.topics.reset();
  expect_bytes(request, 1, wire("\x01\xff\xff\xff\xff\0\0\xea\x60"));
  expect_bytes(request, 2, wire("\x01\0\0\0\xea\x60\0"));
  ElectLeadersResponse response{.topics = {{"t", {{1, ErrorCode::election_not_needed, std::nullopt}}}}};
  expect_bytes(response, 0,
               wire("\0\0\0\0"
                    "\0\0\0\x01"
                    "\0\x01t"
                    "\0\0\0\x01"
                    "\0\0\0\x01\0\x54\xff\xff"));
  expect_bytes(response, 2,
               wire("\0\0\0\0"
                    "\0\0"
                    "\x02"
                    "\x02t"
                    "\x02"
                    "\0\0\0\x01\0\x54\0\0"
                    "\0"
                    "\0"));
}

TEST(Message, AReassignmentWithoutReplicasIsOneToCancel) {
  AlterPartitionReassignmentsRequest request{
      .timeout_ms = 1000, .topics = {{"t", {{0, std::vector<std::int32_t>{1, 2}}, {1, std::nullopt}}}}};
  auto topics = wire(
      "\x02"
      "\x02t"
      "\x03"
      "\0\0\0\0\x03\0\0\0\x01\0\0\0\x02\0"
      "\0\0\0\x01\0\0"
      "\0"
      "\0");
  expect_bytes(request, 0, std::string("\0\0\x03\xe8", 4) + std::string(topics));
  request.allow_replication_factor_change = false;  // sent from version 1
  expect_bytes(request, 1, std::string("\0\0\x03\xe8\0", 5) + std::string(topics));
  AlterPartitionReassignmentsResponse response;
  response.topics.push_back({"t", {{1, ErrorCode::no_reassignment_in_progress, "none"}}});
  auto rest = wire(
      "\0\0\0"
      "\x02"
      "\x02t"
      "\x02"
      "\0\0\0\x01\0\x55\x05none\0"
      "\0"
      "\0");
  expect_bytes(response, 0, std::string(4, '\0') + std::string(rest));
  expect_bytes(response, 1, std::string("\0\0\0\0\x01", 5) + std::string(rest));

  expect_bytes(ListPartitionReassignmentsRequest{}, 0, wire("\0\0\xea\x60\0\0"));
  ListPartitionReassignmentsResponse list;
  list.topics.push_back({"t", {{1, {1, 2}, {2}, {}}}});
  expect_bytes(list, 0,
               wire("\0\0\0\0"
                    "\0\0\0"
                    "\x02"
                    "\x02t"
                    "\x02"
                    "\0\0\0\x01\x03\0\0\0\x01\0\0\0\x02\x02\0\0\0\x02\x01\0"
                    "\0"
                    "\0"));
}

TEST(Message, AQuorumNamesItsNodesFromVersion2AndTheirPortsAreUnsigned) {
  expect_bytes(DescribeQuorumRequest{{{"m", {{0}}}}}, 0,
               wire("\x02"
                    "\x02m"
                    "\x02\0\0\0\0\0"
                    "\0"
                    "\0"));
  DescribeQuorumResponse response;
  response.topics.push_back({"m", {{}}});
  auto& partition = response.topics[0].partitions[0];
  partition.leader_id = 1;
  partition.leader_epoch = 7;
  partition.high_watermark = 9;
  auto& voter = partition.voters.emplace_back();
  voter.replica_id = 1;
  voter.log_end_offset = 10;
  expect_bytes(response, 0,
               wire("\0\0"
                    "\x02"
                    "\x02m"
                    "\x02"
                    "\0\0\0\0\0\0\0\0\0\x01\0\0\0\x07\0\0\0\0\0\0\0\x09"
                    "\x02\0\0\0\x01\0\0\0\0\0\0\0\x0a\0"
                    "\x01"
                    "\0"
                    "\0"
                    "\0"));
  voter.directory_id = {1, 2};
  voter.last_caught_up_timestamp = 5;
  response.nodes.push_back({1, {{"C", "h", 50000}}});
  expect_bytes(response, 2,
               wire("\0\0\0"
                    "\x02"
                    "\x02m"
                    "\x02"
                    "\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\x07\0\0\0\0\0\0\0\x09"
                    "\x02\0\0\0\x01"
                    "\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02"
                    "\0\0\0\0\0\0\0\x0a\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\x05\0"
                    "\x01"
                    "\0"
                    "\0"
                    "\x02\0\0\0\x01"
                    "\x02"
                    "\x02"
                    "C"
                    "\x02h\xc3\x50\0"
                    "\0"
                    "\0"));
}

TEST(Message, APageOfTopicsBeginsAtACursorThatMayBeNull) {
  DescribeTopicPartitionsRequest request{.topics = {{"t"}}, .cursor = std::nullopt};
  expect_bytes(request, 0,
               wire("\x02"
                    "\x02t\0"
                    "\0\0\x07\xd0"
                    "\xff"
                    "\0"));
  request.cursor = {"t", 3};
  expect_bytes(request, 0,
               wire("\x02"
                    "\x02t\0"
                    "\0\0\x07\xd0"
                    "\x01\x02t\0\0\0\x03\0"
                    "\0"));
}

TEST(Message, NewVersionsGrowByTheFieldsOfTheirSchemas) {
  ApiVersionsRequest hello{"ab", "1", "c", 2};
  expect_bytes(hello, 5,
               wire("\x03"
                    "ab\x02"
                    "1\x02"
                    "c\0\0\0\x02\0"));
  DescribeClusterRequest cluster{.include_cluster_authorized_operations = true, .include_fenced_brokers = true};
  expect_bytes(cluster, 2, wire("\x01\x01\x01\0"));
  MetadataResponse metadata;
  metadata.error_code = ErrorCode::invalid_request;
  expect_bytes(metadata, 13, wire("\0\0\0\0\x01\0\xff\xff\xff\xff\x01\0\x2a\0"));
}

TEST(Message, UnregisterBrokerIsANumberAndItsAnswer) {
  expect_bytes(UnregisterBrokerRequest{3}, 0, wire("\0\0\0\x03\0"));
  expect_bytes(UnregisterBrokerResponse{0, ErrorCode::broker_id_not_registered, "no"}, 0,
               wire("\0\0\0\0\0\x66\x03no\0"));
}

TEST(Message, UpdateFeaturesHasATypeSinceVersionOneAndResultsUntilThen) {  // KIP-778
  UpdateFeaturesRequest request{1, {{"f", 2, true, UpdateFeaturesRequest::unsafe_downgrade}}, true};
  expect_bytes(request, 0,
               wire("\0\0\0\x01\x02\x02"
                    "f\0\x02\x01\0\0"));
  expect_bytes(request, 2,
               wire("\0\0\0\x01\x02\x02"
                    "f\0\x02\x03\0\x01\0"));
  UpdateFeaturesResponse response{0, ErrorCode::invalid_update_version, "no", {{"f", ErrorCode::none, {}}}};
  expect_bytes(response, 1,
               wire("\0\0\0\0\0\x5f\x03no\x02\x02"
                    "f\0\0\0\0\0"));
  expect_bytes(response, 2, wire("\0\0\0\0\0\x5f\x03no\0"));
}

TEST(Message, RaftVotersAreNamedWithTheirDirectories) {  // KIP-853
  AddRaftVoterRequest add{"c", 2, 3, {1, 2}, {{"L", "h", 9093}}, true};
  std::string v0(
      wire("\x02"
           "c\0\0\0\x02\0\0\0\x03\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\x02\x02L\x02h\x23\x85\0\0"));
  expect_bytes(add, 0, v0);
  expect_bytes(add, 1, v0.substr(0, v0.size() - 1) + std::string(wire("\x01\0")));
  expect_bytes(RemoveRaftVoterRequest{std::nullopt, 3, {1, 2}}, 0,
               wire("\0\0\0\0\x03\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\0"));
  expect_bytes(RemoveRaftVoterResponse{0, ErrorCode::voter_not_found, {}}, 0, wire("\0\0\0\0\0\x7f\0\0"));
}

TEST(Message, WhoLeadsIsSaidInTaggedFields) {  // KIP-951
  ProduceResponse produced;
  produced.topics.push_back({"t", {{}}});
  produced.topics[0].partitions[0].error_code = ErrorCode::not_leader_or_follower;
  produced.topics[0].partitions[0].current_leader = {2, 7};
  produced.node_endpoints.push_back({2, "h", 9092, std::nullopt});
  auto endpoints = wire("\x01\0\x0d\x02\0\0\0\x02\x02h\0\0\x23\x84\0\0");
  auto leader = wire("\x09\0\0\0\x02\0\0\0\x07\0");
  expect_bytes(produced, 10,
               std::string(wire("\x02\x02t\x02"
                                "\0\0\0\0\0\x06\0\0\0\0\0\0\0\0"
                                "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\0"
                                "\x01\0")) +
                   std::string(leader) + std::string("\0\0\0\0\0", 5) + std::string(endpoints));
  FetchResponse fetched;
  fetched.node_endpoints = {{2, "h", 9092, std::nullopt}};
  fetched.topics.push_back({"", {1, 2}, {{}}});
  auto& partition = fetched.topics[0].partitions[0];
  partition.error_code = ErrorCode::not_leader_or_follower;
  partition.current_leader = {2, 7};
  partition.diverging_epoch = {6, 300};
  expect_bytes(fetched, 16,
               std::string(wire("\0\0\0\0\0\0\0\0\0\0"
                                "\x02\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02"
                                "\x02\0\0\0\0\0\x06\0\0\0\0\0\0\0\0"
                                "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                                "\0\xff\xff\xff\xff\x01"
                                "\x02\0\x0d\0\0\0\x06\0\0\0\0\0\0\x01\x2c\0\x01")) +
                   std::string(leader) + std::string("\0", 1) + std::string(endpoints));
}

TEST(Message, ApiVersionsAnswersWithAnOldHeaderAndOthersDoNot) {
  EXPECT_EQ(response_frame(InitProducerIdResponse{}, 2, 5).flatten().view().substr(4, 5),
            std::string_view("\0\0\0\x05\0", 5));
  auto api_versions = response_frame(ApiVersionsResponse{}, 3, 5).flatten();
  EXPECT_EQ(api_versions.view().substr(4), std::string_view("\0\0\0\x05"
                                                            "\0\0"
                                                            "\x01"
                                                            "\0\0\0\0"
                                                            "\0",
                                                            12));
}

TEST(Message, UnknownTaggedFieldsAreSkipped) {
  Reader reader(
      Bytes::copy_of(std::string_view("\x03"
                                      "ab"
                                      "\x02"
                                      "1"
                                      "\x01"
                                      "\x63\x02xy",
                                      10)));
  EXPECT_TRUE(decode<ApiVersionsRequest>(reader, 3).has_value());
  Reader lying(
      Bytes::copy_of(std::string_view("\x03"
                                      "ab"
                                      "\x02"
                                      "1"
                                      "\x01"
                                      "\x63\x7fxy",
                                      10)));
  EXPECT_FALSE(decode<ApiVersionsRequest>(lying, 3).has_value());
}

// A tag is local to its structure: this one, unknown in the inner one, is the outer one's next field.
TEST(Message, TheTagsOfAFieldWithinAreNotThoseAround) {
  FetchResponse fetched;
  fetched.topics.push_back({"t", {}, {{}}});
  fetched.topics[0].partitions[0].diverging_epoch = {6, 300};
  std::string text(bytes_of(fetched, 12).view());
  auto diverging = wire("\x01\0\x0d\0\0\0\x06\0\0\0\0\0\0\x01\x2c\0");
  auto at = text.find(diverging);
  ASSERT_NE(at, text.npos);
  text.replace(at, diverging.size(), wire("\x01\0\x11\0\0\0\x06\0\0\0\0\0\0\x01\x2c\x01\x01\x02xy"));
  Reader reader(Bytes::copy_of(text));
  auto read = decode<FetchResponse>(reader, 12);
  ASSERT_TRUE(read.has_value()) << to_string(read.error());
  EXPECT_EQ(describe_text(*read, 12), describe_text(fetched, 12));
}

TEST(Message, NullIsAnErrorBeforeTheVersionThatAllowsItAndWrittenAsEmpty) {
  auto refuses = []<class M>(const M&, std::int16_t version, std::string_view text) {
    Reader reader(Bytes::copy_of(text));
    return !decode<M>(reader, version).has_value();
  };
  OffsetFetchRequest fetch;
  fetch.group_id = "g";
  EXPECT_EQ(bytes_of(fetch, 1).view(), wire("\0\1g\0\0\0\0"));
  EXPECT_TRUE(refuses(fetch, 1, wire("\0\1g\xff\xff\xff\xff")));
  expect_bytes(fetch, 2, wire("\0\1g\xff\xff\xff\xff"));
  JoinGroupResponse joined;
  EXPECT_EQ(bytes_of(joined, 0).view(), wire("\0\0\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\0"));
  EXPECT_TRUE(refuses(joined, 0, wire("\0\0\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0")));
  // Nor may bytes be null that must not be.
  EXPECT_TRUE(refuses(SyncGroupResponse{}, 0, wire("\0\0\xff\xff\xff\xff")));
  EXPECT_TRUE(refuses(SyncGroupResponse{}, 4, wire("\0\0\0\0\0\0\0\0")));
  expect_bytes(SyncGroupResponse{}, 4, wire("\0\0\0\0\0\0\x01\0"));
}

TEST(Message, AHostileCountAllocatesNothing) {
  // A metadata request of two billion topics in a few bytes.
  Reader reader(Bytes::copy_of(std::string_view("\x7f\xff\xff\xff\0\0\0\0", 8)));
  EXPECT_FALSE(decode<MetadataRequest>(reader, 1).has_value());
}

// As Kafka 4.4 refuses them, however many bytes there are.
TEST(Message, MoreThanAMillionElementsOrTenThousandTaggedFieldsAreRefused) {
  auto topics = [](std::size_t count) {
    std::string text(4, '\0');
    store_big(text.data(), static_cast<std::int32_t>(count));
    for (std::size_t i = 0; i < count; ++i) text += std::string_view("\0\1t", 3);
    Reader reader(Bytes::copy_of(text));
    return decode<MetadataRequest>(reader, 1).has_value();
  };
  EXPECT_TRUE(topics(1'000'000));
  EXPECT_FALSE(topics(1'000'001));
  auto tagged = [](std::uint32_t count) {
    Writer writer;
    writer.string("a", true);
    writer.string("1", true);
    writer.unsigned_varint(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      writer.unsigned_varint(100 + i);
      writer.unsigned_varint(0);
    }
    Reader reader(std::move(writer).finish().flatten());
    return decode<ApiVersionsRequest>(reader, 3).has_value();
  };
  EXPECT_TRUE(tagged(10'000));
  EXPECT_FALSE(tagged(10'001));
}

struct Row {
  int key, min, max, flexible;
};

TEST(ApiTable, SaysWhatIsServed) {
  constexpr int never = never_flexible;
  constexpr Row expected[] = {
      {0, 3, 13, 9},     {1, 4, 18, 12},    {2, 1, 11, 6}, {3, 0, 13, 9}, {10, 0, 6, 3}, {18, 0, 5, 3}, {19, 2, 7, 5},
      {20, 1, 6, 4},     {21, 0, 2, 2},     {22, 0, 5, 2}, {23, 2, 4, 4}, {32, 0, 4, 4}, {33, 0, 2, 2}, {44, 0, 1, 1},
      {74, 0, 1, 0},     {35, 0, 5, 2},     {37, 0, 3, 2}, {43, 0, 2, 2}, {45, 0, 1, 0}, {46, 0, 0, 0}, {55, 0, 2, 0},
      {60, 0, 2, 0},     {57, 0, 2, 0},     {80, 0, 1, 0}, {81, 0, 0, 0}, {64, 0, 0, 0}, {75, 0, 0, 0}, {8, 2, 10, 8},
      {9, 1, 10, 6},     {11, 0, 9, 6},     {12, 0, 4, 4}, {13, 0, 5, 4}, {14, 0, 5, 4}, {15, 0, 6, 5}, {16, 0, 5, 3},
      {42, 0, 3, 2},     {47, 0, 0, never}, {27, 1, 2, 1}, {61, 0, 0, 0}, {24, 0, 5, 3}, {25, 0, 4, 3}, {26, 0, 5, 3},
      {28, 0, 6, 3},     {65, 0, 0, 0},     {66, 0, 2, 0}, {68, 0, 1, 0}, {69, 0, 1, 0}, {48, 0, 1, 1}, {49, 0, 1, 1},
      {17, 0, 1, never}, {36, 0, 2, 2},     {29, 1, 3, 2}, {30, 1, 3, 2}, {31, 1, 3, 2}, {50, 0, 0, 0}, {51, 0, 0, 0},
      {9000, 0, 0, 0}};
  ASSERT_EQ(served_apis().size(), std::size(expected));
  for (const auto& row : expected) {
    const auto* api = find_api(static_cast<std::int16_t>(row.key));
    ASSERT_NE(api, nullptr);
    EXPECT_EQ(api->min, row.min) << api->name;
    EXPECT_EQ(api->max, row.max) << api->name;
    EXPECT_EQ(api->flexible, row.flexible) << api->name;
    EXPECT_EQ(api->advertised_min, row.key == 0 ? 0 : row.min) << api->name;
    EXPECT_EQ(api->advertised, row.key < 9000) << api->name << ": Kafka's, or Fulmar's own";
  }
}

// The codec knows the messages between brokers; ApiVersions and the dispatch of client requests do not.
TEST(ApiTable, KeepsTheBrokersOwnRequestsFromClients) {
  for (auto key : {ApiKey::peer_hello, ApiKey::raft_messages, ApiKey::leaders, ApiKey::register_broker, ApiKey::forward,
                   ApiKey::broker_heartbeat, ApiKey::pulses}) {
    EXPECT_EQ(find_api(static_cast<std::int16_t>(key)), nullptr);
    EXPECT_EQ(&api_info(key), declared_api(static_cast<std::int16_t>(key)));
  }
}

}  // namespace
}  // namespace fulmar
