// PartitionLog: one partition's records, kept as the batches came, in segments.
//
// Lives on one shard; fibers of it call at once what they like: changes take turns, reads see whole batches only. A log
// that belongs to a replica is changed by it alone, in its turn (replication/replica.h).
//
// Stable storage: a record is stable once a sync that began after it was written has completed. What counts as kept is
// what is stable, or, for a topic that chose the page cache (flush.messages above 1), all of it. How much of that is
// committed, and so to be read, is for the replica to say (replication/replica.h), not for the log. A write or a sync
// that failed ends the trust in the log: it is offline from then on, and answers KAFKA_STORAGE_ERROR until the broker
// starts again and recovers from what the disk really has. Only a lack of space is survived: what was half written is
// cut away, and appends go on when there is room.
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

// What the logs of a shard share: the world, whether there is room, the files that are open, and how many syncs run at
// once.
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
  Timestamp append_time = -1;  // where the topic's timestamps are those of appending, else -1
  bool duplicate = false;
};

struct OffsetAndTimestamp {
  Offset offset;
  Timestamp timestamp;
};

// Told of each batch that is written, in their order.
using OnWritten = std::function<void(const BatchHeader&)>;

// What a leader gives a follower to append.
struct Replicated {
  Bytes batches;  // whole ones, one after the other
  // Which epochs begin where in the leader's log, as far as that is given; also those of which all batches are gone.
  std::vector<EpochCache::Entry> epochs;
  // Where what is given ends: after the last batch, or further on, where a hole follows.
  Offset end = 0;
  OnWritten on_written = {};
};

// What to do with a log that is damaged below what was synced.
enum class OnDamage : unsigned char {
  refuse,      // it must not be served, nor cut
  serve_rest,  // nobody else has it: what is good is served, before the damage and after it, and nothing is cut
  keep_good,   // other replicas have it all: keep what comes before the damage, and say so; see lost_synced()
};

class PartitionLog {
 public:
  // Opens the log in `directory`, which must exist, and recovers it; after a clean stop the indexes are believed. No
  // batch can be of an epoch above `epoch_max`. Errors: corrupt (damage, if that is to be refused), io_error, no_space.
  static Result<std::unique_ptr<PartitionLog>> open(LogContext& context, std::string directory, LogConfig config,
                                                    bool clean, OnDamage on_damage = OnDamage::refuse,
                                                    Epoch epoch_max = std::numeric_limits<Epoch>::max());
  ~PartitionLog();

  // Appends one batch with the header that validate_produced() gives it, which need not be that in its bytes. Stamps
  // offset and epoch, and the time on a topic of LogAppendTime; returns as soon as it is written.
  // A duplicate of one of the producer's last five batches is not written again, and its first offsets are returned.
  // Errors: as ProducerState::check(), KAFKA_STORAGE_ERROR.
  Result<Appended, Refusal> append(const BatchHeader& header, const Bytes& batch, Epoch epoch,
                                   const AppendOrigin& origin = {});
  // Appends whole batches as the leader's log has them, offsets and epochs included. All offsets from the end of this
  // log on that none of them has are a hole there. Errors: KAFKA_STORAGE_ERROR, CORRUPT_MESSAGE for what is not whole
  // and right, or begins below the end.
  Result<void, Refusal> append_replicated(const Replicated& batches);
  // Waits until everything before `offset` is stable. False when the deadline came first or the log went offline.
  bool wait_stable(Offset offset, Deadline deadline);

  // Whole batches from the one holding `from`, which may be below the start as long as it is held, below `up_to`, at
  // most max_bytes of them (KIP-74: but at least one if asked). From one segment only. Errors: out_of_range (not held,
  // or above the end), io_error, corrupt.
  Result<Bytes> read(Offset from, Offset up_to, std::size_t max_bytes, bool at_least_one) const;

  // The first record from the log's start on, below `up_to`, whose timestamp is >= ts (KIP-33); nullopt if there is
  // none. Reads and decompresses one batch at a time. Errors: io_error, corrupt.
  Result<std::optional<OffsetAndTimestamp>> offset_for_timestamp(Timestamp ts, Offset up_to) const;
  // The first record with the largest timestamp (KIP-734) there; nullopt if none has one. Likewise.
  Result<std::optional<OffsetAndTimestamp>> max_timestamp(Offset up_to) const;

  // Moves the start up to `offset` (KIP-107), for good once it returns. Errors: out_of_range (beyond what is kept),
  // io_error.
  Result<void> advance_start(Offset offset);
  // Drops all batches that have, or end after, `offset`, not below the start; for good once it returns. Where no batch
  // holds `offset` the log ends there, be it in a hole, for which a batch without records is written then. A failure
  // takes the log offline.
  Result<void> truncate_to(Offset offset, const OnWritten& on_written = {});
  // Drops everything, and begins anew at `offset`; `epoch` (-1: unknown) was that of the batch before. A failure takes
  // the log offline.
  Result<void> start_over(Offset offset, Epoch epoch, Offset tombstone_bound = 0);
  // Writes the closed segments from `base` on, at most `count` of those that end at or before `up_to` and are stable,
  // anew into one file, without the records for which `keep` says false; of a batch of which none stays it may keep the
  // header. Nothing of the log changes. nullopt: there is nothing to do. Takes long. Errors: no_space, io_error,
  // corrupt.
  Result<std::optional<Rewritten>> rewrite(Offset base, std::size_t count, Offset up_to, const KeepRecord& keep,
                                           std::optional<Timestamp> delete_horizon = {});
  // Puts what was written in the place of what it was made of, for good once it returns; false if the log was cut, or
  // retention was there, meanwhile. Who reads the old segments reads on. A failure in the midst takes the log offline.
  Result<bool> replace_segments(Rewritten rewritten);
  // Whether what it was made of is all there still.
  bool can_replace(const Rewritten& rewritten) const;
  // The log has one record per key below `offset`, for good once this returns; a lower offset than before changes
  // nothing. `cuts`: cuts() when its cleaning began. Errors: no_space, io_error; closed if it was cut since.
  Result<void> note_cleaned(Offset offset, std::uint64_t cuts);
  Offset cleaned_to() const { return cleaned_to_; }
  // Below that offset tombstones may be gone from other replicas' logs; this log has nothing that they deleted (see
  // raft/tombstones.cpp). Likewise for good, and never lower. Errors: no_space, io_error.
  Result<void> note_tombstone_bound(Offset offset);
  Offset tombstone_bound() const { return tombstone_bound_; }
  // How often something was cut away, or put in another's place.
  std::uint64_t cuts() const { return cuts_; }
  // Takes off whole segments, from the front: those below the start; and, of those that end at or below `up_to`, those
  // that retention.ms and retention.bytes let go. `wall_ms` as in retention.h. Returns how many; their files stay until
  // remove_expired(). Errors: no_space, io_error.
  Result<std::size_t> apply_retention(Timestamp wall_ms, Offset up_to);
  // Removes the files of what apply_retention() has taken off, also of what could not be removed before. Changes
  // nothing of the log. Errors: io_error.
  Result<void> remove_expired();
  // Begins a sync if anything is unsynced (flush.ms). Does not wait.
  void flush() {
    if (stable_end_ < log_end()) request_flush();
  }
  // What was read at or after `from` is not what was written. The log goes offline, and is checked from end to end when
  // it is opened next; but one that serves the rest of a damaged log finds the damage, and goes on without it.
  void report_damage(const Error& what, Offset from);
  // Whether damage is nobody else's to mend: what can't be read is gone for good, and all else is served.
  bool damaged_at(Offset offset) const;
  bool serves_rest() const { return on_damage_ == OnDamage::serve_rest; }
  // Part of what was synced may be gone, by damage: this log's replica must not count for what it had promised, until
  // it has been given all of that again. Stays so across restarts, until whose log it is has noted it down.
  bool lost_synced() const { return lost_synced_; }
  Result<void> loss_is_noted();
  // The partition was deleted: whoever waits for the log is told that it is offline. Once this returns nothing is
  // written in the directory any more.
  void abandon();
  // Writes down how far recovery need not look. Fine to skip.
  Result<void> checkpoint();
  // Syncs, and writes all indexes: after this a clean start finds all it needs.
  Result<void> close();

  Offset log_start() const { return log_start_; }
  // Where the first batch begins that is still on the disk; below the start, where that is in the midst of a segment.
  Offset held_from() const { return segments_.front()->base_offset(); }
  Offset log_end() const { return active().next_offset(); }
  Offset stable_end() const { return stable_end_; }
  // Below that offset batches may be missing between two others.
  Offset holes_below() const { return holes_below_; }
  // Below this everything counts as kept: stable, or in the page cache, as the topic chose.
  Offset kept_end() const { return config_.acknowledges_synced() ? stable_end_ : log_end(); }
  std::uint64_t size_bytes() const;
  std::size_t segment_count() const { return segments_.size(); }
  bool offline() const { return offline_; }
  const LogConfig& config() const { return config_; }
  void set_config(LogConfig config) { config_ = config; }
  const EpochCache& epochs() const { return epochs_; }
  ProducerState& producers() { return producers_; }
  const ProducerState& producers() const { return producers_; }
  // Up to where consumers of committed records may read, if all below `committed` is committed: to the first record of
  // a transaction that is open, or of which the marker is not committed (the last stable offset, KIP-98). nullopt: not
  // known, as this log was opened, or cut, further on than that.
  std::optional<Offset> last_stable_offset(Offset committed) const;
  // The aborted transactions that may have records in [from, up_to), which is stable, in the order of their markers.
  std::vector<AbortedTransaction> aborted(Offset from, Offset up_to) const;
  const std::deque<std::shared_ptr<Segment>>& segments() const { return segments_; }
  const std::string& directory() const { return directory_; }

  // Called on the shard, without a lock of the log held, after kept_end(), the log start or offline() has changed: it
  // may change the log itself. Set before use.
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
  Result<bool> write_rewritten(Rewritten& rewritten, const KeepRecord& keep, std::optional<Timestamp> delete_horizon);
  Result<bool> swap_in(Rewritten& rewritten);
  Result<void> remove_replaced();
  Result<void> finish_rewriting(std::vector<DirectoryEntry>& entries);

  Segment& active() const { return *segments_.back(); }
  // Runs `work` while nobody else changes the log; who is told of what it changed is told once the lock is free.
  template <class F>
  auto alone(F&& work) {
    auto done = [&] {
      LockGuard guard(changing_);
      return work();
    }();
    tell();
    return done;
  }
  // Something of what on_change() tells has changed; the call comes with tell(), outside of all locks.
  void changed();
  void tell();

  Result<void, Refusal> write_replicated(const Replicated& given);
  Result<void, Refusal> write_one_replicated(const Bytes& batch, const BatchHeader& header, const Replicated& given);
  Result<void> allow_holes_below(Offset offset);
  Result<void> allow_markers_from(Offset offset);
  Result<void, Refusal> stand_in(Offset to, const OnWritten& on_written);
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

  // By base offset; never empty once open. Shared with the reads and syncs under way, which retention does not wait
  // for.
  std::deque<std::shared_ptr<Segment>> segments_;
  std::deque<std::shared_ptr<Segment>> expired_;  // no more of the log; their files are to be removed
  // Likewise, once nobody reads them: others were put in their places.
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
  bool untold_ = false;  // changed(), and not told yet
  bool lost_synced_ = false;
  bool end_unknown_ = false;  // by damage: nothing can be appended without giving an offset a second time
  bool marks_fail_ = false;
  bool directory_dirty_ = false;  // a segment's name is not synced yet
  bool flushing_ = false;
  std::uint64_t cuts_ =
      0;  // how often something was cut away: what a sync began before says nothing of what came since
  EpochCache epochs_;
  bool epochs_dirty_ = false;
  ProducerState producers_;
  Offset producers_from_ = 0;  // of transactions that ended below, the markers' offsets were not read
  SideFiles side_files_;

  Mutex rewriting_;       // held by who writes segments anew, or removes what that has replaced
  Mutex removing_;        // held by who removes files of expired segments
  Mutex changing_;        // held over everything that changes segments_
  Mutex writing_epochs_;  // by a flush or with a checkpoint, never both at once
  Mutex marking_;         // held by who sets the segments' marks, and over cuts, which no mark may outlive
  Condition stable_moved_;
  const std::shared_ptr<WorkQueue> flushes_;
  FiberGroup fibers_;
};

}  // namespace fulmar
