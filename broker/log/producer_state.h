// ProducerState: the idempotent producers of one partition (KIP-98): the epoch of each, and its last five batches, by
// which a batch that comes again is known for a duplicate. Follows from the log; snapshots only save reading all of it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "broker/protocol/error_code.h"
#include "broker/protocol/record_batch.h"
#include "broker/protocol/record_validation.h"

namespace fulmar {

class ProducerState {
 public:
  static constexpr std::size_t remembered_batches = 5;  // what a producer may have in flight

  struct Batch {
    std::int32_t last_sequence;
    Offset last_offset;
    std::int32_t offset_delta;
    Timestamp timestamp;
    std::int32_t first_sequence() const;
    Offset base_offset() const { return last_offset - offset_delta; }
    bool operator==(const Batch&) const = default;
  };
  struct Producer {
    std::int16_t epoch = -1;
    std::array<Batch, remembered_batches> batches{};
    std::size_t count = 0;  // of `batches`, the oldest first
    Instant last_seen;      // by the monotonic clock; of a recovered one, when it was recovered
    const Batch& last() const { return batches[count - 1]; }
    bool operator==(const Producer&) const = default;
  };

  // What is to be done with a batch of a client. A batch without a producer id is always new.
  struct Verdict {
    std::optional<Batch> duplicate_of;
  };
  // Errors: OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH.
  Result<Verdict, Refusal> check(const BatchHeader& header) const;
  // A batch was appended (its header with the offsets it got).
  void update(const BatchHeader& header, Instant now);

  // Forgets who wrote nothing since `oldest`. Not by record timestamps: a wall clock that jumps would make all
  // producers strangers, and their retries duplicates.
  void expire(Instant oldest);
  void clear() { producers_.clear(); }
  const std::map<ProducerId, Producer>& producers() const { return producers_; }

  // Kafka's .snapshot file.
  Bytes encode() const;
  bool decode(const Bytes& bytes, Instant now);

 private:
  std::map<ProducerId, Producer> producers_;
};

}  // namespace fulmar
