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
  // Of a log that was never used. `clean`, `epoch_max`: as PartitionLog::open().
  Recovery(PartitionLog& log, bool clean, Epoch epoch_max);
  // Once. Errors: as PartitionLog::open().
  Result<void> run();

 private:
  using SegmentPtr = std::shared_ptr<Segment>;

  // -- recovery.cpp: what is known of the log, and what is made of it, in this order.
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

  // -- recovery_segments.cpp: the segments, one after the other.
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
  bool suspected_ = false;  // damage was found before: the log is checked from end to end
  std::vector<DirectoryEntry> entries_;
  std::vector<Offset> bases_;  // where segments begin, ascending
  std::deque<SegmentPtr> found_;
  std::optional<Checkpoint> checkpoint_;
  Checkpoint known_;          // by the checkpoint, or, where there is none, by the marks
  Offset synced_ = 0;         // all below is known to have been synced
  bool all_unknown_ = false;  // there are records, and nothing tells what of them was synced
  EpochCache told_;           // by the file of epochs
  bool epochs_known_ = false;
  Offset noted_to_ = 0;  // the end of the last batch whose epoch was noted
  bool cut_ = false;     // what follows is not the log's any more
};

}  // namespace fulmar
