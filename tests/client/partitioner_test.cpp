#include "broker/client/partitioner.h"

#include <gtest/gtest.h>

#include <utility>

namespace fulmar {
namespace {

TEST(Murmur2, IsKafkas) {
  // Kafka's UtilsTest.testMurmur2.
  const std::pair<const char*, std::int32_t> known[] = {
      {"21", -973932308},
      {"foobar", -790332482},
      {"a-little-bit-long-string", -985981536},
      {"a-little-bit-longer-string", -1486304829},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
      {"abc", 479470107},
  };
  for (const auto& [bytes, hash] : known) EXPECT_EQ(murmur2(bytes), hash) << bytes;
}

TEST(Murmur2, TakesBytesAsUnsigned) {
  EXPECT_NE(murmur2("\xff"), murmur2("\x7f"));
  EXPECT_EQ(murmur2(std::string_view("\xe2\x82\xac", 3)), murmur2("€"));
}

TEST(Partitioner, TakesTheHashOfAKeyWithoutItsSign) {
  Partitioner partitioner(7, 3);
  EXPECT_EQ(partitioner.partition_of("21"), (-973932308 & 0x7fffffff) % 7);
  EXPECT_EQ(partitioner.partition_of("abc"), 479470107 % 7);
  partitioner.next_batch();
  EXPECT_EQ(partitioner.partition_of("abc"), 479470107 % 7) << "a key stays where it is";
}

TEST(Partitioner, SendsRecordsWithoutAKeyToOnePartitionPerBatch) {
  Partitioner partitioner(3, 11);
  for (std::int32_t expected : {2, 0, 1, 2}) {
    EXPECT_EQ(partitioner.partition_of(std::nullopt), expected);
    EXPECT_EQ(partitioner.partition_of(std::nullopt), expected);
    partitioner.next_batch();
  }
}

}  // namespace
}  // namespace fulmar
