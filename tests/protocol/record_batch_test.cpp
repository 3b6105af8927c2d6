#include "broker/protocol/record_batch.h"

#include <gtest/gtest.h>

#include <limits>

#include "broker/protocol/compression.h"
#include "broker/protocol/endian.h"
#include "broker/protocol/record_builder.h"
#include "broker/protocol/record_validation.h"

namespace fulmar {
namespace {

std::vector<Record> some_records(int count) {
  std::vector<Record> records;
  for (int i = 0; i < count; ++i)
    records.push_back({i % 2 ? std::optional<std::string>("key") : std::nullopt,
                       "value " + std::to_string(i),
                       1000 + i,
                       {{"h", "x"}, {"n", std::nullopt}}});
  return records;
}

// The batch with its bytes changed by `change`, and a matching CRC.
Bytes forged(const Bytes& batch, auto change) {
  std::string bytes(batch.view());
  change(bytes);
  store_big(bytes.data() + 17, static_cast<std::int32_t>(crc32c(std::string_view(bytes).substr(21))));
  return Bytes::copy_of(bytes);
}

ErrorCode refusal(const Bytes& records) {
  auto validated = validate_produced(records);
  return validated ? ErrorCode::none : validated.error().code;
}

TEST(Crc32c, HasTheCheckValueOfRfc3720) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
}

TEST(RecordBatch, ComesBackThroughEveryCodec) {
  for (auto codec : {Compression::none, Compression::gzip, Compression::snappy, Compression::lz4, Compression::zstd}) {
    EXPECT_EQ(refusal(build_batch(some_records(100), {.codec = codec})), ErrorCode::none) << compression_name(codec);
    auto batch = build_batch(some_records(100), {.base_offset = 7, .codec = codec});
    auto records = read_records(batch, 1 << 20);
    ASSERT_TRUE(records.has_value());
    ASSERT_EQ(records->size(), 100u);
    EXPECT_EQ((*records)[99].offset, 106);
    EXPECT_EQ((*records)[99].timestamp, 1099);
    EXPECT_EQ((*records)[99].value->view(), "value 99");
    EXPECT_EQ((*records)[0].key, std::nullopt);
  }
}

TEST(RecordBatch, RawSnappyIsReadAsWellAsXerials) {
  // "aaaa..." of 20: a literal and a copy, as any snappy writes it.
  std::string raw("\x14\0a\x4a\x01\0", 6);
  auto plain = decompress(Compression::snappy, raw, 100);
  ASSERT_TRUE(plain.has_value()) << to_string(plain.error());
  EXPECT_EQ(plain->view(), std::string(20, 'a'));
}

TEST(RecordBatch, ABombIsNotUnpackedBeyondItsLimit) {
  for (auto codec : {Compression::gzip, Compression::snappy, Compression::lz4, Compression::zstd}) {
    auto bomb = compress(codec, std::string(10'000'000, 'x'));
    EXPECT_EQ(decompress(codec, bomb.view(), 1'000'000).error().code, Errc::too_large) << compression_name(codec);
    EXPECT_TRUE(decompress(codec, bomb.view(), 10'000'000).has_value());
  }
}

TEST(RecordBatch, SequencesWrap) {
  constexpr auto last = std::numeric_limits<std::int32_t>::max();
  EXPECT_EQ(sequence_after(5, 3), 8);
  EXPECT_EQ(sequence_after(last, 1), 0);
  EXPECT_EQ(sequence_after(last - 1, 3), 1);
}

TEST(RecordBatch, StampingLeavesTheCrcRight) {
  auto batch = build_batch(some_records(3));
  std::string bytes(batch.view());
  stamp_batch(bytes.data(), 4711, 9);
  EXPECT_TRUE(batch_crc_matches(bytes));
  EXPECT_EQ(read_batch_header(bytes)->base_offset, 4711);
  EXPECT_EQ(read_batch_header(bytes)->leader_epoch, 9);
  auto header = *read_batch_header(bytes);
  header.max_timestamp = 5555;
  header.attributes |= 0x08;
  header.crc = crc32c(std::string_view(bytes).substr(batch_header_size), header_crc(header));
  write_batch_header(bytes.data(), header);
  EXPECT_TRUE(batch_crc_matches(bytes));
  EXPECT_TRUE(read_batch_header(bytes)->log_append_time());
  EXPECT_EQ((*read_records(Bytes::copy_of(bytes), 1000))[0].timestamp, 5555);
}

TEST(RecordBatch, NoOffsetOrTimestampIsBeyondWhatCanBeCounted) {
  constexpr auto last = std::numeric_limits<std::int64_t>::max();
  auto good = build_batch(some_records(3));
  auto header_with = [&](std::size_t at, auto value) {
    return read_batch_header(forged(good, [&](std::string& b) { store_big(b.data() + at, value); }).view());
  };
  EXPECT_TRUE(header_with(0, last >> 1).has_value());
  EXPECT_FALSE(header_with(0, last).has_value()) << "its last record's offset would wrap";
  EXPECT_FALSE(header_with(0, std::int64_t{-1}).has_value());
  EXPECT_FALSE(header_with(23, std::int32_t{-1}).has_value()) << "a last offset delta below none";
  auto late = forged(good, [&](std::string& b) { store_big(b.data() + 27, last); });
  EXPECT_FALSE(read_records(late, 1 << 20).has_value()) << "a record later than time itself";
}

TEST(Validation, RefusesWhatIsNotOneGoodBatch) {
  auto good = build_batch(some_records(3));
  EXPECT_EQ(refusal(Bytes()), ErrorCode::invalid_record);
  EXPECT_EQ(refusal(build_batch(some_records(3), {.base_offset = 7})), ErrorCode::invalid_record);
  EXPECT_EQ(refusal(good.slice(0, good.size() - 1)), ErrorCode::invalid_record);
  EXPECT_EQ(refusal(Bytes::copy_of(std::string(good.view()) + std::string(good.view()))), ErrorCode::invalid_record);
  std::string flipped(good.view());
  flipped.back() = static_cast<char>(flipped.back() ^ 1);
  EXPECT_EQ(refusal(Bytes::copy_of(flipped)), ErrorCode::corrupt_message);
  EXPECT_EQ(refusal(forged(good, [](std::string& b) { b[16] = 1; })), ErrorCode::invalid_record);
  EXPECT_EQ(refusal(forged(good, [](std::string& b) { b[16] = 9; })), ErrorCode::corrupt_message);
  EXPECT_EQ(refusal(forged(good, [](std::string& b) { b[22] = 0x20; })), ErrorCode::invalid_record) << "control";
  EXPECT_EQ(refusal(forged(good, [](std::string& b) { b[22] = 7; })), ErrorCode::unsupported_compression_type);
  EXPECT_EQ(refusal(forged(good, [](std::string& b) { b[60] = 2; })), ErrorCode::invalid_record) << "count";
  EXPECT_EQ(refusal(forged(good,
                           [](std::string& b) {
                             b[26] = 1;
                             b[60] = 2;
                           })),
            ErrorCode::invalid_record)
      << "one record left over";
  EXPECT_EQ(refusal(forged(good,
                           [](std::string& b) {
                             b[26] = 3;
                             b[60] = 4;
                           })),
            ErrorCode::invalid_record)
      << "one record missing";
  EXPECT_EQ(refusal(forged(good, [](std::string& b) { b[61] = 0x7f; })), ErrorCode::invalid_record)
      << "a record's length";
  EXPECT_EQ(refusal(build_batch(some_records(1), {.producer_id = 5})), ErrorCode::invalid_record) << "no epoch";
}

TEST(Validation, AnyChangedByteIsRefusedOrHarmless) {
  auto good = build_batch(some_records(4), {.codec = Compression::lz4});
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      auto changed = forged(good, [&](std::string& b) { b[at] = static_cast<char>(b[at] ^ (1 << bit)); });
      (void)validate_produced(changed).has_value();  // must not crash, whatever the result
      std::string unforged(good.view());
      unforged[at] = static_cast<char>(unforged[at] ^ (1 << bit));
      bool outside_crc = at < 16;  // base offset, length and epoch
      if (!outside_crc) {
        EXPECT_NE(refusal(Bytes::copy_of(unforged)), ErrorCode::none) << at;
      }
    }
  }
}

}  // namespace
}  // namespace fulmar
