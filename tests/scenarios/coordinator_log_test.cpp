#include "scenarios/coordinator_log.h"

#include <gtest/gtest.h>

#include "broker/protocol/record_builder.h"
#include "broker/protocol/records/consumer_offsets.h"
#include "broker/protocol/records/end_marker.h"
#include "broker/protocol/records/transaction_log.h"
#include "sim/disk_image.h"

namespace fulmar {
namespace {

template <class Key>
Record stored(const CoordinatorRecord<Key>& record) {
  auto bytes = write_record(record);
  return {.key = std::string(bytes.key.view()),
          .value = bytes.value ? std::optional(std::string(bytes.value->view())) : std::nullopt,
          .timestamp = 0,
          .headers = {}};
}

Record commit(const std::string& group, std::int32_t partition, std::int64_t offset) {
  OffsetCommitValue value;
  value.offset = offset;
  return stored(CoordinatorRecord<OffsetCommitKey>{{group, "orders", partition}, value});
}

// A disk with one segment of that partition.
class CoordinatorLogTest : public testing::Test {
 protected:
  void write(const Bytes& batch) { content_ += batch.view(); }
  std::vector<std::string> lines(const std::string& directory) {
    DiskImage image;
    image.link(image.directory(""), directory, Inode{nullptr, std::make_shared<DirectoryImage>()});
    auto segment = std::make_shared<FileImage>();
    segment->write(0, ByteChain(Bytes::copy_of(content_)));
    image.link(image.directory(directory), "00000000000000000000.log", Inode{segment, nullptr});
    return describe_coordinator_log(image, directory, {});
  }

  std::string content_;
};

using Lines = std::vector<std::string>;

TEST_F(CoordinatorLogTest, HasTheLatestOfEachGroup) {
  GroupMetadataValue group;
  group.generation = 7;
  group.leader = "b";
  group.members.resize(2);
  group.members[0].member_id = "a";
  group.members[1].member_id = "b";
  write(build_batch({commit("readers", 1, 5), commit("readers", 0, 8), commit("gone", 0, 3)}));
  write(build_batch({stored(CoordinatorRecord<GroupMetadataKey>{{"readers"}, group}), commit("readers", 1, 6),
                     stored(CoordinatorRecord<OffsetCommitKey>{{"gone", "orders", 0}, std::nullopt})}));
  EXPECT_EQ(lines("__consumer_offsets-2"),
            Lines{"group readers: classic, generation 7, member a, member b (leader), orders-0 committed to 8, "
                  "orders-1 committed to 6"});
}

TEST_F(CoordinatorLogTest, OffsetsInATransactionCountOnceItIsCommitted) {
  auto send = [&](ProducerId producer, std::int64_t offset) {
    write(build_batch({commit("readers", 0, offset)},
                      {.producer_id = producer, .producer_epoch = 0, .base_sequence = 0, .transactional = true}));
  };
  send(1, 10);
  send(2, 20);
  send(3, 30);
  EXPECT_EQ(lines("__consumer_offsets-0").size(), 3u);
  write(build_end_marker({.commit = true}, 1, 0, 0));
  write(build_end_marker({.commit = false}, 2, 0, 0));
  EXPECT_EQ(lines("__consumer_offsets-0"),
            (Lines{"group readers: orders-0 committed to 10", "producer 3 has 1 offsets in an open transaction"}));
}

TEST_F(CoordinatorLogTest, HasTheStateOfTransactions) {
  TransactionLogValue value;
  value.producer_id = 5;
  value.producer_epoch = 1;
  value.transaction_status = TransactionState::ongoing;
  value.transaction_partitions = {{"orders", {0, 2}}};
  write(build_batch({stored(TransactionLogRecord{{"mover"}, value}), stored(TransactionLogRecord{{"old"}, value}),
                     stored(TransactionLogRecord{{"old"}, std::nullopt})}));
  EXPECT_EQ(lines("__transaction_state-0"),
            Lines{"transactional id mover: ongoing, producer 5 in epoch 1, orders-0, orders-2"});
  content_.resize(content_.size() - 1);
  EXPECT_EQ(lines("__transaction_state-0"), Lines{}) << "its end is torn";
}

}  // namespace
}  // namespace fulmar
