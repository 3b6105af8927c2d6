#include "broker/protocol/throttle_time.h"

#include <gtest/gtest.h>

#include "all_messages.h"

namespace fulmar {
namespace {

constexpr std::int32_t correlation = 77;

template <class F>
void for_each_version_of_a_response(F&& f) {
  Random random(1);
  for_each_response([&]<class M>() {
    const auto* info = find_api(static_cast<std::int16_t>(M::key));
    if (!info) return;
    for (auto version = info->min; version <= info->max; ++version)
      for (int i = 0; i < 20; ++i) f(*info, version, generate<M>(random, version));
  });
}

TEST(ThrottleTime, IsRaisedWhereTheResponseSaysIt) {
  for_each_version_of_a_response([]<class M>(const ApiInfo& info, std::int16_t version, M response) {
    ByteChain expected;
    if constexpr (requires { response.throttle_time_ms; }) {
      response.throttle_time_ms = 3;
      auto before = response_frame(response, version, correlation);
      response.throttle_time_ms = 0x01020304;
      expected = response_frame(response, version, correlation);
      auto frame = before;
      const bool raised = raise_throttle_time(frame, info.key, version, 0x01020304);
      ASSERT_EQ(raised, expected.flatten() != before.flatten()) << info.name << " v" << version;
      ASSERT_EQ(frame.flatten(), expected.flatten()) << info.name << " v" << version;
    } else {
      auto frame = response_frame(response, version, correlation);
      auto before = frame.flatten();
      ASSERT_FALSE(raise_throttle_time(frame, info.key, version, 5)) << info.name << " v" << version;
      ASSERT_EQ(frame.flatten(), before) << info.name << " v" << version;
    }
  });
}

TEST(ThrottleTime, IsNotLowered) {
  MetadataResponse response;
  response.throttle_time_ms = 500;
  auto frame = response_frame(response, 12, correlation);
  auto before = frame.flatten();
  EXPECT_TRUE(raise_throttle_time(frame, ApiKey::metadata, 12, 499));
  EXPECT_EQ(frame.flatten(), before);
}

TEST(ThrottleTime, NothingThereIsLeftAlone) {
  ByteChain nothing;  // acks=0
  EXPECT_FALSE(raise_throttle_time(nothing, ApiKey::produce, 9, 5));
  ByteChain too_short(Bytes::copy_of("12345678901"));
  EXPECT_FALSE(raise_throttle_time(too_short, ApiKey::fetch, 11, 5));
  EXPECT_EQ(too_short.flatten().view(), "12345678901");
}

}  // namespace
}  // namespace fulmar
