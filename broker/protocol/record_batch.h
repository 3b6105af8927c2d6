// Record batch v2 (KIP-98): the unit in which records are sent, stored and read. This file reads and writes its
// header in place; record_builder.h makes the records inside, and record_validation.h checks them.
//
//   0 base offset   8 length after this field   12 leader epoch   16 magic = 2   17 CRC-32C of all from 21 on
//   21 attributes   23 last offset delta   27 base timestamp   35 max timestamp
//   43 producer id   51 producer epoch   53 base sequence   57 record count   61 records, maybe compressed
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/bytes.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace fulmar {

using Offset = std::int64_t;
using Epoch = std::int32_t;  // a partition's leader epoch
using ProducerId = std::int64_t;

enum class Compression : std::uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };
const char* compression_name(Compression codec) noexcept;

inline constexpr std::size_t batch_header_size = 61;
inline constexpr std::size_t batch_prefix_size = 12;  // base offset and length: what precedes the counted bytes
inline constexpr std::int8_t batch_magic = 2;
inline constexpr ProducerId no_producer_id = -1;
inline constexpr std::int32_t no_sequence = -1;
inline constexpr Timestamp no_timestamp = -1;  // the producer gave none
inline constexpr std::size_t batch_crc_at = 17;
inline constexpr std::size_t batch_checked_from = 21;  // what the CRC covers begins here

struct BatchHeader {
  Offset base_offset = 0;
  std::int32_t length = 0;
  Epoch leader_epoch = -1;
  std::int8_t magic = batch_magic;
  std::uint32_t crc = 0;
  std::int16_t attributes = 0;
  std::int32_t last_offset_delta = 0;
  Timestamp base_timestamp = -1;
  Timestamp max_timestamp = -1;
  ProducerId producer_id = no_producer_id;
  std::int16_t producer_epoch = -1;
  std::int32_t base_sequence = no_sequence;
  std::int32_t record_count = 0;

  std::size_t size() const { return static_cast<std::size_t>(length) + batch_prefix_size; }
  Offset last_offset() const { return base_offset + last_offset_delta; }
  Offset next_offset() const { return last_offset() + 1; }
  Compression codec() const { return static_cast<Compression>(attributes & 7); }
  bool log_append_time() const { return attributes & 0x08; }
  bool idempotent() const { return producer_id > no_producer_id; }
  static constexpr std::int16_t transactional_flag = 0x10;
  bool transactional() const { return attributes & transactional_flag; }
  bool control() const { return attributes & 0x20; }
  // From when on compaction may remove its tombstones, or the marker that it is; the base timestamp has it, where it is
  // set (KIP-534).
  static constexpr std::int16_t delete_horizon_flag = 0x40;
  bool has_delete_horizon() const { return attributes & delete_horizon_flag; }
  // The sequence of the last record; sequences wrap from 2^31 - 1 to 0 (KIP-98).
  std::int32_t last_sequence() const;
};

// The sequence `delta` records after `sequence`.
std::int32_t sequence_after(std::int32_t sequence, std::int32_t delta);

// Reads the header of the batch at the start of `bytes`. Checks only what locates the batch: that the header is
// complete, that the length is at least a header's, and that its offsets do not overflow. Errors: out_of_range (too few
// bytes), corrupt.
Result<BatchHeader> read_batch_header(std::string_view bytes);
// Whether the CRC of a whole batch (exactly its bytes) is right.
bool batch_crc_matches(std::string_view batch);
// Whether these are complete batches, one after the other, each with a right CRC.
bool are_intact_batches(std::string_view batches);
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);
// The CRC of the part of the header that it covers; the batch's CRC is crc32c(records, this).
std::uint32_t header_crc(const BatchHeader& header);

// Writes the fields outside the CRC (base offset, leader epoch) into a batch's bytes, in place.
void stamp_batch(char* batch, Offset base_offset, Epoch leader_epoch);
void write_batch_header(char* to, const BatchHeader& header);  // the CRC as it is in `header`

}  // namespace fulmar
