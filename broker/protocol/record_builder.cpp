#include "broker/protocol/record_builder.h"

#include <algorithm>

#include "broker/protocol/compression.h"
#include "broker/protocol/endian.h"
#include "broker/protocol/reader.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

std::size_t varint_size(std::int64_t value) {
  auto bits = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  std::size_t size = 1;
  for (; bits >= 0x80; bits >>= 7) ++size;
  return size;
}

std::size_t field_size(const std::optional<std::string>& field) {
  return field ? varint_size(static_cast<std::int64_t>(field->size())) + field->size() : 1;
}

void write_field(Writer& writer, const std::optional<std::string>& field) {
  writer.varint(field ? static_cast<std::int32_t>(field->size()) : -1);
  if (field) writer.raw(*field);
}

void write_record(Writer& writer, const Record& record, Timestamp base, std::int32_t delta) {
  auto elapsed = record.timestamp - base;
  std::size_t size = 1 + varint_size(elapsed) + varint_size(delta) + field_size(record.key) + field_size(record.value) +
                     varint_size(static_cast<std::int64_t>(record.headers.size()));
  for (const auto& header : record.headers) size += field_size(header.key) + field_size(header.value);
  writer.varint(static_cast<std::int32_t>(size));
  writer.int8(0);
  writer.varlong(elapsed);
  writer.varint(delta);
  write_field(writer, record.key);
  write_field(writer, record.value);
  writer.varint(static_cast<std::int32_t>(record.headers.size()));
  for (const auto& header : record.headers) {
    write_field(writer, header.key);
    write_field(writer, header.value);
  }
}

// A batch with this header and body.
Bytes seal_batch(BatchHeader header, std::string_view body) {
  header.length = static_cast<std::int32_t>(batch_header_size - batch_prefix_size + body.size());
  MutableBytes batch(batch_header_size + body.size());
  write_batch_header(batch.data(), header);
  body.copy(batch.data() + batch_header_size, body.size());
  auto crc = crc32c(std::string_view(batch.data(), batch.size()).substr(batch_checked_from));
  store_big(batch.data() + batch_crc_at, static_cast<std::int32_t>(crc));
  return std::move(batch).freeze();
}

}  // namespace

Bytes build_batch(const std::vector<Record>& records, const BatchOptions& options) {
  FULMAR_ASSERT(!records.empty());
  Writer writer;
  Timestamp base = records.front().timestamp;
  Timestamp latest = base;
  std::int32_t delta = 0;
  for (const auto& record : records) {
    write_record(writer, record, base, delta++);
    latest = std::max(latest, record.timestamp);
  }
  Bytes body = std::move(writer).finish().flatten();
  if (options.codec != Compression::none) body = compress(options.codec, body.view());

  BatchHeader header;
  header.base_offset = options.base_offset;
  header.attributes = static_cast<std::int16_t>(static_cast<int>(options.codec) | (options.transactional ? 0x10 : 0) |
                                                (options.control ? 0x20 : 0));
  header.last_offset_delta = delta - 1;
  header.base_timestamp = base;
  header.max_timestamp = options.claimed_max_timestamp.value_or(latest);
  header.producer_id = options.producer_id;
  header.producer_epoch = options.producer_epoch;
  header.base_sequence = options.base_sequence;
  header.record_count = delta;
  return seal_batch(header, body.view());
}

namespace {

// Calls `visit` with each record of a whole batch, and its bytes.
Result<void> visit_records(const Bytes& batch, std::size_t size_max,
                           const std::function<void(ReadRecord, std::string_view bytes)>& visit) {
  FULMAR_TRY(auto header, read_batch_header(batch.view()));
  if (header.size() != batch.size() || header.magic != batch_magic || !batch_crc_matches(batch.view()))
    return fail(Errc::corrupt, "a batch that is not whole");
  Bytes body = batch.slice(batch_header_size);
  if (header.codec() != Compression::none && header.record_count > 0) {
    FULMAR_TRY(body, decompress(header.codec(), body.view(), size_max));
  }
  Reader reader(body);
  for (std::int32_t i = 0; i < header.record_count && !reader.failed(); ++i) {
    auto begin = reader.position();
    auto size = reader.varint();
    if (size < 0 || static_cast<std::size_t>(size) > reader.remaining()) return fail(Errc::corrupt, "a record's size");
    auto end = reader.position() + static_cast<std::size_t>(size);
    ReadRecord record;
    reader.int8();
    record.timestamp = header.log_append_time() ? header.max_timestamp : header.base_timestamp;
    auto elapsed = reader.varlong();
    if (!header.log_append_time() && __builtin_add_overflow(record.timestamp, elapsed, &record.timestamp))
      return fail(Errc::corrupt, "a record's timestamp");
    auto delta = reader.varint();
    if (delta < 0) return fail(Errc::corrupt, "a record's offset");
    record.offset = header.base_offset + delta;
    auto field = [&]() -> std::optional<Bytes> {
      auto length = reader.varint();
      if (length < 0) return std::nullopt;
      return reader.slice(static_cast<std::size_t>(length));
    };
    record.key = field();
    record.value = field();
    record.producer_id = header.producer_id;
    record.producer_epoch = header.producer_epoch;
    record.transactional = header.transactional();
    if (header.has_delete_horizon()) record.delete_horizon = header.base_timestamp;
    if (reader.failed() || reader.position() > end) return fail(Errc::corrupt, "a record's fields");
    reader.skip(end - reader.position());
    visit(std::move(record), body.view().substr(begin, end - begin));
  }
  if (reader.failed()) return fail(Errc::corrupt, reader.error());
  return {};
}

// Records of a batch with their times counted from `base`; nullopt if one is too far away from it.
std::optional<std::string> rebased(std::string_view records, const BatchHeader& header, Timestamp base) {
  Writer writer;
  Reader reader(Bytes::copy_of(records));
  while (reader.remaining() > 0) {
    auto size = static_cast<std::size_t>(reader.varint());
    auto end = reader.position() + size;
    auto attributes = reader.int8();
    auto elapsed = reader.varlong();
    if (!header.log_append_time() && (__builtin_add_overflow(header.base_timestamp, elapsed, &elapsed) ||
                                      __builtin_sub_overflow(elapsed, base, &elapsed)))
      return std::nullopt;
    auto rest = reader.slice(end - reader.position());
    writer.varint(static_cast<std::int32_t>(1 + varint_size(elapsed) + rest.size()));
    writer.int8(attributes);
    writer.varlong(elapsed);
    writer.raw(rest.view());
  }
  return std::string(std::move(writer).finish().flatten().view());
}

}  // namespace

Bytes build_empty_batch(BatchHeader header) {
  header.record_count = 0;
  header.attributes = static_cast<std::int16_t>(header.attributes & ~7);  // nothing is compressed
  return seal_batch(header, {});
}

Bytes build_filler(BatchHeader header) {
  header.attributes &= 0x08;  // the type of its times
  header.producer_id = no_producer_id;
  header.producer_epoch = -1;
  header.base_sequence = no_sequence;
  return build_empty_batch(header);
}

Bytes without_transaction(const Bytes& batch) {
  auto header = *read_batch_header(batch.view());
  header.attributes = static_cast<std::int16_t>(header.attributes & ~BatchHeader::transactional_flag);
  return seal_batch(header, batch.view().substr(batch_header_size));
}

Result<std::vector<ReadRecord>> read_records(const Bytes& batch, std::size_t size_max) {
  std::vector<ReadRecord> records;
  FULMAR_TRY_VOID(visit_records(batch, size_max,
                                [&](ReadRecord record, std::string_view) { records.push_back(std::move(record)); }));
  return records;
}

Result<Bytes> keep_records(const Bytes& batch, std::size_t size_max, const std::function<bool(const ReadRecord&)>& keep,
                           std::optional<Timestamp> delete_horizon) {
  std::string kept;
  std::int32_t count = 0;
  FULMAR_TRY(auto header, read_batch_header(batch.view()));
  bool any_to_delete = false;
  FULMAR_TRY_VOID(visit_records(batch, size_max, [&](const ReadRecord& record, std::string_view bytes) {
    if (!keep(record)) return;
    kept += bytes;
    ++count;
    any_to_delete = any_to_delete || header.control() || !record.value;
  }));
  // Where times lie too far apart to be counted from the horizon, the batch has none, and its tombstones stay.
  std::optional<std::string> marked;
  if (delete_horizon && any_to_delete && !header.has_delete_horizon()) marked = rebased(kept, header, *delete_horizon);
  if (count == header.record_count && !marked) return batch;
  if (count == 0) return build_empty_batch(header);
  header.record_count = count;
  if (marked) {
    header.attributes |= BatchHeader::delete_horizon_flag;
    header.base_timestamp = *delete_horizon;
    kept = std::move(*marked);
  }
  if (header.codec() == Compression::none) return seal_batch(header, kept);
  return seal_batch(header, compress(header.codec(), kept).view());
}

}  // namespace fulmar
