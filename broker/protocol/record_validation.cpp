#include "broker/protocol/record_validation.h"

#include "broker/protocol/compression.h"
#include "broker/protocol/reader.h"

namespace fulmar {

namespace {

std::unexpected<Refusal> refuse(ErrorCode code, std::string message) {
  return std::unexpected(Refusal{code, std::move(message)});
}

// Walks over the records without keeping any. Null if they are as they must be, else what is wrong.
const char* check_records(const Bytes& body, const BatchHeader& batch) {
  Reader reader(body);
  for (std::int32_t i = 0; i < batch.record_count; ++i) {
    auto size = reader.varint();
    if (reader.failed() || size < 0 || static_cast<std::size_t>(size) > reader.remaining())
      return "a record is longer than its batch";
    auto end = reader.position() + static_cast<std::size_t>(size);
    reader.int8();
    Timestamp timestamp;
    if (__builtin_add_overflow(batch.base_timestamp, reader.varlong(), &timestamp)) return "a timestamp out of range";
    if (reader.varint() != i) return "the offsets of the records do not count up from zero";
    for (int field = 0; field < 2; ++field) {
      auto length = reader.varint();
      if (length < -1) return "a key or value has a negative length";
      if (length > 0) reader.skip(static_cast<std::size_t>(length));
    }
    auto headers = reader.varint();
    if (headers < 0) return "a record has a negative number of headers";
    for (std::int32_t h = 0; h < headers && !reader.failed(); ++h) {
      auto key = reader.varint();
      if (key < 0) return "a header's key is null";
      reader.skip(static_cast<std::size_t>(key));
      auto value = reader.varint();
      if (value < -1) return "a header's value has a negative length";
      if (value > 0) reader.skip(static_cast<std::size_t>(value));
    }
    if (reader.failed() || reader.position() != end) return "a record has not the size it claims";
  }
  return reader.remaining() == 0 ? nullptr : "bytes are left over after the last record";
}

}  // namespace

Result<BatchHeader, Refusal> validate_produced(const Bytes& records) {
  if (records.size() < 17) return refuse(ErrorCode::invalid_record, "the request has no whole record batch");
  auto magic = records.data()[16];
  if (magic == 0 || magic == 1)
    return refuse(ErrorCode::invalid_record, "message format " + std::to_string(magic) + " is not served, only 2");
  if (magic != batch_magic) return refuse(ErrorCode::corrupt_message, "unknown magic " + std::to_string(magic));
  auto header = read_batch_header(records.view());
  if (!header) return refuse(ErrorCode::corrupt_message, header.error().detail);
  if (header->size() > records.size()) return refuse(ErrorCode::corrupt_message, "the batch is cut short");
  if (header->size() < records.size())
    return refuse(ErrorCode::invalid_record, "exactly one batch per partition is allowed");
  if (!batch_crc_matches(records.view())) return refuse(ErrorCode::corrupt_message, "the batch's CRC is wrong");
  if (header->base_offset != 0) return refuse(ErrorCode::invalid_record, "a batch's base offset must be 0");
  if (header->control()) return refuse(ErrorCode::invalid_record, "clients may not write control batches");
  if (header->transactional()) return refuse(ErrorCode::invalid_txn_state, "transactions are not served");
  if (header->record_count <= 0) return refuse(ErrorCode::invalid_record, "a batch must have records");
  if (header->last_offset_delta != header->record_count - 1)
    return refuse(ErrorCode::invalid_record, "the batch's last offset and its record count disagree");
  if (header->producer_id != no_producer_id && (header->producer_epoch < 0 || header->base_sequence < 0))
    return refuse(ErrorCode::invalid_record, "a producer id without an epoch and a sequence");

  Bytes body = records.slice(batch_header_size);
  if (header->codec() != Compression::none) {
    auto plain = decompress(header->codec(), body.view(), decompressed_batch_bytes_max);
    if (!plain) {
      if (plain.error().code == Errc::unsupported)
        return refuse(ErrorCode::unsupported_compression_type, plain.error().detail);
      if (plain.error().code == Errc::too_large) return refuse(ErrorCode::message_too_large, plain.error().detail);
      return refuse(ErrorCode::corrupt_message, plain.error().detail);
    }
    body = std::move(*plain);
  }
  if (const char* wrong = check_records(body, *header)) return refuse(ErrorCode::invalid_record, wrong);
  return *header;
}

}  // namespace fulmar
