#include "broker/protocol/records/end_marker.h"

#include <gtest/gtest.h>

#include "broker/protocol/record_builder.h"

namespace fulmar {
namespace {

TEST(EndMarker, IsWrittenAsKafkaWritesIt) {
  auto batch = build_end_marker({true, 0x0102}, 7, 3, 1000);
  auto header = read_batch_header(batch.view());
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->attributes, 0x30);
  EXPECT_EQ(header->producer_id, 7);
  EXPECT_EQ(header->producer_epoch, 3);
  EXPECT_EQ(header->base_sequence, -1);
  EXPECT_EQ(header->record_count, 1);
  EXPECT_EQ(header->max_timestamp, 1000);
  auto records = read_records(batch, 1000);
  ASSERT_TRUE(records.has_value());
  EXPECT_EQ(records->front().key->view(), std::string_view("\0\0\0\1", 4));
  EXPECT_EQ(records->front().value->view(), std::string_view("\0\0\0\0\1\2", 6));
  EXPECT_EQ(read_end_marker(batch), (EndMarker{true, 0x0102}));
  EXPECT_EQ(read_end_marker(build_end_marker({false, -1}, 7, 3, 0)), (EndMarker{false, -1}));
}

TEST(EndMarker, IsReadFromNothingElse) {
  auto control = [](std::string key, std::optional<std::string> value, bool is_control = true) {
    return build_batch({{std::move(key), std::move(value), 0, {}}}, {.producer_id = 7, .control = is_control});
  };
  std::string value("\0\0\0\0\0\5", 6);
  EXPECT_EQ(read_end_marker(control(std::string("\0\0\0\1", 4), value)), (EndMarker{true, 5}));
  EXPECT_EQ(read_end_marker(control(std::string("\0\1\0\1later", 9), value + "later")), (EndMarker{true, 5}));
  EXPECT_EQ(read_end_marker(control(std::string("\0\0\0\1", 4), value, false)), std::nullopt);
  EXPECT_EQ(read_end_marker(control(std::string("\0\0\0\2", 4), value)), std::nullopt) << "a change of leader";
  EXPECT_EQ(read_end_marker(control(std::string("\xff\xff\0\1", 4), value)), std::nullopt);
  EXPECT_EQ(read_end_marker(control(std::string("\0\0\0", 3), value)), std::nullopt);
  EXPECT_EQ(read_end_marker(control(std::string("\0\0\0\1", 4), value.substr(1))), std::nullopt);
  EXPECT_EQ(read_end_marker(control(std::string("\0\0\0\1", 4), std::nullopt)), std::nullopt);
  auto batch = build_end_marker({true, 1}, 7, 0, 0);
  EXPECT_EQ(read_end_marker(build_empty_batch(*read_batch_header(batch.view()))), std::nullopt);
  EXPECT_EQ(read_end_marker(batch.slice(0, batch.size() - 1)), std::nullopt);
}

}  // namespace
}  // namespace fulmar
