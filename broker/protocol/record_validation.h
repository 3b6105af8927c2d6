// Validation of the records that a client sends (Kafka's LogValidator); docs/records.md has the rules.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/record_batch.h"
#include "broker/protocol/record_body.h"

namespace fulmar {

// The error of one record of a batch (KIP-467).
struct RecordError {
  std::int32_t batch_index;  // of the record in its batch
  std::string message;
};

struct Refusal {
  ErrorCode code;
  std::string message;
  std::vector<RecordError> record_errors = {};
};

// The response names at most this many wrong records of a batch, so that it is not larger than the request.
inline constexpr std::size_t record_errors_max = 100;

// Limits for the decompressed size of a batch, so that a decompression bomb takes neither the broker's memory nor its
// time: the first size is always allowed, larger ones up to the ratio to the compressed size, and none above the last.
inline constexpr std::size_t decompressed_batch_bytes_always = std::size_t{16} << 20;
inline constexpr std::size_t decompressed_batch_ratio_max = 256;
inline constexpr std::size_t decompressed_batch_bytes_max = std::size_t{256} << 20;

// The topic's and the request's rules for records.
struct ProduceRules {
  bool log_append_time = false;  // the broker sets the topic's timestamps
  bool zstd_allowed = true;      // Produce 7 and up
  bool transactions_served = false;
  // Else a record's timestamp may be this far before and after `now`, in milliseconds (KIP-937).
  std::int64_t timestamp_before_max_ms = std::numeric_limits<std::int64_t>::max();
  std::int64_t timestamp_after_max_ms = std::numeric_limits<std::int64_t>::max();
  Timestamp now = 0;
  bool keys_required = false;  // the topic is compacted
};

// Checks the records of one partition of a produce request (version 3 and up): exactly one complete batch of magic 2
// with the right CRC, not control, transactional only if `transactions_served`, with as many well-formed records as its
// header says, offsets that count from zero, and timestamps that the topic allows; also in its decompressed form.
// Returns the header to store: with the largest timestamp of the records, whatever the client claims, with only those
// attributes that a client may set, and with the CRC of the batch with this header. Calls `did_work` piece by piece, as
// RecordBody does, and `sink` with the decompressed records, which are valid only if this succeeds.
Result<BatchHeader, Refusal> validate_produced(const Bytes& records, const ProduceRules& rules = {},
                                               const RecordBody::DidWork* did_work = nullptr,
                                               const RecordBody::Sink* sink = nullptr);

}  // namespace fulmar
