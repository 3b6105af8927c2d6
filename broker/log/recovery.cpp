// Recovery of a partition log: what a start believes of what it finds on the disk.
//
// The checkpoint names the recovery point: all below it was synced before the checkpoint was written. From the segment
// that holds it on, every batch's CRC is checked. The files' marks (synced_mark.h) tell what was synced since. What is
// not whole and right
//   * below what is known to have been synced is damage: the log is not served, and nothing is cut; but where other
//   replicas can give
//     all of it again, damage is marked on the disk, then the log is checked from end to end, and only its good part
//     before the first damage kept
//   * at or above that may be a write that never was synced: the log is cut there, with all that follows
// What is kept above what is known to have been synced is written again and synced: it may be there in the page cache
// only, after a sync that failed in the process before. After a clean stop nothing was unsynced, and the index files
// are taken as they are.
#include <algorithm>

#include "broker/log/checked_file.h"
#include "broker/log/partition_log.h"
#include "runtime/base/assert.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::size_t small_file_bytes_max = std::size_t{16} << 20;

// Notes the epochs that begin in the hole between the batch that ends at `end` and this one, as far as the file tells
// of any: other logs may have the batches that are gone here.
void note_epochs_in_hole(const EpochCache& told, const BatchHeader& header, Offset end, EpochCache& epochs) {
  for (const auto& entry : told.entries()) {
    bool between = entry.start_offset >= end && entry.start_offset < header.base_offset;
    if (between && entry.epoch <= header.leader_epoch && entry.epoch > epochs.latest().value_or(-1))
      epochs.add(entry.epoch, entry.start_offset);
  }
}

// Whether an epoch begins with this batch, or in the hole before it, and the file does not tell where.
bool begins_untold(const EpochCache& told, const BatchHeader& header, Offset end, const EpochCache& epochs) {
  if (header.base_offset <= end || header.leader_epoch <= epochs.latest().value_or(-1)) return false;
  return std::none_of(told.entries().begin(), told.entries().end(),
                      [&](const auto& entry) { return entry.epoch == header.leader_epoch; });
}

}  // namespace

Result<void> PartitionLog::recover(bool clean, Epoch epoch_max) {
  auto& disk = context_.host.disk();
  auto mark = disk.open(directory_ + "/" + std::string(damage_mark), OpenMode::read);
  if (!mark && mark.error().code != Errc::not_found) return std::unexpected(mark.error());
  const bool suspected = mark.has_value();
  const auto now = context_.host.clock().now();
  lost_synced_ = suspected && on_damage_ == OnDamage::keep_good;
  // Who serves the rest of a log has it checked from end to end first.
  auto damaged = [&](std::string what) -> Result<void> {
    if (lost_synced_ || (suspected && serves_rest())) return {};
    return fail(Errc::corrupt, std::move(what));
  };
  TRY(auto entries, disk.list(directory_));
  TRY_VOID(finish_rewriting(entries));
  std::vector<Offset> bases;
  for (const auto& entry : entries) {
    if (entry.name.ends_with(".tmp")) {
      TRY_VOID(disk.remove(directory_ + "/" + entry.name));
    } else if (auto base = parse_segment_file_name(entry.name, ".log")) {
      bases.push_back(*base);
    }
  }
  for (const auto& entry : entries) {
    // A later segment may come to begin there, after other batches.
    auto at = parse_segment_file_name(entry.name, ".snapshot");
    if (at && !std::binary_search(bases.begin(), bases.end(), *at))
      TRY_VOID(disk.remove(directory_ + "/" + entry.name));
  }
  std::optional<Checkpoint> checkpoint;
  if (auto text = read_file(disk, directory_ + "/" + std::string(checkpoint_name), small_file_bytes_max))
    checkpoint = Checkpoint::decode(text->view());
  else if (text.error().code != Errc::not_found)
    return std::unexpected(text.error());
  Checkpoint known = checkpoint.value_or(Checkpoint());
  std::deque<std::shared_ptr<Segment>> found;
  Offset synced = known.recovery_point;
  for (auto base : bases) {
    found.push_back(std::make_shared<Segment>(*context_.files, directory_, base));
    TRY_VOID(found.back()->open(false, now));
    const auto& mark = found.back()->mark();
    if (!mark) continue;
    synced = std::max(synced, mark->synced_end);
    if (checkpoint) continue;
    known.log_start = std::max(known.log_start, mark->log_start);
    known.holes_below = std::max(known.holes_below, mark->holes_below);
  }
  holes_below_ = known.holes_below;
  // Where nothing tells whether there are markers, all batches are asked that are not read anyway.
  markers_from_ = checkpoint || bases.empty() ? known.markers_from : known.log_start;
  for (auto& segment : found) {
    segment->allow_holes_below(holes_below_);
    segment->expect_markers_from(markers_from_);
  }
  if (bases.empty() && known.recovery_point > known.log_start)
    TRY_VOID(damaged(directory_ + ": segments that were synced are gone"));
  // A log has a checkpoint before it has records. Where there is none, nor a mark, all that is good counts as synced.
  const bool any_records =
      std::any_of(found.begin(), found.end(), [](const auto& segment) { return segment->file_size() > 0; });
  const bool all_unknown = !checkpoint && synced == 0 && any_records;
  if (!checkpoint && any_records) {
    log_.error("the checkpoint is missing or damaged",
               {{"partition", directory_}, {"known_to_be_synced", synced}, {"log_start", known.log_start}});
    if (all_unknown) TRY_VOID(damaged(directory_ + ": what was synced is not known"));
  }
  // Whether what is missing from that offset on, with so many segments after it, is a loss, not a torn write.
  auto is_loss = [&](Offset from, std::size_t segments_after) {
    return from < synced || (all_unknown && segments_after > 0);
  };

  EpochCache told;
  TRY(bool epochs_known, load_epochs(known, synced, bases, clean, suspected, told));  // else all batches are asked

  // A process that was killed may leave names, as well as bytes, that no sync has covered.
  directory_dirty_ = !clean;
  bool cut = false;
  Offset noted_to = 0;  // the end of the last batch whose epoch was noted
  for (std::size_t i = 0; i < bases.size(); ++i) {
    // What follows a hole was never acknowledged. What lies wholly below the start was deleted already, and its name
    // came back with a power loss.
    if (cut || (i + 1 < bases.size() && bases[i + 1] <= known.log_start)) {
      TRY_VOID(remove_segment_files(*found[i]));
      directory_dirty_ = true;
      continue;
    }
    auto segment = found[i];
    bool believed = i + 1 < bases.size() && bases[i + 1] < known.recovery_point;
    bool loaded = false;
    if ((clean || believed) && !suspected && segment->file_size() > 0) {
      TRY(auto unusable, segment->load_indexes(config_.index_interval_bytes));
      loaded = unusable.empty();
      if (loaded && !segment->load_aborted()) unusable = segment->path(".txnindex");
      if (!unusable.empty())
        log_.warn("index is missing or damaged: made again from the batches", {{"file", unusable}});
    }
    // What is not kept says nothing of epochs.
    bool follows = serves_rest() || segments_.empty() || segments_.back()->next_offset() == segment->base_offset();
    auto note_epoch = [&](const BatchHeader& header) {
      if (!follows) return;
      note_epochs_in_hole(told, header, noted_to, epochs_);
      this->note_epoch(header);
      noted_to = header.next_offset();
    };
    if (loaded && !epochs_known) {
      TRY_VOID(segment->scan(segment->base_offset(), [&](const BatchHeader& header, std::uint64_t) {
        note_epoch(header);
        return true;
      }));
    }
    if (!loaded) {
      // A batch's epoch is beside what its CRC covers. What is of an epoch below that of the batch before was cut off
      // under an older leader, and has come back. A log that nobody else has needs no epochs to be read.
      auto epoch_min = segments_.empty() ? -1 : segments_.back()->last_epoch();
      auto accept = [&](const BatchHeader& header) {
        auto epoch = header.base_offset < synced ? told.epoch_of(header.base_offset) : std::nullopt;
        if (!serves_rest() && (header.leader_epoch < epoch_min || header.leader_epoch > epoch_max ||
                               header.leader_epoch != epoch.value_or(header.leader_epoch)))
          return false;
        // A write that never was synced, nor were the epochs that came with it: with what the other logs have, this one
        // could not be compared.
        bool unsynced = header.base_offset >= synced && !all_unknown && config_.acknowledges_synced();
        auto end = std::max(noted_to, segment->base_offset());
        if (!serves_rest() && unsynced && begins_untold(told, header, end, epochs_)) return false;
        epoch_min = header.leader_epoch;
        note_epoch(header);
        return true;
      };
      TRY(auto good, segment->rebuild(true, config_.index_interval_bytes, accept));
      bool last = i + 1 == bases.size();
      auto offset_max = last ? std::numeric_limits<Offset>::max() : bases[i + 1];
      while (serves_rest() && good < segment->file_size() && (segment->next_offset() < synced || all_unknown)) {
        TRY_VOID(damaged(segment->path(".log") + ": damaged at position " + std::to_string(good)));
        TRY(auto passed, segment->pass_damage(offset_max, config_.index_interval_bytes, accept));
        if (!passed) break;
        good = *passed;
      }
      if (good < segment->file_size()) {
        // Where the next segment begins just there, nothing is missing: it is the rest of a write that failed, whose
        // cutting a power loss has undone.
        bool missing = last || bases[i + 1] > segment->next_offset();
        if (missing && is_loss(segment->next_offset(), bases.size() - i - 1)) {
          TRY_VOID(damaged(segment->path(".log") + ": damaged at position " + std::to_string(good) +
                           ", below what was synced"));
          if (serves_rest()) {
            TRY(end_unknown_, note_damaged_end(*segment, last ? synced : bases[i + 1], last));
          }
        }
        if (segment->size() < segment->file_size()) {
          log_.warn("torn tail is cut", {{"segment", segment->path(".log")},
                                         {"position", good},
                                         {"bytes", segment->file_size() - good},
                                         {"next_offset", segment->next_offset()}});
          TRY_VOID(segment->cut_rubbish());
        }
      }
      TRY_VOID(segment->rewrite_from(synced));
    }
    if (segment->empty() && !segments_.empty() && segments_.back()->next_offset() != segment->base_offset()) {
      // Begun when there was no room for more, and the segment before went on.
      TRY_VOID(remove_segment_files(*segment));
      continue;
    }
    if (!segments_.empty() && segments_.back()->next_offset() > segment->base_offset()) {
      // Above what was synced a power loss may have undone a cut: of the one file, after which the other was begun,
      // or of the other, after which the one went on. Either way both were never synced.
      if (segment->base_offset() < synced) {
        if (serves_rest()) return fail(Errc::corrupt, segment->path(".log") + ": overlaps the segment before it");
        TRY_VOID(damaged(segment->path(".log") + ": overlaps the segment before it"));
      }
      cut = true;
      --i;
      continue;
    }
    // A segment that survived, but not the end of the one before it, follows a hole.
    bool hole = !segments_.empty() && segments_.back()->next_offset() < segment->base_offset();
    if (hole && is_loss(segments_.back()->next_offset(), 1)) {
      TRY_VOID(damaged(segment->path(".log") + ": records that were synced are missing before it"));
      if (serves_rest()) {
        segments_.back()->note_damage_up_to(segment->base_offset());
        hole = false;
      }
    }
    if (hole) {
      cut = true;
      --i;
      continue;
    }
    segments_.push_back(std::move(segment));
  }
  if (!segments_.empty() && log_end() < synced) {
    TRY_VOID(damaged(directory_ + ": the log ends at " + std::to_string(log_end()) + ", below what was synced"));
    if (serves_rest()) {
      segments_.back()->note_damage_up_to(synced);
      end_unknown_ = true;
    }
  }
  if (!segments_.empty() && segments_.front()->base_offset() > known.log_start && known.log_start < synced) {
    auto missing = "the log begins at " + std::to_string(segments_.front()->base_offset()) + ", above its start at " +
                   std::to_string(known.log_start);
    TRY_VOID(damaged(directory_ + ": " + missing));
    log_.error("segments are gone", {{"partition", directory_}, {"damage", missing}});
  }

  if (!segments_.empty() && log_end() < known.log_start) {  // nothing good is left of what had not been deleted
    for (auto& segment : segments_) TRY_VOID(remove_segment_files(*segment));
    segments_.clear();
  }
  if (segments_.empty()) {
    auto first = std::make_shared<Segment>(*context_.files, directory_, known.log_start);
    TRY_VOID(first->open(true, now));
    first->allow_holes_below(holes_below_);
    first->expect_markers_from(markers_from_);
    directory_dirty_ = true;
    segments_.push_back(std::move(first));
  }
  log_start_ = std::max(known.log_start, segments_.front()->base_offset());
  epochs_.truncate_from(log_end());
  // Logs are compared by the epoch of their last batch. Where all batches are deleted only the file has it; without it
  // this log would pass for older than it is, and its replica vote for who lacks what it has acknowledged. Likewise,
  // only the file tells where an epoch began whose first batches are gone.
  bool batches_tell = epochs_.latest() && holes_below_ <= log_start_;
  if (on_damage_ == OnDamage::keep_good && !epochs_known && synced > 0 && !batches_tell)
    TRY_VOID(damaged(directory_ + ": the epochs of its batches are not known any more"));

  auto is_its_index = [&](const DirectoryEntry& entry) {
    return entry.name == segment_file_name(active().base_offset(), ".index") ||
           entry.name == segment_file_name(active().base_offset(), ".timeindex") ||
           entry.name == segment_file_name(active().base_offset(), ".txnindex");
  };
  if (active().empty() && std::any_of(entries.begin(), entries.end(), is_its_index)) {
    TRY_VOID(active().remove_indexes());
    directory_dirty_ = true;
  }

  TRY_VOID(recover_producers());
  // What was found may be in the page cache only: it counts once it is synced.
  for (auto& segment : segments_) {
    if (!std::exchange(segment->needs_sync, false)) continue;
    TRY_VOID(segment->sync());
  }
  // The checkpoint of a log that is new comes with a sync of the directory.
  const bool is_new = bases.empty() && !checkpoint;
  if (std::exchange(directory_dirty_, false) && !is_new) TRY_VOID(disk.sync_directory(directory_));
  TRY_VOID(lower_marks(log_end()));
  stable_end_ = log_end();
  recovery_point_ = std::min(known.recovery_point, log_end());
  cleaned_to_ = std::min(known.cleaned_to, log_end());
  for (std::size_t i = 0; i + 1 < segments_.size(); ++i)
    if (!segments_[i]->index_files_current) side_files_.write(segments_[i], std::nullopt);
  // Most logs of a broker that was killed are as they were, and what is in them is known to have been synced: nothing
  // is written for them.
  if (epochs_known && std::ranges::equal(epochs_.entries(), told.entries())) epochs_dirty_ = false;
  written_ = checkpoint;
  const bool as_known = checkpoint && log_start_ == known.log_start && log_end() <= synced &&
                        recovery_point_ == known.recovery_point && !epochs_dirty_ && !suspected;
  if ((!clean && !as_known) || lost_synced_ || !checkpoint || markers_from_ != known.markers_from)
    TRY_VOID(write_checkpoint(next_recovery_point(log_start_), log_start_));
  bool whole = true;
  for (const auto& segment : segments_) {
    for (const auto& stretch : segment->damage()) tell_damage(*segment, stretch);
    whole = whole && segment->damage().empty();
  }
  // All was checked, and all is there.
  if (suspected && !lost_synced_ && whole) TRY_VOID(loss_is_noted());
  return {};
}

// The file's rest is damage. At the log's end it held records up to `to` at least. Whether there were more is known
// only where a header says that it was one batch, and that ends just there. Returns whether it is unknown.
Result<bool> PartitionLog::note_damaged_end(Segment& segment, Offset to, bool last) {
  auto header = segment.damaged_header();
  if (!header) return std::unexpected(header.error());
  bool one_batch = *header && (*header)->base_offset == segment.next_offset() && (*header)->next_offset() == to &&
                   segment.size() + (*header)->size() == segment.file_size();
  segment.note_damage_up_to(to);
  return last && !one_batch;
}

// What the file of epochs tells of those that no batch will; `told`: all it does. False if it tells nothing.
Result<bool> PartitionLog::load_epochs(const Checkpoint& known, Offset synced, const std::vector<Offset>& bases,
                                       bool clean, bool suspected, EpochCache& told) {
  bool tells = false;
  auto path = directory_ + "/leader-epoch-checkpoint";
  auto file = read_checked_file(context_.host.disk(), path, small_file_bytes_max);
  if (file)
    tells = file->integrity != Integrity::damaged && told.decode(file->content.view());
  else if (file.error().code != Errc::not_found)
    return std::unexpected(file.error());
  if (!tells) told = {};
  // It is written before anything is known to be synced.
  if (!tells && (file || known.recovery_point > 0))
    log_.error("the epochs are missing or damaged: what batches there are tell theirs", {{"file", path}});
  epochs_ = told;
  // Above what was synced the batches say which epochs there are; the file may be older than they, or newer. Below it
  // the file is right, also where the batches with which an epoch began are gone. All batches are read where damage is
  // suspected: what is good below the recovery point need not be what was there. And of batches that are gone from the
  // front, above the recovery point, nothing is known.
  auto held_from = known.recovery_point;
  if (!bases.empty()) {
    auto after = std::upper_bound(bases.begin(), bases.end(), known.log_start);
    held_from = after == bases.begin() ? bases.front() : *std::prev(after);
  }
  if (!clean && held_from > known.recovery_point)
    epochs_ = {};
  else if (suspected)
    epochs_.truncate_from(held_from);
  else if (!clean)
    epochs_.truncate_from(synced);
  epochs_dirty_ = !clean && file;  // a log that had no records yet has none
  return tells;
}

void PartitionLog::note_epoch(const BatchHeader& header) {
  auto known = epochs_.latest();
  if (header.leader_epoch >= 0 && (!known || header.leader_epoch > *known))
    epochs_dirty_ = epochs_.add(header.leader_epoch, header.base_offset) || epochs_dirty_;
}

}  // namespace fulmar
