// LogInspection: checks the files of a partition's log while no broker uses them, and makes a log of the good batches
// of a damaged one. Neither changes the files that it reads.
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
  // If records are damaged: which ones, and where in the file.
  std::optional<DamagedStretch> damaged;
};

struct LogFindings {
  Offset log_start = 0;
  Offset log_end = 0;        // after the last good batch, or the last one that is known to be lost
  Offset synced = 0;         // everything below was synced, by the checkpoint and the marks
  Offset holes_below = 0;    // there are holes only below this offset
  Offset markers_from = -1;  // the offset of the first transaction marker; -1: there is none
  EpochCache epochs;         // from the file; empty if it is missing or damaged
  std::int64_t batches = 0, records = 0;
  std::uint64_t bytes = 0;
  std::vector<std::shared_ptr<Segment>> segments;  // by base offset; they know their damage
  std::vector<LogFault> faults;
  std::vector<std::string> notes;  // findings that are no faults: the rest of a torn write
};

// Called with each good batch and its records, in their order.
using VisitBatch = std::function<Result<void>(const Segment&, const BatchHeader&, std::uint64_t position,
                                              const std::vector<ReadRecord>&)>;

// Checks all batches, their records, and the other files of the log. Errors: io_error, not_found; corrupt if segments
// overlap.
Result<LogFindings> inspect_log(Disk& disk, const std::string& directory, const VisitBatch& visit = nullptr);

// Returns the batch to write instead of a batch, with the same offsets and epoch.
using RewriteBatch = std::function<Result<Bytes>(const Bytes& batch)>;

// Writes a log with the good batches of an inspected one, each as it is or as returned by `rewrite`, into the directory
// `target`, which must not exist. Empty batches take the place of lost records, so that offsets stay the same;
// consumers skip them. The new log is on stable storage when this returns. Errors: exists, io_error, no_space, and
// those of `rewrite`.
Result<void> salvage_log(Disk& disk, const std::string& directory, const LogFindings& findings,
                         const std::string& target, const RewriteBatch& rewrite = nullptr);

}  // namespace fulmar
