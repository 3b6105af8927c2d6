#include "broker/log/log_invariants.h"

namespace fulmar {

namespace {

using Broken = std::optional<std::string_view>;

Broken broken_in_aborted(const Segment& segment) {
  Offset marker_before = -1;
  for (const auto& aborted : segment.aborted().entries()) {
    if (aborted.last_offset < segment.base_offset() || aborted.last_offset >= segment.next_offset())
      return "the marker of an aborted transaction is not in the segment that has it";
    if (aborted.last_offset <= marker_before) return "aborted transactions are not in the order of their markers";
    if (aborted.first_offset >= aborted.last_offset) return "an aborted transaction begins at its marker or above";
    if (aborted.last_stable_offset > aborted.last_offset + 1)
      return "the last stable offset was above the marker of an aborted transaction";
    marker_before = aborted.last_offset;
  }
  return std::nullopt;
}

Broken broken_in_segments(const PartitionLog& log) {
  const auto& segments = log.segments();
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto& segment = *segments[i];
    if (segment.next_offset() < segment.base_offset()) return "a segment ends below its base offset";
    if (segment.mark() && segment.mark()->synced_end > log.log_end())
      return "a segment is marked as synced beyond the end of the log";
    if (auto broken = broken_in_aborted(segment)) return broken;
    if (i + 1 == segments.size()) break;
    const auto next = segments[i + 1]->base_offset();
    if (segment.next_offset() > next) return "two segments overlap";
    // Holes lie within files (replicated_append.cpp); only a log that serves what damage has left may lack one.
    if (segment.next_offset() < next && !log.serves_rest()) return "a segment does not begin where the one before ends";
    if (segment.empty() && !log.serves_rest()) return "a segment is empty, and not the active one";
  }
  return std::nullopt;
}

// Of the epochs and producers.
Broken broken_in_memory_of_batches(const PartitionLog& log) {
  const EpochCache::Entry* earlier = nullptr;
  for (const auto& entry : log.epochs().entries()) {
    if (earlier && entry.epoch <= earlier->epoch) return "the epochs do not ascend";
    if (earlier && entry.start_offset < earlier->start_offset) return "an epoch begins below the one before it";
    earlier = &entry;
  }
  for (const auto& [id, producer] : log.producers().producers()) {
    if (producer.open_since >= log.log_end()) return "a transaction begins at the end of the log or above";
    Offset last_before = -1;
    for (std::size_t i = 0; i < producer.count; ++i) {
      const auto& batch = producer.batches[i];
      if (batch.last_offset >= log.log_end()) return "a producer has a batch at the end of the log or above";
      if (batch.base_offset() <= last_before) return "the batches of a producer are not in the order of their offsets";
      last_before = batch.last_offset;
    }
  }
  return std::nullopt;
}

}  // namespace

Broken LogInvariants::broken_in(const PartitionLog& log) {
  if (log.offline()) return std::nullopt;
  if (log.held_from() > log.log_start()) return "the first segment begins above the start of the log";
  if (log.log_start() > log.log_end()) return "the start of the log is above its end";
  if (log.stable_end() > log.log_end()) return "more of the log is stable than there is";
  if (log.cleaned_to() > log.stable_end()) return "more of the log is clean than is stable";
  // Cleaned batches are of no transaction, so that their markers may be removed: one that is open would stay so. (What
  // is below the log start does not count as undecided.)
  if (log.producers().open_since() < log.cleaned_to() && log.cleaned_to() > log.log_start())
    return "a transaction is open where the log is clean";
  // Epochs decide which of two logs is longer: one of which the log has nothing would make it win.
  const auto epochs = log.epochs().entries();
  if (!epochs.empty() && epochs.back().start_offset >= log.log_end())
    return "an epoch begins at the end of the log or above";
  return std::nullopt;
}

Broken LogInvariants::broken_throughout(const PartitionLog& log) {
  if (log.offline()) return std::nullopt;
  if (auto broken = broken_in(log)) return broken;
  if (auto broken = broken_in_segments(log)) return broken;
  return broken_in_memory_of_batches(log);
}

Broken LogInvariants::broken_step(const PartitionLog& log, const State& now) const {
  if (now.cuts < before_->cuts) return "the count of cuts went back";
  const bool cut = now.cuts != before_->cuts;
  // It may have been begun anew, at any offset.
  const bool begun_anew = cut && now.log_start == now.log_end && log.segment_count() == 1;
  if (begun_anew) return std::nullopt;
  if (now.log_start < before_->log_start) return "the start of the log went back";
  if (now.tombstone_bound < before_->tombstone_bound) return "the bound of tombstones went back";
  if (cut) return std::nullopt;
  if (now.log_end < before_->log_end) return "the log ends lower than before without a cut";
  if (now.stable_end < before_->stable_end) return "less of the log is stable than before without a cut";
  if (now.cleaned_to < before_->cleaned_to) return "less of the log is clean than before without a cut";
  if (now.epoch < before_->epoch) return "the latest epoch went back without a cut";
  return std::nullopt;
}

LogInvariants::State LogInvariants::state_of(const PartitionLog& log) {
  return {.log_start = log.log_start(),
          .log_end = log.log_end(),
          .stable_end = log.stable_end(),
          .cleaned_to = log.cleaned_to(),
          .tombstone_bound = log.tombstone_bound(),
          .epoch = log.epochs().latest().value_or(-1),
          .cuts = log.cuts(),
          .segments = log.segment_count()};
}

Broken LogInvariants::broken_by_change(const PartitionLog& log) {
  if (log.offline()) return std::nullopt;
  const auto now = state_of(log);
  if (now == checked_) return std::nullopt;
  checked_ = now;
  return broken_throughout(log);
}

Broken LogInvariants::broken_since(const PartitionLog& log) {
  if (log.offline()) return std::nullopt;
  const auto now = state_of(log);
  auto broken = before_ ? broken_step(log, now) : std::nullopt;
  before_ = now;
  return broken;
}

}  // namespace fulmar
