// Recovery of a partition log: decides at a start which of the files' contents are the log's.
//
// The checkpoint has the recovery point: everything below it was synced before the checkpoint was written. From the
// segment with the recovery point on, the CRC of each batch is checked. The files' marks (synced_mark.h) show what was
// synced later. If a batch is missing or bad
//   * below what is known to be synced, it is damage: the log is not served, and nothing is cut off. But if other
//     replicas have everything (OnDamage::keep_good), the damage is marked on the disk, the whole log is checked, and
//     only the part before the first damage is kept. With OnDamage::serve_rest the good batches are served.
//   * at or above that, it may be a write that was not synced: the log is cut there.
// Records that are kept above what is known to be synced are written again and synced: they may be only in the page
// cache, after a sync that failed in the process before. After a clean stop everything was synced, and the index files
// are trusted.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/log/partition_log.h"
#include "runtime/host/disk.h"

namespace fulmar {

class PartitionLog::Recovery {
 public:
  // `log`: as constructed, not used yet. `clean`, `epoch_max`: as PartitionLog::open().
  Recovery(PartitionLog& log, bool clean, Epoch epoch_max);
  // To be called once. Errors: as PartitionLog::open().
  Result<void> run();

 private:
  using SegmentPtr = std::shared_ptr<Segment>;

  // -- recovery.cpp: the steps, in this order.
  Result<void> look_for_damage_mark();
  Result<void> list_files();
  Result<void> read_checkpoint();
  Result<void> open_segments();
  Result<void> check_that_synced_is_known();
  Result<void> load_epochs();
  // ... then take_segments() ...
  Result<void> check_both_ends();
  Result<void> settle_segments();
  Result<void> check_epochs();
  Result<void> remove_indexes_of_empty();
  Result<void> sync_what_was_found();
  Result<void> write_checkpoint();
  Result<void> note_damage_found();
  Result<void> damaged(std::string what);

  // -- recovery_segments.cpp: the segments, in the order of their offsets.
  enum class Place : unsigned char { next, superfluous, after_a_gap };
  Result<void> take_segments();
  Result<void> read_segment(std::size_t i);
  Result<bool> load_indexes(Segment& segment);
  Result<void> rebuild(std::size_t i);
  Result<void> end_segment(std::size_t i, std::uint64_t good);
  Result<bool> note_damaged_end(Segment& segment, Offset to, bool last);
  Result<Place> place_of(const Segment& segment);
  Result<void> drop(Segment& segment);
  bool follows_on(const Segment& segment) const;
  bool is_loss(Offset from, std::size_t segments_after) const;
  void note_epoch(const BatchHeader& header);
  bool begins_untold(const BatchHeader& header, Offset end) const;

  PartitionLog& partition_;
  Disk& disk_;
  const bool clean_;
  const Epoch epoch_max_;
  Instant now_;
  bool suspected_ = false;  // damage was found before: the whole log is checked
  std::vector<DirectoryEntry> entries_;
  std::vector<Offset> bases_;  // the base offsets of the segment files, ascending
  std::deque<SegmentPtr> found_;
  std::optional<Checkpoint> checkpoint_;
  Checkpoint known_;          // from the checkpoint, or without one from the marks
  Offset synced_ = 0;         // everything below is known to be synced
  bool all_unknown_ = false;  // there are records, and neither checkpoint nor marks show which were synced
  EpochCache told_;           // from the file of epochs
  bool epochs_known_ = false;
  Offset noted_to_ = 0;  // the end of the last batch whose epoch was noted
  bool cut_ = false;     // the segments that follow are not part of the log
};

}  // namespace fulmar
