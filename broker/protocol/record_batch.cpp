#include "broker/protocol/record_batch.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <array>
#include <limits>

#include "broker/protocol/endian.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {
constexpr std::size_t max_timestamp_at = 35;
}  // namespace

const char* compression_name(Compression codec) noexcept {
  switch (codec) {
    case Compression::none: return "none";
    case Compression::gzip: return "gzip";
    case Compression::snappy: return "snappy";
    case Compression::lz4: return "lz4";
    case Compression::zstd: return "zstd";
  }
  return "unknown";
}

std::int32_t sequence_after(std::int32_t sequence, std::int32_t delta) {
  constexpr std::int32_t last = std::numeric_limits<std::int32_t>::max();
  return sequence > last - delta ? delta - (last - sequence) - 1 : sequence + delta;
}

std::int32_t BatchHeader::last_sequence() const {
  return base_sequence == no_sequence ? no_sequence : sequence_after(base_sequence, last_offset_delta);
}

Result<BatchHeader> read_batch_header(std::string_view bytes) {
  if (bytes.size() < batch_prefix_size) return fail(Errc::out_of_range, "less than a batch's length");
  const char* at = bytes.data();
  BatchHeader header;
  header.base_offset = load_big<std::int64_t>(at);
  header.length = load_big<std::int32_t>(at + 8);
  if (header.length < static_cast<std::int32_t>(batch_header_size - batch_prefix_size))
    return fail(Errc::corrupt, "a batch of impossible length " + std::to_string(header.length));
  if (bytes.size() < batch_header_size) return fail(Errc::out_of_range, "less than a batch's header");
  header.leader_epoch = load_big<std::int32_t>(at + 12);
  header.magic = static_cast<std::int8_t>(at[16]);
  header.crc = static_cast<std::uint32_t>(load_big<std::int32_t>(at + batch_crc_at));
  header.attributes = load_big<std::int16_t>(at + 21);
  header.last_offset_delta = load_big<std::int32_t>(at + 23);
  header.base_timestamp = load_big<std::int64_t>(at + 27);
  header.max_timestamp = load_big<std::int64_t>(at + max_timestamp_at);
  header.producer_id = load_big<std::int64_t>(at + 43);
  header.producer_epoch = load_big<std::int16_t>(at + 51);
  header.base_sequence = load_big<std::int32_t>(at + 53);
  header.record_count = load_big<std::int32_t>(at + 57);
  // So that sums of offsets can't overflow, whatever the bytes are.
  constexpr Offset offset_max = std::numeric_limits<Offset>::max() - std::numeric_limits<std::int32_t>::max() - 1;
  if (header.base_offset < 0 || header.base_offset > offset_max || header.last_offset_delta < 0)
    return fail(Errc::corrupt, "a batch of impossible offsets");
  return header;
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
  std::uint32_t crc = ~before;
  constexpr std::size_t piece_max = 1u << 30;  // the library counts in int
  while (!bytes.empty()) {
    auto piece = bytes.substr(0, std::min(bytes.size(), piece_max));
    auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(piece.data()));  // only read
    crc = crc32_iscsi(data, static_cast<int>(piece.size()), crc);
    bytes.remove_prefix(piece.size());
  }
  return ~crc;
}

std::uint32_t header_crc(const BatchHeader& header) {
  std::array<char, batch_header_size> bytes;
  write_batch_header(bytes.data(), header);
  return crc32c(std::string_view(bytes.data(), bytes.size()).substr(batch_checked_from));
}

bool batch_crc_matches(std::string_view batch) {
  FULMAR_ASSERT(batch.size() >= batch_header_size);
  return crc32c(batch.substr(batch_checked_from)) ==
         static_cast<std::uint32_t>(load_big<std::int32_t>(batch.data() + batch_crc_at));
}

bool are_intact_batches(std::string_view batches) {
  while (!batches.empty()) {
    auto header = read_batch_header(batches);
    if (!header || header->size() > batches.size() || !batch_crc_matches(batches.substr(0, header->size())))
      return false;
    batches.remove_prefix(header->size());
  }
  return true;
}

void stamp_batch(char* batch, Offset base_offset, Epoch leader_epoch) {
  store_big(batch, base_offset);
  store_big(batch + 12, leader_epoch);
}

void write_batch_header(char* to, const BatchHeader& header) {
  store_big(to, header.base_offset);
  store_big(to + 8, header.length);
  store_big(to + 12, header.leader_epoch);
  to[16] = static_cast<char>(header.magic);
  store_big(to + batch_crc_at, static_cast<std::int32_t>(header.crc));
  store_big(to + 21, header.attributes);
  store_big(to + 23, header.last_offset_delta);
  store_big(to + 27, header.base_timestamp);
  store_big(to + max_timestamp_at, header.max_timestamp);
  store_big(to + 43, header.producer_id);
  store_big(to + 51, header.producer_epoch);
  store_big(to + 53, header.base_sequence);
  store_big(to + 57, header.record_count);
}

}  // namespace fulmar
