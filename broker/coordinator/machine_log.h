// A partition as the log of a replicated state machine: what is committed is read record by record, and records are
// appended as one batch by the leader of an epoch, all or none.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "broker/protocol/record_builder.h"
#include "broker/replication/replica.h"

namespace fulmar {

// Called with each record, in the order of the log. An error ends the reading.
using RecordVisitor = std::function<Result<void>(const ReadRecord& record)>;

struct CommittedRead {
  Offset next = 0;         // everything below was visited
  std::int64_t bytes = 0;  // of the batches, as they lie in the log
};

// Visits the records of the log at and after `from` that are committed by now; control batches, and offsets that no
// record has any more, are passed over. Lets others of the shard go on from time to time. Errors: io_error; corrupt,
// what was read is not what was written; out_of_range, the log begins later by now; the visitor's. Then it is not known
// how far it came.
Result<CommittedRead> visit_committed(Replica& replica, Offset from, const RecordVisitor& visit);

// Appends the records, at least one, as one batch; returns once it is written. `epoch`: the leadership that the records
// were made in; none: any. Errors: invalid_argument, of records that no batch holds; refused: this replica leads no
// more, or not in that epoch; too_large: max.message.bytes; no_space; io_error. Nothing was appended then, nor will be.
Result<Replica::Proposed> append_records(Replica& replica, const std::vector<Record>& records,
                                         std::optional<Epoch> epoch);

}  // namespace fulmar
