#include "scenarios/request_names.h"

#include <gtest/gtest.h>

#include "broker/protocol/api_key.h"
#include "broker/protocol/endian.h"

namespace fulmar {
namespace {

template <class T>
void put(std::string& into, T value) {
  char bytes[sizeof value];
  store_big(bytes, value);
  into.append(bytes, sizeof value);
}

std::string request(ApiKey key, std::int32_t correlation, std::size_t body) {
  std::string frame;
  put(frame, static_cast<std::int32_t>(8 + body));
  put(frame, static_cast<std::int16_t>(key));
  put(frame, std::int16_t{0});
  put(frame, correlation);
  return frame + std::string(body, 'x');
}

std::string answer(std::int32_t correlation, std::size_t body) {
  std::string frame;
  put(frame, static_cast<std::int32_t>(4 + body));
  put(frame, correlation);
  return frame + std::string(body, 'x');
}

TEST(RequestNames, FollowFramesHoweverTheyAreCut) {
  auto bytes = request(ApiKey::produce, 7, 20) + request(ApiKey::fetch, 8, 0) + request(ApiKey::metadata, 9, 3);
  RequestNames whole;
  EXPECT_EQ(whole.name(1, true, bytes), "Produce, Fetch, Metadata");
  EXPECT_EQ(whole.name(1, false, answer(8, 5)), "answer to Fetch");
  EXPECT_EQ(whole.name(1, false, answer(7, 0)), "answer to Produce");
  EXPECT_EQ(whole.name(2, false, answer(9, 0)), "data") << "of another connection";
  RequestNames cut;
  std::map<std::string, int> seen;
  for (char byte : bytes) ++seen[cut.name(1, true, {&byte, 1})];
  EXPECT_EQ(seen["Produce"], 1);
  EXPECT_EQ(seen["part of Produce"], 20);
  EXPECT_EQ(seen["Fetch"], 1);
  EXPECT_EQ(seen["part of Metadata"], 3);
}

TEST(RequestNames, SayNothingOfWhatIsNoFrame) {
  RequestNames names;
  EXPECT_EQ(names.name(1, true, std::string(20, '\xff')), "data");
  EXPECT_EQ(names.name(1, true, request(ApiKey::fetch, 1, 0)), "data") << "the frames are lost";
  EXPECT_EQ(names.name(2, true, request(ApiKey::fetch, 1, 0)), "Fetch");
}

}  // namespace
}  // namespace fulmar
