#include "broker/log/partition_log.h"

#include <algorithm>

#include "broker/log/checked_file.h"
#include "broker/log/recovery.h"
#include "broker/protocol/append_time.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

std::unexpected<Refusal> storage_error(std::string message) {
  return std::unexpected(Refusal{ErrorCode::kafka_storage_error, std::move(message)});
}

}  // namespace

PartitionLog::PartitionLog(LogContext& context, std::string directory, LogConfig config, OnDamage on_damage)
    : context_(context),
      directory_(std::move(directory)),
      config_(config),
      on_damage_(on_damage),
      log_(context.host.log().named("log")),
      side_files_(context.host, directory_),
      flushes_(context.flushes) {}

PartitionLog::~PartitionLog() {
  flushes_->drop(fibers_);
}

Result<std::unique_ptr<PartitionLog>> PartitionLog::open(LogContext& context, std::string directory, LogConfig config,
                                                         bool clean, OnDamage on_damage, Epoch epoch_max) {
  std::unique_ptr<PartitionLog> log(new PartitionLog(context, directory, config, on_damage));
  auto recovered = Recovery(*log, clean, epoch_max).run();
  if (!recovered && recovered.error().code == Errc::corrupt && on_damage != OnDamage::refuse) {
    FULMAR_MARK("log: opened again to keep what is good");
    log->log_.error(on_damage == OnDamage::keep_good
                        ? "damaged log: what is good is kept, the rest is for other replicas to give"
                        : "damaged log: it is checked from end to end, and what is good is served",
                    {{"partition", directory}, {"damage", recovered.error().detail}});
    FULMAR_TRY_VOID(log->mark_damage());
    log.reset(new PartitionLog(context, directory, config, on_damage));
    recovered = Recovery(*log, clean, epoch_max).run();
  }
  FULMAR_TRY_VOID(recovered);
  return log;
}

void PartitionLog::note_epoch(const BatchHeader& header) {
  auto known = epochs_.latest();
  if (header.leader_epoch >= 0 && (!known || header.leader_epoch > *known))
    epochs_dirty_ = epochs_.add(header.leader_epoch, header.base_offset) || epochs_dirty_;
}

void PartitionLog::changed() {
  stable_moved_.notify_all();
  untold_ = true;
}

void PartitionLog::tell() {
  if (std::exchange(untold_, false) && on_change) on_change();
}

void PartitionLog::go_offline(const Error& why) {
  if (offline_) return;
  offline_ = true;
  FULMAR_MARK("log: goes offline");
  side_files_.stop();
  log_.error("log goes offline", {{"partition", directory_}, {"reason", to_string(why)}});
  changed();
}

void PartitionLog::abandon() {
  offline_ = true;
  side_files_.stop();
  changed();
  tell();
  // Wait for all operations to end: soon the directory may belong to another log.
  LockGuard rewriting(rewriting_);
  LockGuard guard(changing_);
  LockGuard removing(removing_);
  LockGuard epochs(writing_epochs_);
  side_files_.forget_from(0);
}

bool PartitionLog::must_roll(const BatchHeader& header) const {
  auto& segment = active();
  if (segment.empty()) return false;
  auto index_bytes = static_cast<std::int64_t>((segment.offset_index().size() + 1) * OffsetIndex::entry_size);
  // By record time, as in Kafka (KIP-33); if the first batch has none, by the time since the segment was opened.
  auto first = segment.first_timestamp();
  auto age_ms = first < 0 ? (context_.host.clock().now() - segment.opened()).count() / 1'000'000
                          : std::max(header.max_timestamp, first) - first;
  return static_cast<std::int64_t>(segment.size() + header.size()) > config_.segment_bytes ||
         index_bytes > config_.segment_index_bytes ||
         !segment.offset_fits(std::max(segment.next_offset(), header.base_offset) + header.last_offset_delta) ||
         age_ms > config_.roll_ms();
}

Result<void> PartitionLog::roll(Offset base_offset) {
  FULMAR_MARK("log: segment rolled");
  auto next = std::make_shared<Segment>(*context_.files, directory_, base_offset);
  FULMAR_TRY_VOID(next->open(true, context_.host.clock().now()));
  next->allow_holes_below(holes_below_);
  next->expect_markers_from(markers_from_);
  directory_dirty_ = true;
  auto closed = segments_.back();
  segments_.push_back(std::move(next));
  side_files_.write(std::move(closed), producers_.encode());
  log_.debug("segment rolled", {{"partition", directory_}, {"base_offset", base_offset}});
  return {};
}

Result<void, Refusal> PartitionLog::make_room_for(const BatchHeader& header) {
  if (!must_roll(header)) return {};
  auto rolled = roll(log_end());
  if (rolled) return {};
  FULMAR_MARK("log: no room to roll");
  context_.shortage.refused(directory_, rolled.error());
  if (!is_shortage(rolled.error().code)) {
    FULMAR_MARK("log: roll failed for good");
    go_offline(rolled.error());
  }
  return storage_error(to_string(rolled.error()));
}

// Writes a batch as it is to be stored, and updates everything that depends on it. `epochs`: as in Replicated.
Result<void, Refusal> PartitionLog::write_batch(const BatchHeader& header, const ByteChain& stored,
                                                std::span<const EpochCache::Entry> epochs) {
  auto now = context_.host.clock().now();
  std::optional<EndMarker> marker;
  if (header.control()) {
    if (auto allowed = allow_markers_from(header.base_offset); !allowed)
      return storage_error(to_string(allowed.error()));
    marker = read_end_marker(stored.flatten());
  }
  auto& segment = active();
  auto begin = segment.next_offset();
  auto written = segment.append(header, stored, config_.index_interval_bytes, now);
  if (!written) {
    // After a lack of space the log stays in use if the incomplete batch can be cut off, and the cut synced: otherwise
    // a power loss might undo the cut after further appends. Any other error takes the log offline.
    FULMAR_MARK("log: append failed");
    context_.shortage.refused(directory_, written.error());
    bool survived = is_shortage(written.error().code) && segment.cut_rubbish() && segment.sync();
    if (!survived) {
      FULMAR_MARK("log: failed append is the end of the log");
      go_offline(written.error());
    }
    return storage_error(to_string(written.error()));
  }
  context_.shortage.written();
  begin_epochs(epochs, begin, header.base_offset);
  note_epoch(header);
  update_producers(segment, header, marker);
  unflushed_messages_ += std::max(header.record_count, 1);
  if (unflushed_messages_ >= config_.flush_messages) {
    FULMAR_MARK("log: flushed for its number of messages");
    request_flush();
  }
  return {};
}

Result<Appended, Refusal> PartitionLog::append(const BatchHeader& client_header, const Bytes& batch, Epoch epoch,
                                               const AppendOrigin& origin) {
  return alone([&] { return write_produced(client_header, batch, epoch, origin); });
}

Result<Appended, Refusal> PartitionLog::write_produced(const BatchHeader& client_header, const Bytes& batch,
                                                       Epoch epoch, const AppendOrigin& origin) {
  if (offline_) return storage_error("the log is offline");
  if (end_unknown_) {
    FULMAR_MARK("log: append after a damaged end refused");
    return storage_error("the end of the log is damaged");
  }
  std::optional<EndMarker> marker;
  if (client_header.control()) marker = read_end_marker(batch);
  auto verdict = producers_.check(client_header, marker, origin);
  if (!verdict) return std::unexpected(verdict.error());
  auto wall_ms = context_.host.clock().wall_ms();
  if (const auto& known = verdict->duplicate_of) {
    FULMAR_MARK("log: duplicate recognised");
    return Appended{known->base_offset(), known->last_offset, config_.log_append_time ? known->timestamp : -1, true};
  }
  auto records = batch.slice(batch_header_size);
  auto header = config_.log_append_time ? with_append_time(client_header, wall_ms, records.view()) : client_header;
  FULMAR_TRY_VOID(make_room_for(header));
  header.base_offset = log_end();
  header.leader_epoch = epoch;
  // Only the header is new; the records are the client's bytes.
  MutableBytes head(batch_header_size);
  write_batch_header(head.data(), header);
  ByteChain stored(std::move(head).freeze());
  stored.append(std::move(records));
  FULMAR_TRY_VOID(write_batch(header, stored));
  if (!config_.acknowledges_synced()) changed();
  return Appended{header.base_offset, header.last_offset(), config_.log_append_time ? wall_ms : -1, false};
}

Result<Bytes> PartitionLog::read(Offset from, Offset up_to, std::size_t max_bytes, bool at_least_one) const {
  if (offline_) return fail(Errc::io_error, "the log is offline");
  if (from < held_from() || from > log_end()) return fail(Errc::out_of_range, "offset " + std::to_string(from));
  if (from >= up_to) return Bytes();
  for (;;) {
    auto after = std::upper_bound(segments_.begin(), segments_.end(), from,
                                  [](Offset wanted, const auto& segment) { return wanted < segment->base_offset(); });
    if (after == segments_.begin()) return fail(Errc::out_of_range, "offset " + std::to_string(from));
    auto segment = *std::prev(after);
    auto next = after == segments_.end() ? up_to : (*after)->base_offset();
    FULMAR_TRY(Bytes batches, segment->read(from, up_to, max_bytes, at_least_one));
    // If the segment has records from `from` on, they did not fit into max_bytes. Otherwise there is a hole up to the
    // next segment.
    if (!batches.empty() || next >= up_to || segment->next_offset() > from) return batches;
    FULMAR_MARK("log: read passes a hole to the next segment");
    from = next;
  }
}

std::uint64_t PartitionLog::size_bytes() const {
  std::uint64_t total = 0;
  for (const auto& segment : segments_) total += segment->size();
  return total;
}

Result<void> PartitionLog::advance_start(Offset offset) {
  return alone([&]() -> Result<void> {
    if (offline_) return fail(Errc::io_error, "the log is offline");
    if (offset > kept_end() || offset < 0) {
      FULMAR_MARK("log: start beyond what is kept refused");
      return fail(Errc::out_of_range, "offset " + std::to_string(offset));
    }
    if (offset <= log_start_) return {};
    return move_start(offset);
  });
}

// The new start takes effect only once it is on stable storage, since a log start never decreases. If the write fails,
// it may or may not be on the disk; either is consistent with the old start.
Result<void> PartitionLog::move_start(Offset offset) {
  // If the new start is within a segment, it is stored in the segment's mark too, in case the checkpoint is damaged.
  if (offset > held_from()) {
    FULMAR_MARK("log: start within a segment marked");
    LockGuard marking(marking_);
    FULMAR_TRY_VOID(mark_at_least(active(), {0, offset, 0}));
  }
  FULMAR_TRY_VOID(write_checkpoint(next_recovery_point(offset), offset));
  log_start_ = offset;
  epochs_.truncate_until(held_from());
  changed();
  return {};
}

Result<void> PartitionLog::truncate_to(Offset offset, const OnWritten& on_written) {
  return alone([&] {
    FULMAR_ASSERT(offset >= held_from());
    auto done = offline_ ? Result<void>(fail(Errc::io_error, "the log is offline")) : cut(offset, on_written);
    if (!done) go_offline(done.error());
    return done;
  });
}

Result<void> PartitionLog::cut(Offset offset, const OnWritten& on_written) {
  LockGuard marking(marking_);
  ++cuts_;
  side_files_.forget_from(offset);
  auto last = segments_.rbegin();
  while (std::next(last) != segments_.rend() && (*last)->base_offset() >= offset) ++last;
  auto segment = *last;
  std::uint64_t position = segment->size();
  auto end = segment->next_offset();
  bool in_hole = false;
  if (end > offset) {  // the batch that contains it is removed as a whole
    auto end_before = segment->base_offset();
    auto find_batch = [&] {
      end_before = segment->base_offset();
      return segment->scan(offset <= holes_below_ ? offset - 1 : offset,
                           [&](const BatchHeader& header, std::uint64_t at) {
                             position = at;
                             end = header.base_offset;
                             if (header.last_offset() >= offset) return false;
                             end_before = header.next_offset();
                             return true;
                           });
    };
    FULMAR_TRY_VOID(find_batch());
    // If a hole comes before the batch that contains it, the log would end where the hole begins, below what is marked.
    if (end < offset && end <= holes_below_) {
      FULMAR_MARK("log: cut after a hole");
      offset = end;
      FULMAR_TRY_VOID(find_batch());
    }
    in_hole = offset <= holes_below_ && end >= offset && end_before < offset;
    end = in_hole ? end_before : std::min(end, offset);  // the batch found may come after a hole that begins here
  }
  // First lower all marks and the recovery point, so that they do not cover records that are about to be removed. What
  // remains synced, and the log start, may be recorded only in a mark that is removed; so the last remaining segment is
  // marked.
  Offset promised = 0;
  for (const auto& other : segments_)
    if (other->mark()) promised = std::max(promised, other->mark()->synced_end);
  FULMAR_TRY_VOID(lower_marks(end));
  if (segment != segments_.back()) {
    FULMAR_MARK("log: cut across segments");
    FULMAR_TRY_VOID(mark_at_least(*segment, {std::min(promised, end), log_start_, 0, tombstone_bound_}));
  }
  if (recovery_point_ > end) {
    FULMAR_MARK("log: cut below the recovery point");
    FULMAR_TRY_VOID(write_checkpoint(end, log_start_));
  }
  while (segments_.back() != segment) {
    FULMAR_TRY_VOID(remove_segment_files(active()));
    segments_.pop_back();
    directory_dirty_ = true;
  }
  if (position < segment->size()) {
    FULMAR_MARK("log: segment truncated");
    FULMAR_TRY_VOID(segment->truncate(position, end, config_.index_interval_bytes));
  }
  // Sync the cut: what was cut off must not come back behind what will be appended and marked as synced.
  if (std::exchange(segment->needs_sync, false)) FULMAR_TRY_VOID(segment->sync());
  if (std::exchange(directory_dirty_, false)) FULMAR_TRY_VOID(context_.host.disk().sync_directory(directory_));
  ++cuts_;  // a flush that began meanwhile may have covered records that are gone
  stable_end_ = std::min(stable_end_, log_end());
  recovery_point_ = std::min(recovery_point_, log_end());
  epochs_.truncate_from(in_hole ? offset : log_end());
  epochs_dirty_ = true;
  FULMAR_TRY_VOID(recover_producers());
  holes_below_ = std::min(holes_below_, log_end());
  cleaned_to_ = std::min(cleaned_to_, log_end());
  FULMAR_TRY_VOID(write_checkpoint(next_recovery_point(log_start_), log_start_));
  if (in_hole) {
    FULMAR_MARK("log: cut within a hole");
    if (auto done = stand_in(offset, on_written); !done) return fail(Errc::io_error, done.error().message);
  }
  changed();
  return {};
}

Result<void> PartitionLog::start_over(Offset offset, Epoch epoch, Offset tombstone_bound) {
  return alone([&]() -> Result<void> {
    if (offline_) return fail(Errc::io_error, "the log is offline");
    auto done = begin_anew(offset, epoch, tombstone_bound);
    if (!done)
      go_offline(done.error());
    else
      changed();
    return done;
  });
}

Result<void> PartitionLog::begin_anew(Offset offset, Epoch epoch, Offset tombstone_bound) {
  LockGuard marking(marking_);
  ++cuts_;
  side_files_.forget_from(0);
  FULMAR_TRY_VOID(lower_marks(std::min(held_from(), offset)));
  FULMAR_TRY_VOID(remove_expired());
  // The checkpoint first, so that it does not cover records that are about to be removed. If the log is to start at or
  // above its end, it stores the new start at once: so after a power loss at any time the log ends no lower than
  // before. Otherwise its replica might vote for a candidate that lacks records which the replica has acknowledged.
  FULMAR_MARK("log: begun anew");
  stable_end_ = log_start_;
  FULMAR_TRY_VOID(write_checkpoint(std::min(held_from(), offset), offset >= log_end() ? offset : log_start_));
  // Until this has succeeded, callers see the old segments.
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment)
    FULMAR_TRY_VOID(remove_segment_files(**segment));  // the lock keeps others from changing segments_
  auto first = std::make_shared<Segment>(*context_.files, directory_, offset);
  FULMAR_TRY_VOID(first->open(true, context_.host.clock().now()));
  first->expect_markers_from(markers_from_);
  FULMAR_TRY_VOID(mark_at_least(*first, {.tombstone_bound = tombstone_bound}));
  segments_ = {std::move(first)};
  producers_.clear();
  producers_from_ = offset;
  epochs_.truncate_from(0);
  if (epoch >= 0) epochs_.add(epoch, offset - 1);
  epochs_dirty_ = true;
  FULMAR_TRY_VOID(write_epochs());
  FULMAR_TRY_VOID(context_.host.disk().sync_directory(directory_));
  ++cuts_;  // a flush that began meanwhile may have covered records that are gone
  holes_below_ = cleaned_to_ = 0;
  tombstone_bound_ = tombstone_bound;
  FULMAR_TRY_VOID(write_checkpoint(offset, offset));
  log_start_ = stable_end_ = offset;
  return {};
}

// Does nothing if the file is current. After an error a later call writes them.
Result<void> PartitionLog::write_epochs() {
  LockGuard guard(writing_epochs_);
  if (offline_) return fail(Errc::io_error, "the log is offline");
  if (!std::exchange(epochs_dirty_, false)) return {};
  auto written = replace_checked_file(context_.host.disk(), directory_ + "/leader-epoch-checkpoint",
                                      Bytes::copy_of((epochs_ahead_ ? *epochs_ahead_ : epochs_).encode()));
  if (!written) {
    FULMAR_MARK("log: epochs not written");
    epochs_dirty_ = true;
  }
  return written;
}

// Recovery trusts the index files of segments that end below the recovery point, so they have to be stable.
Offset PartitionLog::next_recovery_point(Offset log_start) const {
  auto believed = std::max(side_files_.current_up_to(), log_start);
  return std::max(recovery_point_, std::min(stable_end_, believed));
}

Result<void> PartitionLog::write_checkpoint(Offset recovery_point, Offset log_start) {
  FULMAR_TRY_VOID(write_epochs());  // the next recovery trusts them below the recovery point
  if (offline_) return fail(Errc::io_error, "the log is offline");
  Checkpoint now{recovery_point, log_start, holes_below_, markers_from_, cleaned_to_, tombstone_bound_};
  written_.reset();
  FULMAR_TRY_VOID(replace_file(context_.host.disk(), directory_ + "/" + std::string(checkpoint_name),
                               ByteChain(Bytes::copy_of(now.encode()))));
  written_ = now;
  recovery_point_ = now.recovery_point;
  return {};
}

Result<void> PartitionLog::checkpoint() {
  if (offline_) return {};
  FULMAR_TRY_VOID(side_files_.settle());
  return alone([&]() -> Result<void> {
    auto now = next_recovery_point(log_start_);
    return now == recovery_point_ ? Result<void>() : write_checkpoint(now, log_start_);
  });
}

Result<void> PartitionLog::close() {
  if (offline_) return fail(Errc::io_error, "the log is offline");
  if (!wait_stable(log_end(), Deadline::never())) return fail(Errc::io_error, "the log is offline");
  return alone([&]() -> Result<void> {
    if (!active().empty()) side_files_.write(segments_.back(), std::nullopt);
    FULMAR_TRY_VOID(side_files_.settle());
    const Checkpoint now{stable_end_, log_start_, holes_below_, markers_from_, cleaned_to_, tombstone_bound_};
    bool as_written = written_ == now && !epochs_dirty_;
    return as_written ? Result<void>() : write_checkpoint(stable_end_, log_start_);
  });
}

}  // namespace fulmar
