// Rewriting: replaces closed segments of a log by one without some of their records, for compaction; one run of
// neighbouring segments at a time.
//
// All transactions of these segments are decided. Their batches become ordinary ones: those of aborted transactions
// lose all records, those of committed ones the flag that they are part of a transaction. So when all batches of a
// transaction have been rewritten, its marker ends nothing any more, and may go too.
//
// Writing the new file takes long, does not change the log, and needs no lock of it. The replacement is short, is made
// in the turn of the log's replica, and survives a crash after any step:
//
//   1. <base>.log.cleaned is written and synced. A start removes such a file.
//   2. It is renamed to <base>.log.swap, and the directory synced. A start continues from here.
//   3. The old files are renamed to <base>.log.deleted, their indexes removed, and the directory synced. A start
//      removes files of these names.
//   4. <base>.log.swap is renamed to <base>.log, and the directory synced.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "broker/log/segment.h"
#include "broker/protocol/record_builder.h"

namespace fulmar {

inline constexpr std::string_view cleaned_suffix = ".log.cleaned";
inline constexpr std::string_view swap_suffix = ".log.swap";
inline constexpr std::string_view replaced_suffix = ".log.deleted";

// Whether a record is to stay.
using KeepRecord = std::function<bool(const ReadRecord&)>;

// What is to become of tombstones and markers.
struct Expiry {
  // In ms: that of the batches that have tombstones, or a marker, and no delete horizon yet. nullopt: they get none.
  std::optional<Timestamp> delete_horizon = {};
  // Whether the marker in this batch is to go. Not called for those that stay anyway.
  std::function<bool(const BatchHeader&)> marker_goes = [](const BatchHeader&) { return false; };
};

// What became of a batch that lost records or its transaction, or got a delete horizon.
struct RewrittenBatch {
  BatchHeader before;
  std::optional<BatchHeader> after;  // none: it is gone
};

// A run of closed segments, and the segment that is to replace it.
struct Rewritten {
  std::vector<std::shared_ptr<Segment>> before;
  std::shared_ptr<Segment> after;
  std::vector<RewrittenBatch> batches;
  Offset holes_below = 0;        // the end of the last hole in `after`; 0: there is none
  bool forgets_aborted = false;  // `after` lacks aborted transactions of `before`, whose markers are gone
  std::uint64_t cuts = 0;        // the log's cuts() when the rewriting began
};

}  // namespace fulmar
