// A partition as the log of a replicated state machine: what is committed is read record by record, and records are
// appended as one batch by the leader of an epoch, all or none.
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

// Called with each record, in the order of the log. An error ends the reading.
using RecordVisitor = std::function<Result<void>(const ReadRecord& record)>;
// Called with each end of a producer's transaction, in its place among the records.
using MarkerVisitor = std::function<void(ProducerId producer, const EndMarker& marker)>;

struct CommittedRead {
  Offset next = 0;         // everything below was visited
  std::int64_t bytes = 0;  // of the batches, as they lie in the log
};

// Visits the records of the log at and after `from` that are committed by now, also those of open and of aborted
// transactions; other control batches, and offsets that no record has any more, are passed over. Lets others of the
// shard go on from time to time. Errors: io_error; corrupt, what was read is not what was written; out_of_range, the
// log begins later by now; the visitor's. Then it is not known how far it came.
Result<CommittedRead> visit_committed(Replica& replica, Offset from, const RecordVisitor& visit,
                                      const MarkerVisitor& visit_marker = nullptr);

// Appends the records, at least one, as one batch; returns once it is written. `epoch`: the leadership that the records
// were made in; none: any. Errors: invalid_argument, of records that no batch holds; refused: this replica leads no
// more, or not in that epoch; too_large: max.message.bytes; no_space; io_error. Nothing was appended then, nor will be.
Result<Replica::Proposed> append_records(Replica& replica, const std::vector<Record>& records,
                                         std::optional<Epoch> epoch);
// The same for records that are part of a transaction, by the leader of that epoch. Errors: as Replica::append(), and
// RECORD_LIST_TOO_LARGE.
std::expected<Replica::Proposed, ErrorCode> append_to_transaction(Replica& replica, const std::vector<Record>& records,
                                                                  Epoch epoch, const TransactionWriter& writer);

}  // namespace fulmar
