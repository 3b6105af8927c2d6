#include "broker/protocol/record_validation.h"

#include <algorithm>

#include "broker/protocol/endian.h"
#include "broker/protocol/timestamps.h"
#include "broker/protocol/work.h"

namespace fulmar {

namespace {

constexpr std::size_t crc_slice_bytes = std::size_t{1} << 20;
constexpr std::size_t magic_at = 16;
constexpr std::int16_t client_attributes = 0x37;  // codec, transactional, control; not the timestamp type, nor others

std::unexpected<Refusal> refuse(ErrorCode code, std::string message) {
  return std::unexpected(Refusal{code, std::move(message)});
}

std::uint32_t crc_in_slices(std::string_view bytes, std::uint32_t before, const RecordBody::DidWork* did_work) {
  for (;;) {
    auto slice = bytes.substr(0, crc_slice_bytes);
    before = crc32c(slice, before);
    bytes.remove_prefix(slice.size());
    if (did_work) (*did_work)(checksum_work(slice.size()));
    if (bytes.empty()) return before;
  }
}

// Walks over the records of one batch without keeping any.
class RecordCheck {
 public:
  RecordCheck(const BatchHeader& batch, const ProduceRules& rules) : batch_(batch), rules_(rules) {}

  // Null if they are well-formed, else the error; body.error() may have one too.
  const char* walk(RecordBody& body) {
    for (std::int32_t i = 0; i < batch_.record_count; ++i) {
      auto size = body.varint();
      if (size < 0) return "a record has a negative size";
      auto end = body.position() + static_cast<std::uint64_t>(size);
      body.byte();  // its attributes: none are in use
      note_timestamp(i, body.varlong());
      if (body.varint() != i) return "the offsets of the records do not count up from zero";
      for (int field = 0; field < 2; ++field) {
        auto length = body.varint();
        if (length < -1) return "a key or value has a negative length";
        if (length < 0 && field == 0 && rules_.keys_required && !body.failed()) note_no_key(i);
        if (length > 0) body.skip(static_cast<std::uint64_t>(length));
      }
      auto headers = body.varint();
      if (headers < 0) return "a record has a negative number of headers";
      for (std::int32_t h = 0; h < headers && !body.failed(); ++h) {
        auto key = body.varint();
        if (key < 0) return "a header's key is null";
        body.skip(static_cast<std::uint64_t>(key));
        auto value = body.varint();
        if (value < -1) return "a header's value has a negative length";
        if (value > 0) body.skip(static_cast<std::uint64_t>(value));
      }
      if (body.failed() || body.position() != end) return "a record has not the size it claims";
    }
    return body.at_end() ? nullptr : "bytes are left over after the last record";
  }

  Timestamp latest() const { return latest_; }
  std::vector<RecordError>& errors() { return errors_; }
  // The code of the first record's error, as on Kafka.
  std::unexpected<Refusal> refusal() {
    if (key_is_first_)
      return std::unexpected(
          Refusal{ErrorCode::invalid_record, "records have no key, which a compacted topic wants", std::move(errors_)});
    return std::unexpected(Refusal{ErrorCode::invalid_timestamp,
                                   "records have timestamps that the topic does not allow", std::move(errors_)});
  }

 private:
  void note_no_key(std::int32_t index) {
    if (!errors_.empty() && errors_.back().batch_index == index) errors_.pop_back();  // one error for each record
    key_is_first_ = key_is_first_ || errors_.empty();
    wrong(index, "a compacted topic takes no record without a key");
  }
  void note_timestamp(std::int32_t index, std::int64_t elapsed) {
    if (batch_.log_append_time() && rules_.log_append_time)
      return wrong(index, "the timestamp type is the broker's to set, not the producer's");
    Timestamp timestamp;
    if (__builtin_add_overflow(batch_.base_timestamp, elapsed, &timestamp))
      return wrong(index, "the timestamp is beyond what can be counted");
    latest_ = std::max(latest_, timestamp);
    if (rules_.log_append_time || timestamp == no_timestamp) return;
    if (timestamp >= earliest_allowed_ && timestamp <= latest_allowed_) return;
    wrong(index, "timestamp " + std::to_string(timestamp) + " is not within [" + std::to_string(earliest_allowed_) +
                     ", " + std::to_string(latest_allowed_) + "], as the topic wants it");
  }
  void wrong(std::int32_t index, std::string message) {
    if (errors_.size() < record_errors_max) errors_.push_back({index, std::move(message)});
  }

  const BatchHeader& batch_;
  const ProduceRules& rules_;
  Timestamp earliest_allowed_ = earlier(rules_.now, rules_.timestamp_before_max_ms);
  Timestamp latest_allowed_ = later(rules_.now, rules_.timestamp_after_max_ms);
  Timestamp latest_ = no_timestamp;
  std::vector<RecordError> errors_;
  bool key_is_first_ = false;
};

Result<BatchHeader, Refusal> check_header(const Bytes& records, const ProduceRules& rules,
                                          const RecordBody::DidWork* did_work) {
  const char* data = records.data();
  if (records.size() <= magic_at) return refuse(ErrorCode::invalid_record, "the request has no whole record batch");
  auto magic = data[magic_at];
  if (magic == 0 || magic == 1)
    return refuse(ErrorCode::invalid_record, "message format " + std::to_string(magic) + " is not served, only 2");
  if (magic != batch_magic) return refuse(ErrorCode::corrupt_message, "unknown magic " + std::to_string(magic));
  auto length = load_big<std::int32_t>(data + 8);
  if (length < static_cast<std::int32_t>(batch_header_size - batch_prefix_size))
    return refuse(ErrorCode::corrupt_message, "a batch of impossible length " + std::to_string(length));
  auto size = static_cast<std::size_t>(length) + batch_prefix_size;
  if (size > records.size()) return refuse(ErrorCode::invalid_record, "the batch is cut short");
  if (size < records.size()) return refuse(ErrorCode::invalid_record, "exactly one batch per partition is allowed");
  auto crc = static_cast<std::uint32_t>(load_big<std::int32_t>(data + batch_crc_at));
  if (crc_in_slices(records.view().substr(batch_checked_from), 0, did_work) != crc)
    return refuse(ErrorCode::corrupt_message, "the batch's CRC is wrong");
  // Errors from here on are the client's, and a retry would fail again.
  auto header = read_batch_header(records.view());
  if (!header) return refuse(ErrorCode::invalid_record, header.error().detail);
  if (header->base_offset != 0) return refuse(ErrorCode::invalid_record, "a batch's base offset must be 0");
  if (header->codec() == Compression::zstd && !rules.zstd_allowed)
    return refuse(ErrorCode::unsupported_compression_type, "zstd is for Produce requests of version 7 and up");
  if (header->control()) return refuse(ErrorCode::invalid_record, "clients may not write control batches");
  if (header->transactional() && !rules.transactions_served)
    return refuse(ErrorCode::invalid_txn_state, "transactions are not served");
  if (header->transactional() && !header->idempotent())
    return refuse(ErrorCode::invalid_record, "a transactional batch without a producer id");
  if (header->record_count <= 0) return refuse(ErrorCode::invalid_record, "a batch must have records");
  if (header->last_offset_delta != header->record_count - 1)
    return refuse(ErrorCode::invalid_record, "the batch's last offset and its record count disagree");
  if (header->idempotent() && (header->producer_epoch < 0 || header->base_sequence < 0))
    return refuse(ErrorCode::invalid_record, "a producer id without an epoch and a sequence");
  return *header;
}

std::size_t plain_size_max(std::size_t packed) {
  return std::clamp(std::min(packed, decompressed_batch_bytes_max) * decompressed_batch_ratio_max,
                    decompressed_batch_bytes_always, decompressed_batch_bytes_max);
}

}  // namespace

Result<BatchHeader, Refusal> validate_produced(const Bytes& records, const ProduceRules& rules,
                                               const RecordBody::DidWork* did_work, const RecordBody::Sink* sink) {
  FULMAR_TRY(auto header, check_header(records, rules, did_work));
  auto packed = records.view().substr(batch_header_size);
  bool plain = header.codec() == Compression::none;
  RecordBody body(header.codec(), packed, plain ? packed.size() : plain_size_max(packed.size()), did_work, sink);
  RecordCheck check(header, rules);
  const char* wrong = check.walk(body);
  if (const auto& failed = body.error()) {
    // Not CORRUPT_MESSAGE, even if the compressed form is corrupt: clients would send the same bytes again for ever.
    auto code = ErrorCode::invalid_record;
    if (failed->code == Errc::unsupported) code = ErrorCode::unsupported_compression_type;
    if (failed->code == Errc::too_large) code = ErrorCode::message_too_large;
    return refuse(code, failed->detail);
  }
  if (wrong) return refuse(ErrorCode::invalid_record, wrong);
  if (!check.errors().empty()) return check.refusal();

  auto stored = header;
  stored.attributes &= client_attributes;
  if (!rules.log_append_time) stored.max_timestamp = check.latest();
  if (stored.attributes != header.attributes || stored.max_timestamp != header.max_timestamp)
    stored.crc = crc_in_slices(packed, header_crc(stored), did_work);
  return stored;
}

}  // namespace fulmar
