#include <gtest/gtest.h>

#include "broker/log/aborted_index.h"
#include "broker/log/epoch_cache.h"
#include "broker/log/offset_index.h"

namespace fulmar {
namespace {

TEST(OffsetIndex, FindsTheLastEntryNotAboveTheOffset) {
  OffsetIndex index;
  index.add(9, 100);
  index.add(19, 200);
  EXPECT_EQ(index.position_before(0), 0);
  EXPECT_EQ(index.position_before(8), 0);
  EXPECT_EQ(index.position_before(9), 100);
  EXPECT_EQ(index.position_before(18), 100);
  EXPECT_EQ(index.position_before(1000), 200);
}

TEST(OffsetIndex, IsWrittenAsKafkaWritesIt) {
  OffsetIndex index;
  index.add(9, 0x100);
  EXPECT_EQ(index.encode().view(), std::string_view("\0\0\0\x09\0\0\x01\0", 8));
  OffsetIndex again;
  ASSERT_TRUE(again.decode(index.encode().view(), 1000));
  EXPECT_EQ(again.entries().front(), index.entries().front());
  EXPECT_FALSE(again.decode(index.encode().view(), 0x100)) << "beyond the segment";
  EXPECT_FALSE(again.decode(std::string_view("\0\0\0", 3), 1000));
}

TEST(AbortedIndex, IsWrittenAsKafkaWritesIt) {
  AbortedIndex index;
  index.add({7, 0x10, 0x20, 0x18});
  auto bytes = index.encode();
  EXPECT_EQ(bytes.view(), std::string_view("\0\0"
                                           "\0\0\0\0\0\0\0\x07"
                                           "\0\0\0\0\0\0\0\x10"
                                           "\0\0\0\0\0\0\0\x20"
                                           "\0\0\0\0\0\0\0\x18",
                                           34));
  AbortedIndex again;
  ASSERT_TRUE(again.decode(bytes.view(), 0x20, 0x21));
  EXPECT_EQ(again.entries(), index.entries());
  EXPECT_FALSE(again.decode(bytes.view(), 0x21, 0x30)) << "of a segment before";
  EXPECT_FALSE(again.decode(bytes.view(), 0, 0x20)) << "of a segment after";
  EXPECT_FALSE(again.decode(bytes.view().substr(0, 33), 0, 0x30));
  EXPECT_FALSE(again.decode(std::string(bytes.view()) + std::string(bytes.view()), 0, 0x30)) << "not in their order";
  EXPECT_TRUE(again.entries().empty());
}

TEST(AbortedIndex, FindsThoseWithRecordsInARangeAndSaysWhetherLaterSegmentsMayHaveMore) {
  AbortedIndex index;
  index.add({1, 10, 20, 5});  // another transaction has been open since 5
  index.add({2, 15, 25, 26});
  index.add({3, 30, 40, 41});
  auto found = [&](Offset from, Offset up_to, bool more) {
    std::vector<AbortedTransaction> all;
    EXPECT_EQ(index.find(from, up_to, all), more);
    std::vector<ProducerId> producers;
    for (const auto& one : all) producers.push_back(one.producer_id);
    return producers;
  };
  EXPECT_EQ(found(0, 12, false), (std::vector<ProducerId>{1}));
  EXPECT_EQ(found(0, 26, false), (std::vector<ProducerId>{1, 2}));
  EXPECT_EQ(found(21, 50, true), (std::vector<ProducerId>{2, 3}));
  EXPECT_EQ(found(41, 50, true), (std::vector<ProducerId>{}));
}

TEST(TimeIndex, NeverPointsBehindTheFirstRecordOfATime) {
  TimeIndex index;
  index.add(100, 5);
  index.add(90, 9);  // not larger: no entry
  index.add(200, 15);
  EXPECT_EQ(index.entries().size(), 2u);
  EXPECT_EQ(index.offset_before(100), 0);
  EXPECT_EQ(index.offset_before(101), 5);
  EXPECT_EQ(index.offset_before(1000), 15);
  TimeIndex again;
  ASSERT_TRUE(again.decode(index.encode().view()));
  EXPECT_EQ(again.entries().size(), 2u);
}

TEST(EpochCache, AnswersWhereAnEpochEnds) {
  EpochCache cache;
  EXPECT_TRUE(cache.add(1, 0));
  EXPECT_FALSE(cache.add(1, 5));
  EXPECT_TRUE(cache.add(4, 10));
  EXPECT_EQ(cache.epoch_of(9), 1);
  EXPECT_EQ(cache.epoch_of(10), 4);
  EXPECT_EQ(cache.end_of(3, 20), (EpochCache::Entry{1, 10}));
  EXPECT_EQ(cache.end_of(9, 20), (EpochCache::Entry{4, 20}));
  EXPECT_EQ(cache.end_of(0, 20), std::nullopt);
  EpochCache again;
  ASSERT_TRUE(again.decode(cache.encode()));
  EXPECT_EQ(again.encode(), "0\n2\n1 0\n4 10\n");
  cache.truncate_until(10);
  EXPECT_EQ(cache.epoch_of(9), 1) << "of the last batch before the start";
  cache.truncate_until(11);
  EXPECT_EQ(cache.encode(), "0\n1\n4 10\n");
  again.truncate_from(10);
  EXPECT_EQ(again.latest(), 1);
  EXPECT_FALSE(again.decode("0\n2\n1 0\n"));
  EXPECT_FALSE(again.decode("0\n2\n4 0\n1 10\n"));
}

}  // namespace
}  // namespace fulmar
