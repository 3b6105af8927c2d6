#include "broker/client/aborted_transactions.h"

#include <gtest/gtest.h>

#include "broker/protocol/record_builder.h"
#include "broker/protocol/records/end_marker.h"

namespace fulmar {
namespace {

using Told = std::vector<AbortedTransactions::Told>;

Bytes data_at(Offset offset, ProducerId producer, bool transactional = true) {
  return build_batch({{std::nullopt, "value", 0, {}}}, {.base_offset = offset,
                                                        .producer_id = producer,
                                                        .producer_epoch = 0,
                                                        .base_sequence = 0,
                                                        .transactional = transactional});
}

Bytes marker_at(Offset offset, ProducerId producer, bool commit) {
  std::string bytes(build_end_marker({commit, 1}, producer, 0, 0).view());
  stamp_batch(bytes.data(), offset, 0);
  return Bytes::copy_of(bytes);
}

TEST(AbortedTransactions, AreLeftOutFromTheirFirstRecordToTheirMarker) {
  // 7 aborts, and then commits; 8 commits; 9 was aborted by a marker after the part that was read.
  const std::vector<std::pair<Bytes, bool>> batches = {
      {data_at(10, 7), false},          {data_at(11, 8), false},        {data_at(12, 7), true},
      {data_at(13, 7), true},           {data_at(14, 7, false), false}, {data_at(15, 8), false},
      {marker_at(16, 7, false), false}, {data_at(17, 7), false},        {marker_at(18, 8, true), false},
      {data_at(19, 9), true},           {data_at(20, 9), true},
  };
  AbortedTransactions aborted(Told{{9, 19}, {7, 12}});
  for (const auto& [batch, is_aborted] : batches) {
    auto header = *read_batch_header(batch.view());
    EXPECT_EQ(aborted.has(header, batch), is_aborted) << header.base_offset;
  }
}

TEST(AbortedTransactions, AreNoneWhereNothingIsToldOfThem) {
  AbortedTransactions aborted(std::nullopt);
  auto batch = data_at(10, 7);
  EXPECT_FALSE(aborted.has(*read_batch_header(batch.view()), batch));
}

}  // namespace
}  // namespace fulmar
