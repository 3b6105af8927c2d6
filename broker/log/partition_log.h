// PartitionLog: one partition's records, in the batches in which they came, in segments.
//
// It belongs to one shard, whose fibers may call it at once: changes are made one after the other, and reads see whole
// batches only. A replica's log is changed only by the replica, in its turn (replication/replica.h).
//
// A record is stable once a sync that began after its write has completed. Stable records count as kept; for a topic
// that chose the page cache (flush.messages above 1) all records do. Which of them are committed, and may be read, is
// decided by the replica (replication/replica.h). After a write or sync that failed the log is offline: it answers
// KAFKA_STORAGE_ERROR until the broker starts again, and recovers what is on the disk. The exception is a lack of
// space: the incomplete batch is cut off, and appends succeed again when there is space.
#pragma once

#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "broker/log/checkpoint.h"
#include "broker/log/epoch_cache.h"
#include "broker/log/file_cache.h"
#include "broker/log/log_config.h"
#include "broker/log/producer_state.h"
#include "broker/log/rewriting.h"
#include "broker/log/segment.h"
#include "broker/log/shortage_log.h"
#include "broker/log/side_files.h"
#include "runtime/fiber/condition.h"
#include "runtime/fiber/group.h"
#include "runtime/fiber/mutex.h"
#include "runtime/fiber/work_queue.h"
#include "runtime/host/host.h"
#include "runtime/host/log.h"

namespace fulmar {

// What the logs of a shard share: the host, limits, the reports of lacking space, the open files, and the queue of
// syncs.
struct LogContext {
  LogContext(Host& h, LogLimits l)
      : host(h),
        limits(l),
        shortage(h, h.log().named("log")),
        files(std::make_shared<FileCache>(h)),
        flushes(std::make_shared<WorkQueue>("flush", static_cast<std::size_t>(l.syncs_at_once_max))) {}

  Host& host;
  LogLimits limits;
  ShortageLog shortage;
  std::shared_ptr<FileCache> files;  // for segments
  std::shared_ptr<WorkQueue> flushes;
};

struct Appended {
  Offset base_offset = -1;
  Offset last_offset = -1;
  Timestamp append_time = -1;  // in ms, on a topic with LogAppendTime; else -1
  bool duplicate = false;
};

struct OffsetAndTimestamp {
  Offset offset;
  Timestamp timestamp;
};

// Called with each batch that is written, in their order.
using OnWritten = std::function<void(const BatchHeader&)>;

// A part of the leader's log, which a follower appends.
struct Replicated {
  Bytes batches;  // whole ones, one after the other
  // The epochs that begin in this part of the leader's log, also those whose batches are all gone.
  std::vector<EpochCache::Entry> epochs;
  // Where this part ends: after the last batch, or after the hole that follows it.
  Offset end = 0;
  OnWritten on_written = {};
};

// How to open a log in which synced records are damaged.
enum class OnDamage : unsigned char {
  refuse,      // fail, and change nothing
  serve_rest,  // there is no other replica: serve what is good, before the damage and after it, and cut nothing off
  keep_good,   // other replicas have everything: keep what comes before the damage; see lost_synced()
};

class PartitionLog {
 public:
  // Opens the log in `directory`, which must exist, and recovers it; after a clean stop the indexes are trusted.
  // Batches of epochs above `epoch_max` are not valid. Errors: corrupt (damage that is refused), io_error, no_space.
  static Result<std::unique_ptr<PartitionLog>> open(LogContext& context, std::string directory, LogConfig config,
                                                    bool clean, OnDamage on_damage = OnDamage::refuse,
                                                    Epoch epoch_max = std::numeric_limits<Epoch>::max());
  ~PartitionLog();

  // Appends one batch with this header, from validate_produced(), which may differ from the one in `batch`. Sets offset
  // and epoch, and on a topic with LogAppendTime the time. Returns when it is written. A duplicate of one of the
  // producer's last five batches is not written; the offsets of the first one are returned.
  // Errors: as ProducerState::check(), KAFKA_STORAGE_ERROR.
  Result<Appended, Refusal> append(const BatchHeader& header, const Bytes& batch, Epoch epoch,
                                   const AppendOrigin& origin = {});
  // Appends whole batches as they are in the leader's log, with offsets and epochs. Offsets from the end of this log on
  // that no batch has become holes. Errors: KAFKA_STORAGE_ERROR; CORRUPT_MESSAGE if a batch is invalid, or begins below
  // the end.
  Result<void, Refusal> append_replicated(const Replicated& batches);
  // Waits until everything below `offset` is stable. False if the deadline passes first, or the log is offline.
  bool wait_stable(Offset offset, Deadline deadline);

  // Whole batches, from the one that contains `from`, which end at or below `up_to`; at most max_bytes, except for the
  // first one if `at_least_one` (KIP-74). From one segment only. Errors: out_of_range (below held_from(), or above the
  // end), io_error, corrupt.
  Result<Bytes> read(Offset from, Offset up_to, std::size_t max_bytes, bool at_least_one) const;

  // The first record between the log start and `up_to` whose timestamp is >= ts (KIP-33); nullopt if there is none.
  // Reads and decompresses one batch at a time. Errors: io_error, corrupt.
  Result<std::optional<OffsetAndTimestamp>> offset_for_timestamp(Timestamp ts, Offset up_to) const;
  // The first record in that range with the largest timestamp (KIP-734); nullopt if no record has one. Likewise.
  Result<std::optional<OffsetAndTimestamp>> max_timestamp(Offset up_to) const;

  // Raises the log start to `offset` (KIP-107), on stable storage when this returns. Errors: out_of_range (above
  // kept_end()), no_space, io_error.
  Result<void> advance_start(Offset offset);
  // Removes all batches that end after `offset`, on stable storage when this returns. `offset` >= held_from();
  // asserted. If a batch contains `offset`, the log then ends before it; else at `offset`, also within a hole, which an
  // empty batch then fills up to there. A failure takes the log offline.
  Result<void> truncate_to(Offset offset, const OnWritten& on_written = {});
  // Removes everything, so that the log starts and ends at `offset`; `epoch` (-1: unknown) is that of the batch before
  // it, `tombstone_bound` the log's new bound. A failure takes the log offline.
  Result<void> start_over(Offset offset, Epoch epoch, Offset tombstone_bound = 0);
  // Writes a new file with the records of closed segments for which `keep` returns true: of at most `count` segments
  // from `base` on that are stable and end at or below `up_to`, which is at most the last stable offset. Records of
  // aborted transactions are left out, and no batch remains part of a transaction. The header of a batch without
  // records may stay. Markers stay as well, unless they are to go; the last one of a producer that is known always
  // stays. The log does not change. nullopt: nothing would change. Takes long. Errors: no_space, io_error, corrupt;
  // closed: a segment that one of these has replaced is still read.
  Result<std::optional<Rewritten>> rewrite(Offset base, std::size_t count, Offset up_to, const KeepRecord& keep,
                                           const Expiry& expiry = {});
  // Replaces the old segments by the rewritten one, on stable storage when this returns. False if that is not possible
  // (see can_replace()). Reads of the old segments continue. A failure after the first step takes the log offline.
  Result<bool> replace_segments(Rewritten rewritten);
  // Whether the old segments are still part of the log: it was not cut, and retention has not removed any, since.
  bool can_replace(const Rewritten& rewritten) const;
  // Stores that the log is clean below `offset`: it has at most one record per key there, and no batch that is part of
  // a transaction. If that was stored for a higher offset, nothing changes. `cuts`: cuts() when the cleaning began.
  // Errors: no_space, io_error; closed if the log was cut since.
  Result<void> note_cleaned(Offset offset, std::uint64_t cuts);
  Offset cleaned_to() const { return cleaned_to_; }
  // Stores the bound of tombstones: below it other replicas may have removed tombstones and markers, and this log has
  // no record that they delete, and no batch that is part of a transaction (docs/raft.md, "Tombstones and markers"). A
  // lower bound than the stored one changes nothing. Errors: no_space, io_error.
  Result<void> note_tombstone_bound(Offset offset);
  Offset tombstone_bound() const { return tombstone_bound_; }
  // A number that increases whenever records are cut off, or the log is started over.
  std::uint64_t cuts() const { return cuts_; }
  // A number that increases whenever aborted transactions are forgotten because compaction has removed their markers.
  // If it is the same before a read and after aborted(), that has all that concern what was read.
  std::uint64_t aborted_forgotten() const { return aborted_forgotten_; }
  // Removes whole segments from the front of the log: those below the log start, and of those that end at or below
  // `up_to` the ones that retention.ms or retention.bytes expire. `wall_ms`: as in retention.h. Returns how many; their
  // files stay until remove_expired(). Errors: no_space, io_error.
  Result<std::size_t> apply_retention(Timestamp wall_ms, Offset up_to);
  // Removes the files of the segments that apply_retention() has removed, also of earlier calls. Does not change the
  // log. Errors: io_error.
  Result<void> remove_expired();
  // Begins a sync if anything is unsynced (flush.ms). Does not wait.
  void flush() {
    if (stable_end_ < log_end()) request_flush();
  }
  // A read at or after `from` has found damage. The log goes offline, and the next open() checks all of it. But with
  // OnDamage::serve_rest the damaged records are found, and the rest is served further on.
  void report_damage(const Error& what, Offset from);
  // Whether the record at `offset` is known to be damaged.
  bool damaged_at(Offset offset) const;
  bool serves_rest() const { return on_damage_ == OnDamage::serve_rest; }
  // Synced records may be lost: the replica must not count for what it has acknowledged until its leader has sent it
  // all of that again. This survives restarts, until the replica has stored it itself and calls loss_is_noted().
  bool lost_synced() const { return lost_synced_; }
  Result<void> loss_is_noted();
  // The log is given up, for example because its partition was deleted: it is offline, and callers that wait return.
  // When this returns, nothing writes to the directory any more.
  void abandon();
  // Writes the checkpoint, so that recovery has less to check. May be skipped.
  Result<void> checkpoint();
  // Syncs the log and writes all indexes, so that it can be opened as after a clean stop.
  Result<void> close();

  Offset log_start() const { return log_start_; }
  // The base offset of the first segment; below the log start, if that is within the segment.
  Offset held_from() const { return segments_.front()->base_offset(); }
  Offset log_end() const { return active().next_offset(); }
  Offset stable_end() const { return stable_end_; }
  // There are holes only below this offset.
  Offset holes_below() const { return holes_below_; }
  // Everything below this offset is kept: on stable storage, or in the page cache, as the topic requires.
  Offset kept_end() const { return config_.acknowledges_synced() ? stable_end_ : log_end(); }
  std::uint64_t size_bytes() const;
  std::size_t segment_count() const { return segments_.size(); }
  bool offline() const { return offline_; }
  const LogConfig& config() const { return config_; }
  void set_config(LogConfig config) { config_ = config; }
  const EpochCache& epochs() const { return epochs_; }
  ProducerState& producers() { return producers_; }
  const ProducerState& producers() const { return producers_; }
  // The last stable offset (KIP-98) if everything below `committed` is committed: the first offset of a transaction
  // that is open or whose marker is not committed, or `committed`. nullopt: not known, since `committed` is below where
  // this log has read the transactions from.
  std::optional<Offset> last_stable_offset(Offset committed) const;
  // The aborted transactions that may have records in [from, up_to), in the order of their markers. Complete only if
  // the range is below the last stable offset.
  std::vector<AbortedTransaction> aborted(Offset from, Offset up_to) const;
  const std::deque<std::shared_ptr<Segment>>& segments() const { return segments_; }
  const std::string& directory() const { return directory_; }

  // Called on the shard, without a lock of the log, after kept_end(), the log start or offline() has changed; so it may
  // change the log. To be set before the log is used.
  std::function<void()> on_change;

 private:
  PartitionLog(LogContext& context, std::string directory, LogConfig config, OnDamage on_damage);

  class Recovery;
  Result<void> mark_damage();
  void tell_damage(const Segment& segment, const DamagedStretch& damaged);
  bool keep_serving(Offset from);
  Result<void> recover_producers();
  std::size_t producers_told_before() const;
  void update_producers(Segment& segment, const BatchHeader& header, const std::optional<EndMarker>& marker);
  void note_epoch(const BatchHeader& header);

  // rewriting.cpp
  std::vector<std::shared_ptr<Segment>> closed_run(Offset base, std::size_t count, Offset up_to) const;
  bool tells_of_repetition(const BatchHeader& header) const;
  bool tells_of_producer(const BatchHeader& header, const EndMarker& marker) const;
  Result<Bytes> rewrite_batch(const BatchHeader& header, const Bytes& batch, const KeepRecord& keep,
                              const Expiry& expiry) const;
  Result<bool> write_rewritten(Rewritten& rewritten, const KeepRecord& keep, const Expiry& expiry);
  Result<bool> swap_in(Rewritten& rewritten);
  Result<void> remove_replaced();
  Result<void> finish_rewriting(std::vector<DirectoryEntry>& entries);

  Segment& active() const { return *segments_.back(); }
  // Runs `work` while nobody else changes the log; then, without the lock, calls on_change() if necessary.
  template <class F>
  auto alone(F&& work) {
    auto done = [&] {
      LockGuard guard(changing_);
      return work();
    }();
    tell();
    return done;
  }
  // Something that on_change() reports has changed; tell() calls it, without any lock.
  void changed();
  void tell();

  Result<void, Refusal> write_replicated(const Replicated& given);
  Result<void, Refusal> write_one_replicated(const Bytes& batch, const BatchHeader& header, const Replicated& given);
  Result<void> allow_holes_below(Offset offset);
  Result<void> allow_markers_from(Offset offset);
  Result<void, Refusal> stand_in(Offset to, const OnWritten& on_written);
  Result<void, Refusal> store_epochs_in_hole(const BatchHeader& header, std::span<const EpochCache::Entry> epochs);
  void begin_epochs(std::span<const EpochCache::Entry> epochs, Offset from, Offset up_to);
  Result<Appended, Refusal> write_produced(const BatchHeader& header, const Bytes& batch, Epoch epoch,
                                           const AppendOrigin& origin);
  Result<void> roll(Offset base_offset);
  bool must_roll(const BatchHeader& header) const;
  Result<void, Refusal> make_room_for(const BatchHeader& header);
  Result<void, Refusal> write_batch(const BatchHeader& header, const ByteChain& stored,
                                    std::span<const EpochCache::Entry> epochs = {});
  void request_flush();
  void flush_turn();
  Result<void> flush_once();
  void go_offline(const Error& why);
  Offset next_recovery_point(Offset log_start) const;
  Result<void> write_checkpoint(Offset recovery_point, Offset log_start);
  Result<void> write_epochs();
  Result<void> move_start(Offset offset);
  void mark_synced(Offset end, std::uint64_t cuts);
  Result<void> mark_at_least(Segment& segment, const SyncedMark& wanted);
  Result<void> lower_marks(Offset offset);
  Result<void> cut(Offset offset, const OnWritten& on_written);
  Result<void> begin_anew(Offset offset, Epoch epoch, Offset tombstone_bound);
  Result<void> remove_segment_files(Segment& segment);
  Result<std::int64_t> age_ms(Segment& segment, Timestamp wall_ms) const;
  Result<std::size_t> expire(Timestamp wall_ms, Offset up_to);

  LogContext& context_;
  std::string directory_;
  LogConfig config_;
  OnDamage on_damage_;
  Logger log_;

  // By base offset; never empty once open. Reads and syncs under way share them, since retention does not wait for
  // them.
  std::deque<std::shared_ptr<Segment>> segments_;
  std::deque<std::shared_ptr<Segment>> expired_;  // not part of the log any more; their files are to be removed
  // Replaced by others; their files are to be removed once nobody reads them.
  std::vector<std::shared_ptr<Segment>> replaced_;
  Offset log_start_ = 0;
  Offset stable_end_ = 0;
  Offset recovery_point_ = 0;   // as written in the checkpoint
  Offset holes_below_ = 0;      // likewise
  Offset markers_from_ = -1;    // likewise
  Offset cleaned_to_ = 0;       // likewise
  Offset tombstone_bound_ = 0;  // likewise
  std::optional<Checkpoint> written_;
  std::int64_t unflushed_messages_ = 0;
  bool offline_ = false;
  bool untold_ = false;  // changed() was called, and tell() was not yet
  bool lost_synced_ = false;
  bool end_unknown_ = false;  // the end is damaged: an append might get an offset that another record had
  bool marks_fail_ = false;
  bool directory_dirty_ = false;  // a segment's name is not synced yet
  bool flushing_ = false;
  std::uint64_t aborted_forgotten_ = 0;
  std::uint64_t cuts_ = 0;  // increases with each cut: syncs that began before it do not cover later appends
  EpochCache epochs_;
  bool epochs_dirty_ = false;
  std::optional<EpochCache> epochs_ahead_;  // with those that begin with the batch that is about to be written
  ProducerState producers_;
  Offset producers_from_ = 0;  // of transactions that ended below it, the markers' offsets are not known
  SideFiles side_files_;

  Mutex rewriting_;       // for rewrite()
  Mutex removing_;        // for remove_expired()
  Mutex changing_;        // for all changes of segments_
  Mutex writing_epochs_;  // for writing the epochs, by a flush or with a checkpoint
  Mutex marking_;         // for setting marks, and for cuts: no mark may be set for records that are being cut off
  Condition stable_moved_;
  const std::shared_ptr<WorkQueue> flushes_;
  FiberGroup fibers_;
};

}  // namespace fulmar
