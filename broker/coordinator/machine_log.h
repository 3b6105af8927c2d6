// A partition as the log of a replicated state machine: committed records are read one by one, and records are appended
// as one batch, all or none, by the leader of an epoch.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <vector>

#include "broker/coordinator/coordinator_core.h"
#include "broker/protocol/record_builder.h"
#include "broker/protocol/records/end_marker.h"
#include "broker/replication/replica.h"

namespace fulmar {

// Called with each record, in the log's order. An error ends the reading.
using RecordVisitor = std::function<Result<void>(const ReadRecord& record)>;
// Called with each end marker of a producer's transaction, in its place among the records.
using MarkerVisitor = std::function<void(ProducerId producer, const EndMarker& marker)>;

struct VisitedRecords {
  Offset next = 0;         // everything below was visited
  std::int64_t bytes = 0;  // of the batches as stored
};

// Visits the records at and after `from` that are committed by now, those of open and aborted transactions too; skips
// other control batches and holes. Yields to the shard's other fibers. Errors: io_error; corrupt: the log is damaged;
// out_of_range: the log begins above `from` by now; the visitor's. After an error it is unknown how far it came.
Result<VisitedRecords> visit_committed(Replica& replica, Offset from, const RecordVisitor& visit,
                                       const MarkerVisitor& visit_marker = nullptr);

// Appends the records, at least one, as one batch; returns once it is written. `epoch`: the leadership in which they
// were made; none: any. Errors, with nothing appended then or later: invalid_argument: no batch can hold the records;
// refused: this replica does not lead, or not in that epoch; too_large: max.message.bytes; no_space; io_error.
Result<Replica::Proposed> append_records(Replica& replica, const std::vector<Record>& records,
                                         std::optional<Epoch> epoch);
// The same for records of a transaction, as the leader of that epoch. Errors: as Replica::append(), and
// RECORD_LIST_TOO_LARGE.
std::expected<Replica::Proposed, ErrorCode> append_to_transaction(Replica& replica, const std::vector<Record>& records,
                                                                  Epoch epoch, const TransactionWriter& writer);

}  // namespace fulmar
