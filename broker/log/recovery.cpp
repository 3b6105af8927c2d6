#include "broker/log/recovery.h"

#include <algorithm>

#include "broker/log/checked_file.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::size_t small_file_bytes_max = std::size_t{16} << 20;

}  // namespace

PartitionLog::Recovery::Recovery(PartitionLog& log, bool clean, Epoch epoch_max)
    : partition_(log), disk_(log.context_.host.disk()), clean_(clean), epoch_max_(epoch_max) {}

Result<void> PartitionLog::Recovery::run() {
  FULMAR_TRY_VOID(look_for_damage_mark());
  FULMAR_TRY_VOID(list_files());
  FULMAR_TRY_VOID(read_checkpoint());
  FULMAR_TRY_VOID(open_segments());
  FULMAR_TRY_VOID(check_that_synced_is_known());
  FULMAR_TRY_VOID(load_epochs());
  // A process that was killed may leave names of files, and data, that were never synced.
  partition_.directory_dirty_ = !clean_;
  FULMAR_TRY_VOID(take_segments());
  FULMAR_TRY_VOID(check_both_ends());
  FULMAR_TRY_VOID(settle_segments());
  FULMAR_TRY_VOID(check_epochs());
  FULMAR_TRY_VOID(remove_indexes_of_empty());
  FULMAR_TRY_VOID(partition_.recover_producers());
  FULMAR_TRY_VOID(sync_what_was_found());
  FULMAR_TRY_VOID(write_checkpoint());
  return note_damage_found();
}

Result<void> PartitionLog::Recovery::look_for_damage_mark() {
  auto mark = disk_.open(partition_.directory_ + "/" + std::string(damage_mark), OpenMode::read);
  if (!mark && mark.error().code != Errc::not_found) return std::unexpected(mark.error());
  suspected_ = mark.has_value();
  now_ = partition_.context_.host.clock().now();
  partition_.lost_synced_ = suspected_ && partition_.on_damage_ == OnDamage::keep_good;
  return {};
}

// An error, unless the good part is to be kept or served; for that, the whole log has to be checked first.
Result<void> PartitionLog::Recovery::damaged(std::string what) {
  if (partition_.lost_synced_ || (suspected_ && partition_.serves_rest())) {
    FULMAR_MARK("log: goes on in spite of damage");
    return {};
  }
  return fail(Errc::corrupt, std::move(what));
}

Result<void> PartitionLog::Recovery::list_files() {
  FULMAR_TRY(entries_, disk_.list(partition_.directory_));
  FULMAR_TRY_VOID(partition_.finish_rewriting(entries_));
  for (const auto& entry : entries_) {
    if (entry.name.ends_with(".tmp")) {
      FULMAR_MARK("log: unfinished file removed");
      FULMAR_TRY_VOID(disk_.remove(partition_.directory_ + "/" + entry.name));
    } else if (auto base = parse_segment_file_name(entry.name, ".log")) {
      bases_.push_back(*base);
    }
  }
  for (const auto& entry : entries_) {
    // Otherwise it might be taken for the snapshot of a later segment with this base offset, after other batches.
    auto at = parse_segment_file_name(entry.name, ".snapshot");
    if (at && !std::binary_search(bases_.begin(), bases_.end(), *at)) {
      FULMAR_MARK("log: snapshot without its segment removed");
      FULMAR_TRY_VOID(disk_.remove(partition_.directory_ + "/" + entry.name));
    }
  }
  return {};
}

Result<void> PartitionLog::Recovery::read_checkpoint() {
  if (auto text = read_file(disk_, partition_.directory_ + "/" + std::string(checkpoint_name), small_file_bytes_max))
    checkpoint_ = Checkpoint::decode(text->view());
  else if (text.error().code != Errc::not_found)
    return std::unexpected(text.error());
  known_ = checkpoint_.value_or(Checkpoint());
  synced_ = known_.recovery_point;
  return {};
}

Result<void> PartitionLog::Recovery::open_segments() {
  for (auto base : bases_) {
    found_.push_back(std::make_shared<Segment>(*partition_.context_.files, partition_.directory_, base));
    FULMAR_TRY_VOID(found_.back()->open(false, now_));
    const auto& mark = found_.back()->mark();
    if (!mark) continue;
    synced_ = std::max(synced_, mark->synced_end);
    if (checkpoint_) continue;
    FULMAR_MARK("log: checkpoint made up from marks");
    known_.log_start = std::max(known_.log_start, mark->log_start);
    known_.holes_below = std::max(known_.holes_below, mark->holes_below);
    known_.tombstone_bound = std::max(known_.tombstone_bound, mark->tombstone_bound);
  }
  partition_.holes_below_ = known_.holes_below;
  // Without a checkpoint, every segment is assumed to have markers, so that its batches are read if it has no
  // .txnindex.
  partition_.markers_from_ = checkpoint_ || bases_.empty() ? known_.markers_from : known_.log_start;
  for (auto& segment : found_) {
    segment->allow_holes_below(partition_.holes_below_);
    segment->expect_markers_from(partition_.markers_from_);
  }
  return {};
}

// A log has a checkpoint before it has records. If it has neither a checkpoint nor a mark, all good records count as
// synced.
Result<void> PartitionLog::Recovery::check_that_synced_is_known() {
  if (bases_.empty() && known_.recovery_point > known_.log_start)
    FULMAR_TRY_VOID(damaged(partition_.directory_ + ": segments that were synced are gone"));
  const bool any_records =
      std::any_of(found_.begin(), found_.end(), [](const auto& segment) { return segment->file_size() > 0; });
  all_unknown_ = !checkpoint_ && synced_ == 0 && any_records;
  if (!checkpoint_ && any_records) {
    FULMAR_MARK("log: checkpoint missing or damaged");
    partition_.log_.error(
        "the checkpoint is missing or damaged",
        {{"partition", partition_.directory_}, {"known_to_be_synced", synced_}, {"log_start", known_.log_start}});
    if (all_unknown_) {
      FULMAR_MARK("log: what was synced is not known");
      FULMAR_TRY_VOID(damaged(partition_.directory_ + ": what was synced is not known"));
    }
  }
  return {};
}

// Loads the file of epochs, which also has the epochs whose batches are gone. If it can't be used, the epochs are taken
// from the batches.
Result<void> PartitionLog::Recovery::load_epochs() {
  auto path = partition_.directory_ + "/leader-epoch-checkpoint";
  auto file = read_checked_file(disk_, path, small_file_bytes_max);
  if (file)
    epochs_known_ = file->integrity != Integrity::damaged && told_.decode(file->content.view());
  else if (file.error().code != Errc::not_found)
    return std::unexpected(file.error());
  if (!epochs_known_) told_ = {};
  // The file is written before any record is known to be synced.
  if (!epochs_known_ && (file || known_.recovery_point > 0)) {
    FULMAR_MARK("log: epochs missing or damaged");
    partition_.log_.error("the epochs are missing or damaged: what batches there are tell theirs", {{"file", path}});
  }
  auto& epochs = partition_.epochs_;
  epochs = told_;
  // Above what is known to be synced, the epochs are taken from the batches, since the file may be older or newer.
  // Below it the file is right, also about epochs whose first batches are gone. If damage is suspected, all batches are
  // read and their epochs taken: even below the recovery point, a good batch may not be the one that was there. If the
  // log begins above the recovery point, nothing is known about the batches before it.
  auto held_from = known_.recovery_point;
  if (!bases_.empty()) {
    auto after = std::upper_bound(bases_.begin(), bases_.end(), known_.log_start);
    held_from = after == bases_.begin() ? bases_.front() : *std::prev(after);
  }
  if (!clean_ && held_from > known_.recovery_point) {
    FULMAR_MARK("log: begins above its recovery point");
    epochs = {};
  } else if (suspected_) {
    FULMAR_MARK("log: all epochs taken from suspected batches");
    epochs.truncate_from(held_from);
  } else if (!clean_)
    epochs.truncate_from(synced_);
  partition_.epochs_dirty_ = !clean_ && file;  // a log without records has no such file
  return {};
}

Result<void> PartitionLog::Recovery::check_both_ends() {
  auto& segments = partition_.segments_;
  if (segments.empty()) return {};
  if (partition_.log_end() < synced_) {
    FULMAR_MARK("log: ends below what was synced");
    FULMAR_TRY_VOID(damaged(partition_.directory_ + ": the log ends at " + std::to_string(partition_.log_end()) +
                            ", below what was synced"));
    if (partition_.serves_rest()) {
      segments.back()->note_damage_up_to(synced_);
      partition_.end_unknown_ = true;
    }
  }
  if (segments.front()->base_offset() > known_.log_start && known_.log_start < synced_) {
    FULMAR_MARK("log: segments at the start are gone");
    auto missing = "the log begins at " + std::to_string(segments.front()->base_offset()) + ", above its start at " +
                   std::to_string(known_.log_start);
    FULMAR_TRY_VOID(damaged(partition_.directory_ + ": " + missing));
    partition_.log_.error("segments are gone", {{"partition", partition_.directory_}, {"damage", missing}});
  }
  return {};
}

// Makes sure that there is at least one segment. From here on, the log's start and end are known.
Result<void> PartitionLog::Recovery::settle_segments() {
  auto& segments = partition_.segments_;
  if (!segments.empty() && partition_.log_end() < known_.log_start) {
    FULMAR_MARK("log: no record left above the start");
    // No good record is left at or above the log start.
    for (auto& segment : segments) FULMAR_TRY_VOID(partition_.remove_segment_files(*segment));
    segments.clear();
  }
  if (segments.empty()) {
    auto first = std::make_shared<Segment>(*partition_.context_.files, partition_.directory_, known_.log_start);
    FULMAR_TRY_VOID(first->open(true, now_));
    first->allow_holes_below(partition_.holes_below_);
    first->expect_markers_from(partition_.markers_from_);
    partition_.directory_dirty_ = true;
    segments.push_back(std::move(first));
  }
  partition_.log_start_ = std::max(known_.log_start, segments.front()->base_offset());
  partition_.cleaned_to_ = std::min(known_.cleaned_to, partition_.log_end());
  partition_.tombstone_bound_ = known_.tombstone_bound;
  // An earlier release may have filled this part of the log, with batches whose transactions end above, where others
  // have removed the markers since. A replica with a lower bound starts over.
  const bool may_have_transactions = !checkpoint_ || checkpoint_->transactions_uncleaned;
  if (may_have_transactions && partition_.log_end() < known_.tombstone_bound) {
    FULMAR_MARK("log: bound of tombstones not believed");
    partition_.tombstone_bound_ = 0;
  }
  return {};
}

// Logs are compared by the epoch of their last batch. If all batches are deleted, only the file has that epoch. Without
// it this log would count as older than it is, and its replica might vote for a candidate that lacks records which the
// replica has acknowledged. Likewise, only the file has the beginnings of epochs whose first batches are gone.
Result<void> PartitionLog::Recovery::check_epochs() {
  partition_.epochs_.truncate_from(partition_.log_end());
  bool batches_tell = partition_.epochs_.latest() && partition_.holes_below_ <= partition_.log_start_;
  if (partition_.on_damage_ == OnDamage::keep_good && !epochs_known_ && synced_ > 0 && !batches_tell)
    FULMAR_TRY_VOID(damaged(partition_.directory_ + ": the epochs of its batches are not known any more"));
  return {};
}

Result<void> PartitionLog::Recovery::remove_indexes_of_empty() {
  auto& active = partition_.active();
  auto is_its_index = [&](const DirectoryEntry& entry) {
    return entry.name == segment_file_name(active.base_offset(), ".index") ||
           entry.name == segment_file_name(active.base_offset(), ".timeindex") ||
           entry.name == segment_file_name(active.base_offset(), ".txnindex");
  };
  if (active.empty() && std::any_of(entries_.begin(), entries_.end(), is_its_index)) {
    FULMAR_MARK("log: indexes of an empty segment removed");
    FULMAR_TRY_VOID(active.remove_indexes());
    partition_.directory_dirty_ = true;
  }
  return {};
}

// The records found may be only in the page cache: they count as stable once they are synced.
Result<void> PartitionLog::Recovery::sync_what_was_found() {
  for (auto& segment : partition_.segments_) {
    if (!std::exchange(segment->needs_sync, false)) continue;
    FULMAR_TRY_VOID(segment->sync());
  }
  // For a new log, writing the checkpoint syncs the directory.
  const bool is_new = bases_.empty() && !checkpoint_;
  if (std::exchange(partition_.directory_dirty_, false) && !is_new)
    FULMAR_TRY_VOID(disk_.sync_directory(partition_.directory_));
  FULMAR_TRY_VOID(partition_.lower_marks(partition_.log_end()));
  partition_.stable_end_ = partition_.log_end();
  partition_.recovery_point_ = std::min(known_.recovery_point, partition_.log_end());
  return {};
}

// Most logs of a broker that was killed have not changed since their checkpoint, and all of their records are known to
// be synced: for them nothing is written.
Result<void> PartitionLog::Recovery::write_checkpoint() {
  for (std::size_t i = 0; i + 1 < partition_.segments_.size(); ++i)
    if (!partition_.segments_[i]->index_files_current)
      partition_.side_files_.write(partition_.segments_[i], std::nullopt);
  if (epochs_known_ && std::ranges::equal(partition_.epochs_.entries(), told_.entries()))
    partition_.epochs_dirty_ = false;
  partition_.written_ = checkpoint_;
  const bool as_known = checkpoint_ && partition_.log_start_ == known_.log_start && partition_.log_end() <= synced_ &&
                        partition_.recovery_point_ == known_.recovery_point && !partition_.epochs_dirty_ && !suspected_;
  if ((!clean_ && !as_known) || partition_.lost_synced_ || !checkpoint_ ||
      partition_.markers_from_ != known_.markers_from)
    FULMAR_TRY_VOID(
        partition_.write_checkpoint(partition_.next_recovery_point(partition_.log_start_), partition_.log_start_));
  return {};
}

Result<void> PartitionLog::Recovery::note_damage_found() {
  bool whole = true;
  for (const auto& segment : partition_.segments_) {
    for (const auto& stretch : segment->damage()) partition_.tell_damage(*segment, stretch);
    whole = whole && segment->damage().empty();
  }
  // The whole log was checked, and nothing is damaged.
  if (suspected_ && !partition_.lost_synced_ && whole) {
    FULMAR_MARK("log: suspicion of damage dispelled");
    FULMAR_TRY_VOID(partition_.loss_is_noted());
  }
  return {};
}

}  // namespace fulmar
