// Compaction: which records of a log are removed so that the newest record of each key stays (cleanup.policy=compact).
// This only decides; rewriting.h removes them.
//
// A pass takes a *dirty* part of the log, [from, end), notes the last offset of each key in it (KeyOffsets), and
// rewrites all segments below `end` without the records that have a later one of their key in that part. Then the log
// is *clean* below `end`: it has one record per key. Offsets and order stay. As in Kafka's LogCleaner, records without
// a key are removed; they date from before the topic was compacted.
//
// Records without a value (tombstones) are kept like any other record at first. The first pass over a batch that has
// any gives it a delete horizon, from when on they may go (KIP-534, delete.retention.ms); a later pass removes them, as
// far as no replica can have anything that they deleted (raft/tombstones.cpp).
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

// How a topic wants to be compacted. Defaults are Kafka's.
struct CompactionPolicy {
  std::int64_t min_cleanable_ppm = 500'000;                            // min.cleanable.dirty.ratio, in millionths
  std::int64_t min_lag_ms = 0;                                         // min.compaction.lag.ms
  std::int64_t max_lag_ms = std::numeric_limits<std::int64_t>::max();  // max.compaction.lag.ms
  std::int64_t segment_bytes = std::int64_t{1} << 30;                  // segment.bytes
  std::int64_t segment_index_bytes = std::int64_t{10} << 20;           // segment.index.bytes
};

CompactionPolicy policy_of(const LogConfig& config);

// A closed segment. Times in ms: of its records or, if they have none, of the file's last write.
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
  Offset from = 0;   // the log is clean below
  Offset up_to = 0;  // nothing at or above may be cleaned yet
  std::uint64_t clean_bytes = 0;
  std::uint64_t dirty_bytes = 0;  // of the segments between `from` and `up_to`
  bool overdue = false;           // by max.compaction.lag.ms
  bool due = false;               // overdue, or dirty enough
  // The order in which logs are cleaned: those that are overdue first, then by the share of dirty bytes.
  bool before(const CleaningPlan& other) const;
};

// `closed`: as closed_segments() returns them. `cleaned_to`: the log is clean below. `now`: in ms, as in retention.h.
CleaningPlan plan_cleaning(const std::vector<SegmentFacts>& closed, Offset cleaned_to, const CompactionPolicy& policy,
                           Timestamp now);

// Neighbouring segments that are rewritten into one.
struct SegmentRun {
  Offset base_offset = 0;
  std::size_t count = 0;
  bool operator==(const SegmentRun&) const = default;
};

// The segments that begin below `end`, in runs. A run of several fits into one segment even if no record is removed.
std::vector<SegmentRun> plan_runs(const std::vector<SegmentFacts>& closed, Offset end, const CompactionPolicy& policy);

// Called with the size of each batch before it is processed; may wait. An error ends the work.
using CleaningPace = std::function<Result<void>(std::size_t bytes)>;

// Notes the last offset of each key in [from, up_to), which must be stable, as long as there is room for one more key.
// Returns the end of what was noted: above `from`, unless the range is empty. Errors: io_error, corrupt, and those of
// `pace`.
Result<Offset> note_keys(const PartitionLog& log, Offset from, Offset up_to, KeyOffsets& last,
                         const CleaningPace& pace);

// Which tombstones a pass may remove: those below an offset, in batches whose delete horizon is not after `now` (ms).
struct TombstoneRule {
  Offset below = 0;
  Timestamp now = 0;
};

enum class Fate : std::uint8_t { stays, superseded, expired };

// What becomes of a record in a pass that ends at `end`; `last`: the keys of the pass' dirty part.
Fate fate_of(const ReadRecord& record, const KeyOffsets& last, Offset end, const TombstoneRule& tombstones = {});

}  // namespace fulmar
