#include "broker/log/compaction.h"

#include <algorithm>
#include <limits>

#include "broker/log/partition_log.h"
#include "broker/protocol/record_validation.h"
#include "broker/protocol/work.h"
#include "runtime/base/mark.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr std::int64_t whole_ppm = 1'000'000;
constexpr std::size_t read_bytes = std::size_t{1} << 20;  // at once

// The share of dirty bytes, in millionths.
std::int64_t dirty_ppm(const CleaningPlan& plan) {
  auto all = plan.clean_bytes + plan.dirty_bytes;
  return all == 0 ? 0 : static_cast<std::int64_t>(plan.dirty_bytes * static_cast<std::uint64_t>(whole_ppm) / all);
}

std::int64_t age(Timestamp at, Timestamp now) {
  std::int64_t result = 0;
  if (at >= now) return 0;
  return __builtin_sub_overflow(now, at, &result) ? std::numeric_limits<std::int64_t>::max() : result;
}

}  // namespace

CompactionPolicy policy_of(const LogConfig& config) {
  return {.min_cleanable_ppm = config.min_cleanable_ppm,
          .min_lag_ms = config.min_compaction_lag_ms,
          .max_lag_ms = config.max_compaction_lag_ms,
          .segment_bytes = config.segment_bytes,
          .segment_index_bytes = config.segment_index_bytes};
}

Result<std::vector<SegmentFacts>> closed_segments(const PartitionLog& log, Offset up_to) {
  std::vector<SegmentFacts> closed;
  const auto segments = log.segments();  // a copy: modified_ms() may wait
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    const auto& segment = segments[i];
    if (segment->next_offset() > std::min(up_to, log.stable_end()) || !segment->damage().empty() || segment->empty())
      break;
    SegmentFacts facts{.base_offset = segment->base_offset(),
                       .next_offset = segment->next_offset(),
                       .bytes = segment->size(),
                       .index_bytes = segment->offset_index().size() * OffsetIndex::entry_size,
                       .oldest = segment->first_timestamp(),
                       .newest = segment->max_timestamp()};
    if (facts.oldest < 0 || facts.newest < 0) {
      FULMAR_TRY(auto modified, segment->modified_ms());
      if (facts.oldest < 0) facts.oldest = modified;
      if (facts.newest < 0) facts.newest = modified;
    }
    closed.push_back(facts);
  }
  return closed;
}

bool CleaningPlan::before(const CleaningPlan& other) const {
  if (overdue != other.overdue) return overdue;
  return dirty_ppm(*this) > dirty_ppm(other);
}

CleaningPlan plan_cleaning(const std::vector<SegmentFacts>& closed, Offset cleaned_to, const CompactionPolicy& policy,
                           Timestamp now) {
  CleaningPlan plan;
  plan.from = plan.up_to = closed.empty() ? cleaned_to : std::max(cleaned_to, closed.front().base_offset);
  for (const auto& segment : closed) {
    if (segment.next_offset <= plan.from) {
      plan.clean_bytes += segment.bytes;
      continue;
    }
    if (policy.min_lag_ms > 0 && age(segment.newest, now) < policy.min_lag_ms) {
      FULMAR_MARK("compaction: lag not over yet");
      break;
    }
    if (age(segment.oldest, now) > policy.max_lag_ms) {
      FULMAR_MARK("compaction: overdue");
      plan.overdue = true;
    }
    plan.dirty_bytes += segment.bytes;
    plan.up_to = segment.next_offset;
  }
  plan.due = plan.dirty_bytes > 0 && (plan.overdue || dirty_ppm(plan) > policy.min_cleanable_ppm);
  return plan;
}

std::vector<SegmentRun> plan_runs(const std::vector<SegmentFacts>& closed, Offset end, const CompactionPolicy& policy) {
  std::vector<SegmentRun> runs;
  std::uint64_t bytes = 0, index_bytes = 0;
  for (const auto& segment : closed) {
    if (segment.base_offset >= end) break;
    bytes += segment.bytes;
    index_bytes += segment.index_bytes;
    bool joins = !runs.empty() && bytes <= static_cast<std::uint64_t>(policy.segment_bytes) &&
                 index_bytes <= static_cast<std::uint64_t>(policy.segment_index_bytes) &&
                 segment.next_offset - runs.back().base_offset <= std::numeric_limits<std::int32_t>::max();
    if (joins) {
      FULMAR_MARK("compaction: segments join");
      ++runs.back().count;
      continue;
    }
    runs.push_back({segment.base_offset, 1});
    bytes = segment.bytes;
    index_bytes = segment.index_bytes;
  }
  return runs;
}

Result<Offset> note_keys(const PartitionLog& log, Offset from, Offset up_to, KeyOffsets& last,
                         const CleaningPace& pace) {
  const AbortedBatches aborted(log.aborted(from, up_to));
  for (auto next = from; next < up_to;) {
    FULMAR_TRY(Bytes batches, log.read(next, up_to, read_bytes, true));
    if (batches.empty()) return up_to;  // the rest is a hole
    while (!batches.empty()) {
      FULMAR_TRY(auto header, read_batch_header(batches.view()));
      if (header.size() > batches.size()) return fail(Errc::corrupt, log.directory() + ": half a batch was read");
      auto batch = batches.slice(0, header.size());
      batches = batches.slice(header.size());
      FULMAR_TRY_VOID(pace(batch.size()));
      work_in_slices(checksum_work(batch.size()) + unpack_work(batch.size()) + walk_work(batch.size()));
      if (!header.control() && header.record_count > 0 && !aborted.has(header)) {
        FULMAR_TRY(auto records, read_records(batch, decompressed_batch_bytes_max));
        for (const auto& record : records)
          if (record.key && record.offset >= from && !last.put(record.key->view(), record.offset)) return record.offset;
      }
      next = std::max(next, header.next_offset());
    }
  }
  return up_to;
}

Fate fate_of(const ReadRecord& record, const KeyOffsets& last, Offset end, const ExpiryRule& expiry) {
  if (record.offset >= end) return Fate::stays;
  if (!record.key) return Fate::superseded;
  auto latest = last.find(record.key->view());
  if (latest && *latest > record.offset) return Fate::superseded;
  bool expired =
      !record.value && record.offset < expiry.below && record.delete_horizon && *record.delete_horizon <= expiry.now;
  return expired ? Fate::expired : Fate::stays;
}

Fate fate_of_marker(const BatchHeader& header, const ExpiryRule& expiry) {
  bool expired =
      header.base_offset < expiry.below && header.has_delete_horizon() && header.base_timestamp <= expiry.now;
  return expired ? Fate::expired : Fate::stays;
}

}  // namespace fulmar
