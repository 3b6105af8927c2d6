// The records of a produce request, as they come, and with a matching CRC; and compressed data of every codec.
#include <algorithm>
#include <cstring>
#include <string>

#include "broker/protocol/compression.h"
#include "broker/protocol/endian.h"
#include "broker/protocol/record_builder.h"
#include "broker/protocol/record_validation.h"
#include "broker/protocol/records/end_marker.h"

namespace fulmar {
namespace {

// An accepted batch can be read, and its stored header is right about its records.
void check(const Bytes& batch) {
  std::size_t plain = 0;
  RecordBody::Sink count = [&](std::string_view piece) { plain += piece.size(); };
  auto header = validate_produced(batch, {}, nullptr, &count);
  if (!header) return;
  std::string stored(batch.view());
  write_batch_header(stored.data(), *header);
  auto records = read_records(Bytes::copy_of(stored), decompressed_batch_bytes_max);
  if (!records || records->size() != static_cast<std::size_t>(header->record_count)) __builtin_trap();
  Timestamp latest = no_timestamp;
  for (const auto& record : *records) latest = std::max(latest, record.timestamp);
  if (latest != header->max_timestamp || header->log_append_time()) __builtin_trap();
  auto body = decompress(header->codec(), batch.view().substr(batch_header_size), decompressed_batch_bytes_max);
  if (!body || body->size() != plain) __builtin_trap();
}

// A decoded marker can be encoded, and decoded again.
void check_marker(const Bytes& batch) {
  auto marker = read_end_marker(batch);
  if (!marker) return;
  if (read_end_marker(build_end_marker(*marker, 1, 0, 0)) != marker) __builtin_trap();
}

}  // namespace
}  // namespace fulmar

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size) {
  using namespace fulmar;
  check(Bytes::copy_of({data, size}));
  check_marker(Bytes::copy_of({data, size}));
  if (size > batch_header_size) {
    std::string forged(data, size);
    store_big(forged.data() + 8, static_cast<std::int32_t>(size - batch_prefix_size));
    forged[16] = batch_magic;
    auto crc = crc32c(std::string_view(forged).substr(batch_checked_from));
    store_big(forged.data() + batch_crc_at, static_cast<std::int32_t>(crc));
    auto batch = Bytes::copy_of(forged);
    check(batch);
    (void)read_records(batch, 1 << 20).has_value();
  }
  if (size > 1) {
    auto codec = static_cast<Compression>(data[0] & 7);
    std::string_view rest(data + 1, size - 1);
    (void)decompress(codec, rest, 1 << 20).has_value();
    (void)decompression_memory(codec, rest);
    if (codec <= Compression::zstd && decompress(codec, compress(codec, rest).view(), rest.size())->view() != rest)
      __builtin_trap();
  }
  return 0;
}
