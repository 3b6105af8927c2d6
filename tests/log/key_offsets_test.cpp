// KeyOffsets has the same content as a map, in bounded memory.
#include "broker/log/key_offsets.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>

namespace fulmar {
namespace {

RC_GTEST_PROP(KeyOffsets, KnowWhatAMapWouldKnow, ()) {
  KeyOffsets last(std::size_t{1} << 20, *rc::gen::arbitrary<std::uint64_t>());
  std::map<std::string, Offset> model;
  Offset offset = 0;
  const auto keys = *rc::gen::container<std::vector<std::string>>(rc::gen::arbitrary<std::string>());
  for (int round = 0; round < 3; ++round)
    for (const auto& key : keys) {
      RC_ASSERT(last.put(key, offset));
      model[key] = offset++;
    }
  RC_ASSERT(last.size() == model.size());
  for (const auto& [key, at] : model) RC_ASSERT(last.find(key) == at);
  RC_ASSERT(model.contains("none of them") || !last.find("none of them"));
}

TEST(KeyOffsets, TakeNoMoreMemoryThanTheyMayAndKeepWhatTheyHave) {
  for (std::size_t bytes_max : {std::size_t{0}, std::size_t{5'000}, std::size_t{100'000}, std::size_t{1} << 20}) {
    KeyOffsets last(bytes_max, 7);
    Offset count = 0;
    while (last.put("key " + std::to_string(count), count)) ++count;
    EXPECT_GE(count, 1);
    EXPECT_LE(last.bytes(), std::max<std::size_t>(bytes_max, 96));
    if (bytes_max >= 100'000) {
      EXPECT_GT(static_cast<std::size_t>(count) * 24 * 4, bytes_max) << "a quarter of it holds keys, at least";
    }
    for (Offset at = 0; at < count; ++at) ASSERT_EQ(last.find("key " + std::to_string(at)), at);
    // Known keys still get new offsets.
    EXPECT_TRUE(last.put("key 0", count));
    EXPECT_EQ(last.find("key 0"), count);
    EXPECT_FALSE(last.find("key " + std::to_string(count)));
  }
}

}  // namespace
}  // namespace fulmar
