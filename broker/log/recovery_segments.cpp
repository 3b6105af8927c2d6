// Recovery of the segments, in the order of their offsets: which of them, and how much of each, are part of the log.
#include <algorithm>
#include <limits>

#include "broker/log/recovery.h"
#include "runtime/base/mark.h"

namespace fulmar {

Result<void> PartitionLog::Recovery::take_segments() {
  for (std::size_t i = 0; i < bases_.size(); ++i) {
    auto& segment = found_[i];
    // Segments that end below the log start were deleted; a power loss has brought the file back.
    if (i + 1 < bases_.size() && bases_[i + 1] <= known_.log_start) {
      FULMAR_MARK("log: deleted segment is back");
      FULMAR_TRY_VOID(drop(*segment));
      continue;
    }
    if (!cut_) {
      FULMAR_TRY_VOID(read_segment(i));
      FULMAR_TRY(auto place, place_of(*segment));
      if (place == Place::next) {
        partition_.segments_.push_back(segment);
        continue;
      }
      if (place == Place::superfluous) {
        FULMAR_MARK("log: superfluous segment removed");
        FULMAR_TRY_VOID(partition_.remove_segment_files(*segment));
        continue;
      }
      cut_ = true;
      FULMAR_MARK("log: segments after a gap dropped");
    }
    // Records after a gap were never acknowledged.
    FULMAR_TRY_VOID(drop(*segment));
  }
  return {};
}

Result<void> PartitionLog::Recovery::drop(Segment& segment) {
  FULMAR_TRY_VOID(partition_.remove_segment_files(segment));
  partition_.directory_dirty_ = true;
  return {};
}

Result<void> PartitionLog::Recovery::read_segment(std::size_t i) {
  auto& segment = *found_[i];
  bool believed = i + 1 < bases_.size() && bases_[i + 1] < known_.recovery_point;
  bool loaded = false;
  if ((clean_ || believed) && !suspected_ && segment.file_size() > 0) {
    FULMAR_TRY(loaded, load_indexes(segment));
  }
  if (!loaded) return rebuild(i);
  if (epochs_known_) return {};
  const bool follows = follows_on(segment);
  return segment.scan(segment.base_offset(), [&](const BatchHeader& header, std::uint64_t) {
    if (follows) note_epoch(header);
    return true;
  });
}

Result<bool> PartitionLog::Recovery::load_indexes(Segment& segment) {
  FULMAR_TRY(auto unusable, segment.load_indexes(partition_.config_.index_interval_bytes));
  bool loaded = unusable.empty();
  if (loaded && !segment.load_aborted()) unusable = segment.path(".txnindex");
  if (!unusable.empty()) {
    FULMAR_MARK("log: index missing or damaged");
    partition_.log_.warn("index is missing or damaged: made again from the batches", {{"file", unusable}});
  }
  return loaded;
}

// Whether the segment will be kept: only then its batches' epochs count.
bool PartitionLog::Recovery::follows_on(const Segment& segment) const {
  const auto& before = partition_.segments_;
  return partition_.serves_rest() || before.empty() || before.back()->next_offset() == segment.base_offset();
}

// Adds the batch's epoch, and those that, according to the file, begin in the hole before the batch: other logs may
// still have the batches that are gone here.
void PartitionLog::Recovery::note_epoch(const BatchHeader& header) {
  auto& epochs = partition_.epochs_;
  for (const auto& entry : told_.entries()) {
    bool between = entry.start_offset >= noted_to_ && entry.start_offset < header.base_offset;
    if (between && entry.epoch <= header.leader_epoch && entry.epoch > epochs.latest().value_or(-1))
      epochs.add(entry.epoch, entry.start_offset);
  }
  partition_.note_epoch(header);
  noted_to_ = header.next_offset();
}

// Whether an epoch begins with this batch or in the hole before it, which begins at `end`, and the file does not have
// the beginning.
bool PartitionLog::Recovery::begins_untold(const BatchHeader& header, Offset end) const {
  if (header.base_offset <= end || header.leader_epoch <= partition_.epochs_.latest().value_or(-1)) return false;
  return std::ranges::none_of(told_.entries(), [&](const auto& entry) { return entry.epoch == header.leader_epoch; });
}

// Reads the whole segment, and keeps its good batches.
Result<void> PartitionLog::Recovery::rebuild(std::size_t i) {
  auto& segment = *found_[i];
  const bool follows = follows_on(segment);
  // The CRC does not cover a batch's epoch. A batch with a lower epoch than the one before it was cut off earlier, and
  // a power loss has brought it back. With OnDamage::serve_rest epochs are not checked, since no other replica is
  // compared with this one.
  auto epoch_min = partition_.segments_.empty() ? -1 : partition_.segments_.back()->last_epoch();
  auto accept = [&](const BatchHeader& header) {
    auto epoch = header.base_offset < synced_ ? told_.epoch_of(header.base_offset) : std::nullopt;
    if (!partition_.serves_rest() && (header.leader_epoch < epoch_min || header.leader_epoch > epoch_max_ ||
                                      header.leader_epoch != epoch.value_or(header.leader_epoch))) {
      FULMAR_MARK("log: batch of a wrong epoch not taken");
      return false;
    }
    // The batch was never synced, and neither was the file with its epoch's beginning: without that this log could not
    // be compared with others.
    bool unsynced = header.base_offset >= synced_ && !all_unknown_ && partition_.config_.acknowledges_synced();
    if (!partition_.serves_rest() && unsynced && begins_untold(header, std::max(noted_to_, segment.base_offset()))) {
      FULMAR_MARK("log: unsynced batch of an unknown epoch not taken");
      return false;
    }
    epoch_min = header.leader_epoch;
    if (follows) note_epoch(header);
    return true;
  };
  FULMAR_TRY(auto good, segment.rebuild(true, partition_.config_.index_interval_bytes, accept));
  bool last = i + 1 == bases_.size();
  auto offset_max = last ? std::numeric_limits<Offset>::max() : bases_[i + 1];
  while (partition_.serves_rest() && good < segment.file_size() && (segment.next_offset() < synced_ || all_unknown_)) {
    FULMAR_TRY_VOID(damaged(segment.path(".log") + ": damaged at position " + std::to_string(good)));
    FULMAR_MARK("log: damage passed");
    FULMAR_TRY(auto passed, segment.pass_damage(offset_max, partition_.config_.index_interval_bytes, accept));
    if (!passed) break;
    good = *passed;
  }
  if (good < segment.file_size()) FULMAR_TRY_VOID(end_segment(i, good));
  return segment.rewrite_from(synced_);
}

// The good batches end at position `good`, before the end of the file.
Result<void> PartitionLog::Recovery::end_segment(std::size_t i, std::uint64_t good) {
  auto& segment = *found_[i];
  const bool last = i + 1 == bases_.size();
  // If the next segment begins at that offset, nothing is missing: this is the rest of a failed write, which was cut
  // off, and a power loss has undone the cut.
  bool missing = last || bases_[i + 1] > segment.next_offset();
  if (missing && is_loss(segment.next_offset(), bases_.size() - i - 1)) {
    FULMAR_MARK("log: damaged below what was synced");
    FULMAR_TRY_VOID(
        damaged(segment.path(".log") + ": damaged at position " + std::to_string(good) + ", below what was synced"));
    if (partition_.serves_rest()) {
      FULMAR_TRY(partition_.end_unknown_, note_damaged_end(segment, last ? synced_ : bases_[i + 1], last));
    }
  }
  if (segment.size() >= segment.file_size()) return {};
  FULMAR_MARK("log: torn tail cut");
  partition_.log_.warn("torn tail is cut", {{"segment", segment.path(".log")},
                                            {"position", good},
                                            {"bytes", segment.file_size() - good},
                                            {"next_offset", segment.next_offset()}});
  return segment.cut_rubbish();
}

// The rest of the file is damaged; it had records up to `to` at least. At the end of the log there may have been more,
// unless a readable header shows that the rest was exactly one batch that ends at `to`. Returns whether the end of the
// log is unknown.
Result<bool> PartitionLog::Recovery::note_damaged_end(Segment& segment, Offset to, bool last) {
  auto header = segment.damaged_header();
  if (!header) return std::unexpected(header.error());
  bool one_batch = *header && (*header)->base_offset == segment.next_offset() && (*header)->next_offset() == to &&
                   segment.size() + (*header)->size() == segment.file_size();
  segment.note_damage_up_to(to);
  return last && !one_batch;
}

// Whether records that are missing from this offset on, before so many segments, were lost, and are not a torn write.
bool PartitionLog::Recovery::is_loss(Offset from, std::size_t segments_after) const {
  return from < synced_ || (all_unknown_ && segments_after > 0);
}

// How the segment continues those that are already part of the log.
Result<PartitionLog::Recovery::Place> PartitionLog::Recovery::place_of(const Segment& segment) {
  if (partition_.segments_.empty()) return Place::next;
  auto& before = *partition_.segments_.back();
  // It was created when space was lacking, and appends then continued in the segment before it.
  if (segment.empty() && before.next_offset() != segment.base_offset()) {
    FULMAR_MARK("log: segment made without room");
    return Place::superfluous;
  }
  if (before.next_offset() > segment.base_offset()) {
    FULMAR_MARK("log: segments overlap");
    // Above what is known to be synced, a power loss may have undone a cut: of the segment before, after which this one
    // was created; or of this one, after which appends continued in the segment before. In both cases neither was
    // synced.
    if (segment.base_offset() < synced_) {
      if (partition_.serves_rest())
        return fail(Errc::corrupt, segment.path(".log") + ": overlaps the segment before it");
      FULMAR_TRY_VOID(damaged(segment.path(".log") + ": overlaps the segment before it"));
    }
    return Place::after_a_gap;
  }
  if (before.next_offset() == segment.base_offset()) return Place::next;
  // This segment has survived, but the end of the one before it has not.
  if (!is_loss(before.next_offset(), 1)) {
    FULMAR_MARK("log: unsynced gap between segments");
    return Place::after_a_gap;
  }
  FULMAR_MARK("log: synced records missing between segments");
  FULMAR_TRY_VOID(damaged(segment.path(".log") + ": records that were synced are missing before it"));
  if (!partition_.serves_rest()) return Place::after_a_gap;
  before.note_damage_up_to(segment.base_offset());
  return Place::next;
}

}  // namespace fulmar
