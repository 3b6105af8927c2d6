#include "broker/log/producer_state.h"

#include <gtest/gtest.h>

#include <limits>

namespace fulmar {
namespace {

BatchHeader batch(std::int32_t sequence, std::int32_t count, Offset offset, std::int16_t epoch = 0) {
  BatchHeader header;
  header.producer_id = 7;
  header.producer_epoch = epoch;
  header.base_sequence = sequence;
  header.last_offset_delta = count - 1;
  header.record_count = count;
  header.base_offset = offset;
  header.max_timestamp = 1000;
  return header;
}

void update(ProducerState& state, const BatchHeader& header) {
  state.update(header, std::nullopt, Instant{});
}

TEST(ProducerState, TheLastFiveBatchesAreKnownAgain) {
  ProducerState state;
  for (int i = 0; i < 7; ++i) update(state, batch(i * 3, 3, i * 3));
  for (int i = 2; i < 7; ++i) {
    auto verdict = state.check(batch(i * 3, 3, 0));
    ASSERT_TRUE(verdict && verdict->duplicate_of);
    EXPECT_EQ(verdict->duplicate_of->base_offset(), i * 3);
  }
  EXPECT_EQ(state.check(batch(3, 3, 0)).error().code, ErrorCode::out_of_order_sequence_number);
}

TEST(ProducerState, AGapIsRefused) {
  ProducerState state;
  update(state, batch(0, 2, 0));
  EXPECT_EQ(state.check(batch(3, 1, 0)).error().code, ErrorCode::out_of_order_sequence_number);
  EXPECT_TRUE(state.check(batch(2, 1, 0)).has_value());
}

TEST(ProducerState, SequencesWrapToZero) {
  constexpr auto last = std::numeric_limits<std::int32_t>::max();
  ProducerState state;
  update(state, batch(last - 1, 2, 0));
  EXPECT_TRUE(state.check(batch(0, 1, 0)).has_value());
  update(state, batch(last - 1, 4, 10));
  EXPECT_EQ(state.producers().at(7).last().last_sequence, 1);
  EXPECT_EQ(state.producers().at(7).last().first_sequence(), last - 1);
  EXPECT_TRUE(state.check(batch(2, 1, 0)).has_value());
  EXPECT_TRUE(state.check(batch(last - 1, 4, 0))->duplicate_of.has_value());
}

TEST(ProducerState, AnOlderEpochIsFencedAndANewOneBeginsAtZero) {
  ProducerState state;
  update(state, batch(0, 1, 0, 3));
  EXPECT_EQ(state.check(batch(1, 1, 0, 2)).error().code, ErrorCode::invalid_producer_epoch);
  EXPECT_EQ(state.check(batch(1, 1, 0, 4)).error().code, ErrorCode::out_of_order_sequence_number);
  EXPECT_TRUE(state.check(batch(0, 1, 0, 4)).has_value());
}

TEST(ProducerState, ASnapshotComesBackAndADamagedOneDoesNot) {
  ProducerState state;
  update(state, batch(5, 3, 40));
  auto bytes = state.encode();
  ProducerState again;
  ASSERT_TRUE(again.decode(bytes, {}));
  EXPECT_EQ(again.producers(), state.producers());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged(bytes.view());
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_FALSE(again.decode(Bytes::copy_of(damaged), {})) << at;
    EXPECT_FALSE(again.decode(bytes.slice(0, at), {})) << at;
  }
}

}  // namespace
}  // namespace fulmar
