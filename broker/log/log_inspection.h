// LogInspection: what the files of a partition's log hold, looked at while no broker uses them; and making a log of
// what is good in a damaged one. Neither changes the files it looks at.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "broker/log/epoch_cache.h"
#include "broker/log/segment.h"
#include "broker/protocol/record_builder.h"
#include "runtime/host/disk.h"

namespace fulmar {

struct LogFault {
  std::string file;
  std::string what;
  // Where records are damaged: which, and where in the file.
  std::optional<DamagedStretch> damaged;
};

struct LogFindings {
  Offset log_start = 0;
  Offset log_end = 0;        // after what is good, or known to have been there
  Offset synced = 0;         // up to where checkpoint and marks say that all was synced
  Offset holes_below = 0;    // below, batches may be missing between two others: removed on purpose
  Offset markers_from = -1;  // of transactions: where the first is; -1: there is none
  EpochCache epochs;         // as the file has them; empty if it is missing or damaged
  std::int64_t batches = 0, records = 0;
  std::uint64_t bytes = 0;
  std::vector<std::shared_ptr<Segment>> segments;  // their damage noted, by base offset
  std::vector<LogFault> faults;
  std::vector<std::string> notes;  // what is no fault: the rest of a torn write
};

// Called with each good batch and its records, in their order.
using VisitBatch = std::function<Result<void>(const Segment&, const BatchHeader&, std::uint64_t position,
                                              const std::vector<ReadRecord>&)>;

// Checks all batches, their records, and every file beside them. Errors: io_error, not_found, corrupt where segments
// overlap.
Result<LogFindings> inspect_log(Disk& disk, const std::string& directory, const VisitBatch& visit = nullptr);

// What is to stand in a batch's place: of the same offsets and epoch.
using RewriteBatch = std::function<Result<Bytes>(const Bytes& batch)>;

// Writes into `target`, a directory that is not there yet, a log of the good batches of one that was inspected, each as
// it is or as `rewrite` has it. Where records are lost an empty batch stands in for them, so that no offset changes;
// consumers pass over it. All of it is on stable storage once this returns. Errors: exists, io_error, no_space;
// rewrite's.
Result<void> salvage_log(Disk& disk, const std::string& directory, const LogFindings& findings,
                         const std::string& target, const RewriteBatch& rewrite = nullptr);

}  // namespace fulmar
