#include <gtest/gtest.h>

#include "all_messages.h"
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
}

TEST(Message, WhatIsWrittenIsReadInEveryVersion) {
  Random random(1);
  for_each_message([&]<class M>() {
    const auto& api = api_info(M::key);
    for (auto version = api.min; version <= api.max; ++version) {
      for (int i = 0; i < 30; ++i) {
        auto message = generate<M>(random, version);
        auto bytes = bytes_of(message, version);
        Reader reader(bytes);
        auto read = decode<M>(reader, version);
        ASSERT_TRUE(read.has_value()) << to_string(read.error()) << " v" << version;
        ASSERT_EQ(describe_text(*read, version), describe_text(message, version)) << api.name << " v" << version;
        ASSERT_EQ(bytes_of(*read, version), bytes);
      }
    }
  });
}

TEST(Message, CutAnywhereOrContinuedItIsAnErrorAndNothingWorse) {
  Random random(2);
  for_each_message([&]<class M>() {
    const auto& api = api_info(M::key);
    for (auto version = api.min; version <= api.max; ++version) {
      auto bytes = bytes_of(generate<M>(random, version), version);
      for (std::size_t size = 0; size < std::min<std::size_t>(bytes.size(), 300); ++size) {
        Reader reader(bytes.slice(0, size));
        ASSERT_FALSE(decode<M>(reader, version).has_value()) << api.name << " v" << version << " cut at " << size;
      }
      Reader reader(Bytes::copy_of(std::string(bytes.view()) + "x"));
      ASSERT_FALSE(decode<M>(reader, version).has_value());
    }
  });
}

TEST(Message, ChangedBytesNeverCrash) {
  Random random(3);
  for_each_message([&]<class M>() {
    const auto& api = api_info(M::key);
    for (auto version = api.min; version <= api.max; ++version) {
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

TEST(Message, AHostileCountAllocatesNothing) {
  // A metadata request of two billion topics in a few bytes.
  Reader reader(Bytes::copy_of(std::string_view("\x7f\xff\xff\xff\0\0\0\0", 8)));
  EXPECT_FALSE(decode<MetadataRequest>(reader, 1).has_value());
}

TEST(ApiTable, SaysWhatIsServed) {
  struct Row {
    int key, min, max, flexible;
  };
  constexpr Row expected[] = {{0, 3, 11, 9}, {1, 4, 17, 12}, {2, 1, 10, 6}, {3, 0, 12, 9}, {10, 0, 6, 3},
                              {18, 0, 4, 3}, {19, 2, 7, 5},  {20, 1, 6, 4}, {21, 0, 2, 2}, {22, 0, 5, 2},
                              {32, 0, 4, 4}, {37, 0, 3, 2},  {60, 0, 1, 0}};
  ASSERT_EQ(served_apis().size(), std::size(expected));
  for (const auto& row : expected) {
    const auto* api = find_api(static_cast<std::int16_t>(row.key));
    ASSERT_NE(api, nullptr);
    EXPECT_EQ(api->min, row.min) << api->name;
    EXPECT_EQ(api->max, row.max) << api->name;
    EXPECT_EQ(api->flexible, row.flexible) << api->name;
    EXPECT_EQ(api->advertised_min, row.key == 0 ? 0 : row.min) << api->name;
  }
}

}  // namespace
}  // namespace fulmar
