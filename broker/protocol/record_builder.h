// Builds the records of a batch, and reads them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/protocol/record_batch.h"
#include "broker/protocol/writer.h"

namespace fulmar {

struct RecordHeader {
  std::string key;
  std::optional<std::string> value;
};

struct Record {
  std::optional<std::string> key;
  std::optional<std::string> value;
  Timestamp timestamp = 0;
  std::vector<RecordHeader> headers;
};

struct BatchOptions {
  Offset base_offset = 0;  // the broker replaces it
  Compression codec = Compression::none;
  ProducerId producer_id = no_producer_id;
  std::int16_t producer_epoch = -1;
  std::int32_t base_sequence = no_sequence;
  bool transactional = false;
  bool control = false;
  // For tests: replaces the maximum of the records' timestamps; some clients send a wrong one, which brokers must not
  // use.
  std::optional<Timestamp> claimed_max_timestamp = {};
};

// One batch of these records, at least one, with its CRC.
Bytes build_batch(const std::vector<Record>& records, const BatchOptions& options = {});

// A batch without records that replaces the batch of `header`, with all other fields equal: for a batch whose records
// were removed. Consumers skip it.
Bytes build_empty_batch(BatchHeader header);

// A record with its offset, as read from a batch.
struct ReadRecord {
  Offset offset = 0;
  Timestamp timestamp = 0;
  std::optional<Bytes> key;
  std::optional<Bytes> value;
  ProducerId producer_id = no_producer_id;
  std::int16_t producer_epoch = -1;
  bool transactional = false;                    // whether its batch is part of a transaction
  std::optional<Timestamp> delete_horizon = {};  // of its batch (KIP-534)
};

// The records of one whole batch, whose decompressed form may have up to `size_max` bytes. Checks the CRC and the form.
// Errors: corrupt, too_large, unsupported.
Result<std::vector<ReadRecord>> read_records(const Bytes& batch, std::size_t size_max);

// Takes the place of removed batches: no records, no producer, and the offsets, epoch and times of `header`.
Bytes build_filler(BatchHeader header);

// The same batch, not part of a transaction any more: producer, epoch and sequence stay.
Bytes without_transaction(const Bytes& batch);

// The batch with only the records for which `keep` returns true: same offsets, producer, codec and times; the batch
// itself if all are kept, an empty one if none is. With `delete_horizon`, a batch that keeps records without
// a value, or control records, and has no delete horizon yet, gets this one. Errors: as read_records().
Result<Bytes> keep_records(const Bytes& batch, std::size_t size_max, const std::function<bool(const ReadRecord&)>& keep,
                           std::optional<Timestamp> delete_horizon = {});

}  // namespace fulmar
