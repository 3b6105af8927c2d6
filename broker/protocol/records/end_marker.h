// EndMarker: the control record that ends a transaction in a partition (KIP-98). It is alone in its batch, which is a
// transactional control batch with the producer whose transaction it ends.
#pragma once

#include <cstdint>
#include <optional>

#include "broker/protocol/record_batch.h"

namespace fulmar {

struct ReadRecord;

struct EndMarker {
  bool commit = false;  // else the transaction is aborted
  // The leader epoch of the deciding coordinator's partition of __transaction_state.
  std::int32_t coordinator_epoch = 0;
  bool operator==(const EndMarker&) const = default;
};

// The whole batch, in Kafka's format.
Bytes build_end_marker(const EndMarker& marker, ProducerId producer, std::int16_t producer_epoch, Timestamp at);

// The end marker in a whole batch. nullopt: it is not a control batch, compaction has removed its record, or the record
// is of another kind, or not in Kafka's format.
std::optional<EndMarker> read_end_marker(const Bytes& batch);
// The same for a control batch's record.
std::optional<EndMarker> read_end_marker(const ReadRecord& record);

}  // namespace fulmar
