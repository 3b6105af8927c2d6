// EndMarker: the control record with which a transaction ends in a partition (KIP-98). It is the only record of a
// batch of its own, which is transactional and a control batch, and names the producer whose transaction it ends.
#pragma once

#include <cstdint>
#include <optional>

#include "broker/protocol/record_batch.h"

namespace fulmar {

struct ReadRecord;

struct EndMarker {
  bool commit = false;  // else the transaction is aborted
  // Of the partition of __transaction_state whose leader decided it.
  std::int32_t coordinator_epoch = 0;
  bool operator==(const EndMarker&) const = default;
};

// The whole batch, in Kafka's format.
Bytes build_end_marker(const EndMarker& marker, ProducerId producer, std::int16_t producer_epoch, Timestamp at);

// What a whole batch says of the end of a transaction. nullopt: nothing; it is no control batch, compaction has taken
// its record, or the record is of another kind, or not in Kafka's format.
std::optional<EndMarker> read_end_marker(const Bytes& batch);
// The same of a control batch's record.
std::optional<EndMarker> read_end_marker(const ReadRecord& record);

}  // namespace fulmar
