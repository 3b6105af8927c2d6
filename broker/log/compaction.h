// Compaction: decides which records of a log are removed, so that the newest record of each key stays
// (cleanup.policy=compact). rewriting.h removes them.
//
// A pass takes a *dirty* part of the log, [from, end), notes the last offset of each key in it (KeyOffsets), and
// rewrites all segments below `end` without the records that have a later one of their key in that part. Then the log
// is *clean* below `end`: at most one record per key, and no batch that is part of a transaction (rewriting.h). Offsets
// and order stay. As in Kafka's LogCleaner, records without a key are removed; they date from before the topic was
// compacted.
//
// Records without a value (tombstones), and the markers that end transactions, are first kept like any other record.
// The first pass over a batch that has any gives the batch a delete horizon, the time from which on they may be removed
// (KIP-534, delete.retention.ms). A later pass removes them below the offset below which no replica can have records
// that they delete, or of the transactions that they end (raft/tombstones.cpp).
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "broker/log/key_offsets.h"
#include "broker/log/log_config.h"
#include "broker/protocol/record_builder.h"
#include "runtime/base/result.h"

namespace fulmar {

class PartitionLog;

// The configuration of a topic's compaction. The defaults are Kafka's.
struct CompactionPolicy {
  std::int64_t min_cleanable_ppm = 500'000;                            // min.cleanable.dirty.ratio, in millionths
  std::int64_t min_lag_ms = 0;                                         // min.compaction.lag.ms
  std::int64_t max_lag_ms = std::numeric_limits<std::int64_t>::max();  // max.compaction.lag.ms
  std::int64_t segment_bytes = std::int64_t{1} << 30;                  // segment.bytes
  std::int64_t segment_index_bytes = std::int64_t{10} << 20;           // segment.index.bytes
};

CompactionPolicy policy_of(const LogConfig& config);

// A closed segment. Times in ms: of its records, or if they have none, the modification time of the file.
struct SegmentFacts {
  Offset base_offset = 0;
  Offset next_offset = 0;
  std::uint64_t bytes = 0;
  std::uint64_t index_bytes = 0;
  Timestamp oldest = 0;  // of its first batch
  Timestamp newest = 0;
};

// The closed segments that may be rewritten, from the first one on: they end at or before `up_to`, are stable, and have
// no damage. Errors: io_error.
Result<std::vector<SegmentFacts>> closed_segments(const PartitionLog& log, Offset up_to);

struct CleaningPlan {
  Offset from = 0;   // the log is clean below this offset
  Offset up_to = 0;  // records at or above this offset may not be cleaned yet
  std::uint64_t clean_bytes = 0;
  std::uint64_t dirty_bytes = 0;  // of the segments between `from` and `up_to`
  bool overdue = false;           // by max.compaction.lag.ms
  bool due = false;               // overdue, or dirty enough
  // The order in which logs are cleaned: those that are overdue first, then by the share of dirty bytes.
  bool before(const CleaningPlan& other) const;
};

// `closed`: from closed_segments(). `cleaned_to`: the log is clean below it. `now`: in ms, as in retention.h.
CleaningPlan plan_cleaning(const std::vector<SegmentFacts>& closed, Offset cleaned_to, const CompactionPolicy& policy,
                           Timestamp now);

// Neighbouring segments that are rewritten into one.
struct SegmentRun {
  Offset base_offset = 0;
  std::size_t count = 0;
  bool operator==(const SegmentRun&) const = default;
};

// Divides the segments that begin below `end` into runs. A run of several segments fits into one, even if no record is
// removed.
std::vector<SegmentRun> plan_runs(const std::vector<SegmentFacts>& closed, Offset end, const CompactionPolicy& policy);

// Called with the size of each batch before it is processed; may wait. An error ends the work.
using CleaningPace = std::function<Result<void>(std::size_t bytes)>;

// Puts the last offset of each key in [from, up_to), which must be stable, into `last`, until there is no room for
// another key. Returns the end of the part that was read: above `from`, unless the range is empty. Errors: io_error,
// corrupt, and those of `pace`.
Result<Offset> note_keys(const PartitionLog& log, Offset from, Offset up_to, KeyOffsets& last,
                         const CleaningPace& pace);

// Which tombstones and markers a pass may remove: those below the offset `below`, in batches whose delete horizon is
// not after `now` (in ms, as in retention.h).
struct ExpiryRule {
  Offset below = 0;
  Timestamp now = 0;
};

enum class Fate : std::uint8_t { stays, superseded, expired };

// What a pass that ends at `end` does with a record; `last`: the last offsets of the keys in the pass's dirty part.
Fate fate_of(const ReadRecord& record, const KeyOffsets& last, Offset end, const ExpiryRule& expiry = {});
// What it does with a marker.
Fate fate_of_marker(const BatchHeader& header, const ExpiryRule& expiry);

}  // namespace fulmar
