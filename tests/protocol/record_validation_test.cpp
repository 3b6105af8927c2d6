// A client's claims about its records are not trusted, and every client can read what is stored.
#include "broker/protocol/record_validation.h"

#include <gtest/gtest.h>

#include <limits>

#include "broker/protocol/compression.h"
#include "broker/protocol/endian.h"
#include "broker/protocol/record_builder.h"
#include "broker/protocol/work.h"
#include "runtime/fiber/slices.h"

namespace fulmar {
namespace {

constexpr Compression codecs[] = {Compression::none, Compression::gzip, Compression::snappy, Compression::lz4,
                                  Compression::zstd};
constexpr Timestamp hour_ms = 3'600'000;
constexpr Timestamp now = 1'800'000'000'000;

Bytes batch_at(std::vector<Timestamp> timestamps, Compression codec = Compression::none) {
  std::vector<Record> records;
  for (auto timestamp : timestamps) records.push_back({std::nullopt, "x", timestamp, {}});
  return build_batch(records, {.codec = codec});
}

// The same batch with its header changed, and a matching CRC.
Bytes with_header(const Bytes& batch, auto change) {
  auto header = *read_batch_header(batch.view());
  change(header);
  std::string bytes(batch.view());
  header.crc = crc32c(batch.view().substr(batch_header_size), header_crc(header));
  write_batch_header(bytes.data(), header);
  return Bytes::copy_of(bytes);
}

// One record of 9 bytes, compressed as given.
Bytes packed_as(Compression codec, const std::string& packed) {
  BatchHeader header;
  header.length = static_cast<std::int32_t>(batch_header_size - batch_prefix_size + packed.size());
  header.attributes = static_cast<std::int16_t>(codec);
  header.record_count = 1;
  header.crc = crc32c(packed, header_crc(header));
  std::string bytes(batch_header_size, '\0');
  write_batch_header(bytes.data(), header);
  return Bytes::copy_of(bytes + packed);
}
const std::string one_record("\x10\0\0\0\1\4ab\0", 9);

ErrorCode refusal(const Bytes& records, const ProduceRules& rules = {}) {
  auto validated = validate_produced(records, rules);
  return validated ? ErrorCode::none : validated.error().code;
}

TEST(ValidatedHeader, HasTheLargestTimestampOfTheRecordsWhateverTheClientClaims) {
  for (auto codec : codecs) {
    auto honest = batch_at({now, now + 10, now + 5}, codec);
    for (Timestamp claimed : {Timestamp{-1}, Timestamp{0}, now, now + 500'000, std::numeric_limits<Timestamp>::max()}) {
      auto lying = with_header(honest, [&](BatchHeader& header) { header.max_timestamp = claimed; });
      auto header = validate_produced(lying);
      ASSERT_TRUE(header.has_value());
      EXPECT_EQ(header->max_timestamp, now + 10) << compression_name(codec);
      EXPECT_EQ(header->crc, read_batch_header(honest.view())->crc) << "that of the batch with this header";
    }
    EXPECT_EQ(validate_produced(honest)->crc, read_batch_header(honest.view())->crc);
  }
  EXPECT_EQ(validate_produced(batch_at({-1, -1}))->max_timestamp, -1) << "no timestamps at all";
  EXPECT_EQ(validate_produced(batch_at({-1, 7, -1}))->max_timestamp, 7);
}

TEST(ValidatedHeader, KeepsOfTheAttributesWhatIsTheClientsToSet) {
  auto honest = batch_at({now, now + 10}, Compression::lz4);
  auto lying = with_header(honest, [](BatchHeader& header) {
    header.attributes |= static_cast<std::int16_t>(0xffc8);  // LogAppendTime, delete horizon, and undefined bits
    header.max_timestamp = now + 99;
  });
  auto header = validate_produced(lying);
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->attributes, 3);
  EXPECT_EQ(header->max_timestamp, now + 10) << "as the records are read without that bit";
  EXPECT_EQ(header->crc, read_batch_header(honest.view())->crc);
}

TEST(ValidatedTimestamps, AreRefusedOneByOneOutsideWhatTheTopicAllows) {
  ProduceRules rules{.timestamp_before_max_ms = 24 * hour_ms, .timestamp_after_max_ms = hour_ms, .now = now};
  for (auto codec : codecs) {
    EXPECT_EQ(refusal(batch_at({now - 24 * hour_ms, -1, now + hour_ms}, codec), rules), ErrorCode::none);
    auto refused = validate_produced(
        batch_at({now, now + hour_ms + 1, now - 24 * hour_ms - 1, -1, now * 1000, now * 1'000'000}, codec), rules);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_timestamp);
    std::vector<std::int32_t> indexes;
    for (const auto& error : refused.error().record_errors) indexes.push_back(error.batch_index);
    EXPECT_EQ(indexes, (std::vector<std::int32_t>{1, 2, 4, 5})) << compression_name(codec);
    EXPECT_NE(refused.error().record_errors[0].message.find(std::to_string(now + hour_ms + 1)), std::string::npos);
  }
  rules.timestamp_before_max_ms = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(refusal(batch_at({1}), rules), ErrorCode::none) << "as old as one likes";
  for (auto far : {std::numeric_limits<Timestamp>::min(), std::numeric_limits<Timestamp>::max()})
    EXPECT_EQ(refusal(batch_at({far}), rules), ErrorCode::invalid_timestamp);
  auto overflow = with_header(batch_at({0, 10}), [](BatchHeader& header) {
    header.base_timestamp = std::numeric_limits<Timestamp>::max() - 5;
  });
  EXPECT_EQ(refusal(overflow), ErrorCode::invalid_timestamp) << "with no limits, too";
}

TEST(ValidatedTimestamps, AreTheBrokersBusinessOnTopicsOfLogAppendTime) {
  ProduceRules rules{.log_append_time = true, .timestamp_after_max_ms = 0, .now = now};
  EXPECT_EQ(refusal(batch_at({now * 1000}), rules), ErrorCode::none);
  auto claimed = with_header(batch_at({now, now}), [](BatchHeader& header) { header.attributes |= 0x08; });
  auto refused = validate_produced(claimed, rules);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_timestamp);
  EXPECT_EQ(refused.error().record_errors.size(), 2u);
}

TEST(ValidatedTimestamps, MakeNoAnswerThatOutgrowsTheRequest) {
  ProduceRules rules{.timestamp_after_max_ms = 0, .now = now};
  auto refused = validate_produced(batch_at(std::vector<Timestamp>(10'000, now + 1)), rules);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().record_errors.size(), record_errors_max);
}

TEST(ValidatedCodecs, WhatNotEveryClientCanReadIsRefusedForGood) {
  // lz4: magic, flags, block size, header checksum; then blocks with their sizes (top bit: uncompressed), and a zero.
  auto lz4 = [](std::string_view descriptor, const std::string& blocks) {
    return packed_as(Compression::lz4, "\x04\x22\x4d\x18" + std::string(descriptor) + blocks);
  };
  std::string_view independent("\x60\x40\x82", 3);
  std::string block = std::string("\x09\0\0\x80", 4) + one_record;
  std::string end(4, '\0');
  EXPECT_EQ(refusal(lz4(independent, block + end)), ErrorCode::none);
  EXPECT_EQ(refusal(lz4({"\x40\x40\xc0", 3}, block + end)), ErrorCode::invalid_record) << "linked blocks";
  EXPECT_EQ(refusal(lz4({"\x61\x40\x82", 3}, block + end)), ErrorCode::invalid_record) << "a dictionary";
  EXPECT_EQ(refusal(lz4({"\x60\x40\x83", 3}, block + end)), ErrorCode::invalid_record) << "header checksum";
  EXPECT_EQ(refusal(lz4(independent, block)), ErrorCode::invalid_record) << "no end";
  EXPECT_EQ(refusal(lz4(independent, block + end + "x")), ErrorCode::invalid_record) << "bytes after the end";
  EXPECT_EQ(refusal(lz4(independent, std::string("\0\0\0\x80", 4) + block + end)), ErrorCode::invalid_record)
      << "an empty block, which Java takes for the end";
  EXPECT_EQ(refusal(lz4(independent, std::string("\1\0\0\0\0", 5) + block + end)), ErrorCode::invalid_record)
      << "an empty compressed block";

  for (auto codec : {Compression::gzip, Compression::lz4, Compression::zstd}) {
    auto whole = compress(codec, one_record);
    auto first = compress(codec, one_record.substr(0, 4));
    auto rest = compress(codec, one_record.substr(4));
    auto text = [](const Bytes& bytes) { return std::string(bytes.view()); };
    EXPECT_EQ(refusal(packed_as(codec, text(whole))), ErrorCode::none) << compression_name(codec);
    EXPECT_EQ(refusal(packed_as(codec, text(first) + text(rest))), ErrorCode::invalid_record) << "two frames";
    EXPECT_EQ(refusal(packed_as(codec, text(whole) + "x")), ErrorCode::invalid_record) << "a byte after the end";
    EXPECT_EQ(refusal(packed_as(codec, text(whole).substr(0, whole.size() - 1))), ErrorCode::invalid_record);
    EXPECT_EQ(refusal(packed_as(codec, one_record)), ErrorCode::invalid_record) << "not packed at all";
  }
  for (int unknown : {5, 6, 7})
    EXPECT_EQ(refusal(packed_as(static_cast<Compression>(unknown), one_record)),
              ErrorCode::unsupported_compression_type);
}

TEST(ValidatedCodecs, ZstdNeedsARequestThatKnowsIt) {
  EXPECT_EQ(refusal(batch_at({now}, Compression::zstd), {.zstd_allowed = false}),
            ErrorCode::unsupported_compression_type);
  EXPECT_EQ(refusal(batch_at({now}, Compression::gzip), {.zstd_allowed = false}), ErrorCode::none);
}

TEST(ValidatedCodecs, ABombIsRefusedWithWhatMakesProducersSplitTheirBatches) {
  auto of_size = [](std::size_t size, Compression codec) {
    return build_batch({{std::nullopt, std::string(size, '\0'), now, {}}}, {.codec = codec});
  };
  for (auto codec : {Compression::gzip, Compression::zstd}) {
    EXPECT_EQ(refusal(of_size(decompressed_batch_bytes_always / 2, codec)), ErrorCode::none);
    EXPECT_EQ(refusal(of_size(2 * decompressed_batch_bytes_always, codec)), ErrorCode::message_too_large)
        << compression_name(codec);
  }
}

TEST(Validation, TellsOfItsWorkPieceByPieceAndNeverHoldsMoreThanAWindow) {
  for (auto codec : codecs) {
    std::vector<Record> records(20, Record{std::nullopt, std::string(100'000, 'x'), now, {}});
    auto batch = build_batch(records, {.codec = codec});
    std::size_t plain = 0, largest = 0;
    Duration work(0), longest(0);
    RecordBody::DidWork did_work = [&](Duration piece) {
      work += piece;
      longest = std::max(longest, piece);
    };
    RecordBody::Sink sink = [&](std::string_view piece) {
      plain += piece.size();
      largest = std::max(largest, piece.size());
    };
    ASSERT_TRUE(validate_produced(batch, {}, &did_work, &sink).has_value());
    EXPECT_GT(plain, 2'000'000u);
    EXPECT_LE(largest, decompression_step_bytes + 64) << compression_name(codec);
    auto at_least = codec == Compression::none ? walk_work(plain) : unpack_work(plain);
    EXPECT_GE(work, at_least) << compression_name(codec);
    EXPECT_LE(longest, slice_length) << compression_name(codec);
  }
}

TEST(Snappy, EveryBlockIsReadAsTheLibraryReadsIt) {
  std::string text;
  for (std::uint32_t i = 0, x = 1; i < 400'000; ++i) {
    x = x * 1664525 + 1013904223;
    text += i % 1000 < 500 ? static_cast<char>(x >> 24) : static_cast<char>('a' + (i / 7) % 5);
  }
  for (std::size_t size : {0u, 1u, 59u, 60u, 61u, 62u, 300u, 65'535u, 65'536u, 70'000u, 400'000u}) {
    auto plain = text.substr(0, size);
    auto back = decompress(Compression::snappy, compress(Compression::snappy, plain).view(), text.size());
    ASSERT_TRUE(back.has_value()) << size;
    EXPECT_EQ(back->view(), plain);
  }
  // A raw block with copies of every kind: a literal of two bytes, repeated by a copy of 4 and an overlapping one of
  // 64, one with a distance of 2, one of 4 bytes, and a literal whose length has a byte of its own.
  std::string raw = "\x56" + std::string("\x04") + "ab" + std::string("\x01\x02", 2) + std::string("\xfe\x02\0", 3) +
                    std::string("\x0f\x46\0\0\0", 5) + std::string("\xf0\x0a", 2) + "0123456789a";
  auto plain = decompress(Compression::snappy, raw, 1000);
  ASSERT_FALSE(plain.has_value()) << "the sizes don't add up";
  raw[0] = 2 + 4 + 64 + 4 + 11;
  plain = decompress(Compression::snappy, raw, 1000);
  ASSERT_TRUE(plain.has_value());
  std::string expected;
  for (int i = 0; i < 35; ++i) expected += "ab";
  EXPECT_EQ(plain->view(), expected + "abab" + "0123456789a");
  for (const std::string& bad : {std::string("\x04\x01\x01", 3),
                                 std::string("\x04\x0c"
                                             "abc",
                                             5),
                                 std::string("\xff\xff\xff\xff\x0f", 5),
                                 std::string("\x02\x00"
                                             "ab",
                                             4),
                                 std::string("\x01\x04"
                                             "ab",
                                             4)})
    EXPECT_FALSE(decompress(Compression::snappy, bad, 1000).has_value());
}

}  // namespace
}  // namespace fulmar
