#include "broker/log/partition_log.h"

#include <algorithm>
#include <cstring>

#include "broker/protocol/record_builder.h"
#include "runtime/base/assert.h"
#include "runtime/fiber/at_once.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::size_t segment_syncs_at_once_max = 8;

std::unexpected<Refusal> storage_error(std::string message) {
  return std::unexpected(Refusal{ErrorCode::kafka_storage_error, std::move(message)});
}

}  // namespace

PartitionLog::PartitionLog(LogContext& context, std::string directory, LogConfig config)
    : context_(context),
      directory_(std::move(directory)),
      config_(config),
      log_(context.host.log().named("log")),
      side_files_(context.host, directory_) {}

PartitionLog::~PartitionLog() = default;

Result<std::unique_ptr<PartitionLog>> PartitionLog::open(LogContext& context, std::string directory, LogConfig config,
                                                         bool clean, OnDamage on_damage, Epoch epoch_max) {
  std::unique_ptr<PartitionLog> log(new PartitionLog(context, directory, config));
  auto recovered = log->recover(clean, on_damage, epoch_max);
  if (!recovered && recovered.error().code == Errc::corrupt && on_damage == OnDamage::keep_good) {
    log->log_.error("damaged log: what is good is kept, the rest is for other replicas to give",
                    {{"partition", directory}, {"damage", recovered.error().detail}});
    TRY_VOID(log->mark_damage());
    log.reset(new PartitionLog(context, directory, config));
    recovered = log->recover(clean, on_damage, epoch_max);
  }
  TRY_VOID(recovered);
  return log;
}

void PartitionLog::changed() {
  stable_moved_.notify_all();
  if (on_change) on_change();
}

void PartitionLog::go_offline(const Error& why) {
  if (offline_) return;
  offline_ = true;
  side_files_.stop();
  log_.error("log goes offline", {{"partition", directory_}, {"reason", to_string(why)}});
  changed();
}

// On stable storage before anything is cut: a crash in between must not make the log look whole.
Result<void> PartitionLog::mark_damage() {
  return replace_file(context_.host.disk(), directory_ + "/" + std::string(damage_mark), ByteChain());
}

void PartitionLog::report_damage(const Error& what) {
  if (offline_) return;
  go_offline(what);
  if (auto marked = mark_damage(); !marked)
    log_.error("damage can't be marked", {{"partition", directory_}, {"reason", to_string(marked.error())}});
}

Result<void> PartitionLog::loss_is_noted() {
  auto& disk = context_.host.disk();
  TRY_VOID(disk.remove(directory_ + "/" + std::string(damage_mark)));
  TRY_VOID(disk.sync_directory(directory_));
  lost_synced_ = false;
  return {};
}

void PartitionLog::abandon() {
  offline_ = true;
  side_files_.stop();
  changed();
  // What was begun ends: soon the directory may be another log's.
  LockGuard guard(changing_);
  LockGuard epochs(writing_epochs_);
  side_files_.forget_from(0);
}

bool PartitionLog::must_roll(const BatchHeader& header) const {
  auto& segment = active();
  if (segment.empty()) return false;
  auto index_bytes = static_cast<std::int64_t>((segment.offset_index().size() + 1) * OffsetIndex::entry_size);
  auto age_ms = header.max_timestamp - segment.first_timestamp();  // by record time, as Kafka (KIP-33)
  return static_cast<std::int64_t>(segment.size() + header.size()) > config_.segment_bytes ||
         index_bytes > config_.segment_index_bytes ||
         !segment.offset_fits(segment.next_offset() + header.last_offset_delta) ||
         milliseconds(age_ms) > config_.segment_time;
}

Result<void> PartitionLog::roll(Offset base_offset) {
  auto next = std::make_shared<Segment>(context_.host.disk(), directory_, base_offset);
  TRY_VOID(next->open(true));
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
  if (rolled.error().code != Errc::no_space) go_offline(rolled.error());
  return storage_error(to_string(rolled.error()));
}

// Writes a batch as it is to be kept, and accounts for it.
Result<void, Refusal> PartitionLog::write_batch(const BatchHeader& header, const ByteChain& stored) {
  auto now = context_.host.clock().now();
  auto& segment = active();
  auto written = segment.append(header, stored, config_.index_interval_bytes, now);
  if (!written) {
    // Out of space is survived, if the half-written batch can be taken away again, for good: an unsynced cut might be
    // undone by a power loss when the log has long gone on behind it. Anything else is not to be trusted.
    bool survived = written.error().code == Errc::no_space && segment.cut_rubbish() && segment.sync();
    if (!survived) go_offline(written.error());
    return storage_error(to_string(written.error()));
  }
  if (epochs_.add(header.leader_epoch, header.base_offset)) epochs_dirty_ = true;
  producers_.update(header, now);
  unflushed_messages_ += header.record_count;
  if (unflushed_messages_ >= config_.flush_messages) request_flush();
  return {};
}

Result<void, Refusal> PartitionLog::append_replicated(const Bytes& batches) {
  LockGuard guard(changing_);
  if (offline_) return storage_error("the log is offline");
  for (std::size_t at = 0; at < batches.size();) {
    auto header = read_batch_header(batches.view().substr(at));
    bool whole = header && header->size() <= batches.size() - at && header->base_offset >= log_end() &&
                 header->leader_epoch >= epochs_.latest().value_or(-1);
    if (!whole || !batch_crc_matches(batches.view().substr(at, header->size())))
      return std::unexpected(Refusal{ErrorCode::corrupt_message, "a replicated batch is not whole and right"});
    TRY_VOID(make_room_for(*header));
    TRY_VOID(write_batch(*header, ByteChain(batches.slice(at, header->size()))));
    at += header->size();
  }
  if (!config_.acknowledges_synced()) changed();
  return {};
}

Result<Appended, Refusal> PartitionLog::append(const BatchHeader& client_header, const Bytes& batch, Epoch epoch) {
  LockGuard guard(changing_);
  if (offline_) return storage_error("the log is offline");
  auto verdict = producers_.check(client_header);
  if (!verdict) return std::unexpected(verdict.error());
  auto wall_ms = context_.host.clock().wall_ms();
  if (const auto& known = verdict->duplicate_of)
    return Appended{known->base_offset(), known->last_offset, config_.log_append_time ? known->timestamp : -1, true};
  TRY_VOID(make_room_for(client_header));
  BatchHeader header = client_header;
  header.base_offset = log_end();
  header.leader_epoch = epoch;

  // The header is written anew, with offset and epoch; the records are the client's own bytes.
  ByteChain stored;
  if (config_.log_append_time) {
    MutableBytes whole(batch.size());
    std::memcpy(whole.data(), batch.data(), batch.size());
    stamp_batch(whole.data(), header.base_offset, epoch);
    stamp_append_time(whole.data(), whole.size(), wall_ms);
    header.max_timestamp = wall_ms;
    header.attributes = static_cast<std::int16_t>(header.attributes | 0x08);
    stored.append(std::move(whole).freeze());
  } else {
    MutableBytes head(batch_header_size);
    write_batch_header(head.data(), header);
    stored.append(std::move(head).freeze());
    stored.append(batch.slice(batch_header_size));
  }

  TRY_VOID(write_batch(header, stored));
  if (!config_.acknowledges_synced()) changed();
  return Appended{header.base_offset, header.last_offset(), config_.log_append_time ? wall_ms : -1, false};
}

bool PartitionLog::wait_stable(Offset offset, Deadline deadline) {
  if (stable_end_ < offset && !flushing_) request_flush();
  auto waited = stable_moved_.wait([&] { return offline_ || stable_end_ >= offset; }, deadline);
  return waited == WaitResult::woken && !offline_;
}

void PartitionLog::request_flush() {
  if (flushing_ || offline_) return;
  flushing_ = true;
  fibers_.spawn("flush", [this] { flush_until_clean(); });
}

// Group commit: while one sync runs, appends gather, and the next sync covers them all.
void PartitionLog::flush_until_clean() {
  while (!offline_ && stable_end_ < log_end()) {
    context_.syncs.acquire(1);
    SemaphoreUnits permit(context_.syncs, 1);
    if (auto flushed = flush_once(); !flushed) go_offline(flushed.error());
  }
  flushing_ = false;
}

Result<void> PartitionLog::flush_once() {
  auto end = log_end();
  auto cuts = cuts_;
  unflushed_messages_ = 0;
  bool names = std::exchange(directory_dirty_, false);
  // They can be made again from the batches above the recovery point: no reason to stop for want of space.
  if (auto written = write_epochs(); !written && written.error().code != Errc::no_space) return written;
  std::vector<std::shared_ptr<Segment>> dirty;
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
    if (std::exchange((*segment)->needs_sync, false)) dirty.push_back(*segment);
    if ((*segment)->base_offset() < stable_end_) break;  // what is before was synced, and nothing was cut there since
  }
  std::reverse(dirty.begin(), dirty.end());
  // Appends go on while the device works.
  if (!dirty.empty()) {
    TRY_VOID(at_once(dirty, segment_syncs_at_once_max, [](const auto& segment) { return segment->sync(); }));
  }
  if (names) TRY_VOID(context_.host.disk().sync_directory(directory_));
  // What was cut away meanwhile, and what came in its place, is for the next turn.
  if (cuts == cuts_ && end > stable_end_) {
    stable_end_ = end;
    changed();
  }
  return {};
}

Result<Bytes> PartitionLog::read(Offset from, Offset up_to, std::size_t max_bytes, bool at_least_one) {
  if (offline_) return fail(Errc::io_error, "the log is offline");
  if (from < held_from() || from > log_end()) return fail(Errc::out_of_range, "offset " + std::to_string(from));
  if (from >= up_to) return Bytes();
  for (;;) {
    auto after = std::upper_bound(segments_.begin(), segments_.end(), from,
                                  [](Offset wanted, const auto& segment) { return wanted < segment->base_offset(); });
    if (after == segments_.begin()) return fail(Errc::out_of_range, "offset " + std::to_string(from));
    auto segment = *std::prev(after);
    auto next = after == segments_.end() ? up_to : (*after)->base_offset();
    TRY(Bytes batches, segment->read(from, up_to, max_bytes, at_least_one));
    // Nothing, though the segment has it: it is larger than max_bytes. Else the offsets have a hole up to the next
    // segment.
    if (!batches.empty() || next >= up_to || segment->next_offset() > from) return batches;
    from = next;
  }
}

Result<std::optional<OffsetAndTimestamp>> PartitionLog::find_in(Segment& segment, Timestamp ts, Offset up_to) {
  std::optional<BatchHeader> found;
  std::uint64_t found_at = 0;
  auto from = segment.base_offset() + segment.time_index().offset_before(ts);
  TRY_VOID(segment.scan(from, [&](const BatchHeader& header, std::uint64_t position) {
    if (header.control() || header.max_timestamp < ts) return true;
    if (header.last_offset() < log_start_ || header.last_offset() >= up_to) return true;
    found = header;
    found_at = position;
    return false;
  }));
  if (!found) return std::nullopt;
  TRY(Bytes batch, segment.read_batch(*found, found_at));
  TRY(auto records, read_records(batch, decompressed_batch_bytes_max));
  for (const auto& record : records)
    if (record.timestamp >= ts && record.offset >= log_start_)
      return OffsetAndTimestamp{record.offset, record.timestamp};
  return std::nullopt;
}

Result<std::optional<OffsetAndTimestamp>> PartitionLog::offset_for_timestamp(Timestamp ts, Offset up_to) {
  if (offline_) return fail(Errc::io_error, "the log is offline");
  LockGuard guard(changing_);
  for (auto& segment : segments_) {  // held still by the lock
    if (segment->max_timestamp() < ts || segment->next_offset() <= log_start_) continue;
    TRY(auto found, find_in(*segment, ts, up_to));
    if (found) return found;
  }
  return std::nullopt;
}

Result<std::optional<OffsetAndTimestamp>> PartitionLog::max_timestamp(Offset up_to) {
  if (offline_) return fail(Errc::io_error, "the log is offline");
  LockGuard guard(changing_);
  std::optional<OffsetAndTimestamp> found;
  for (auto& segment : segments_) {  // held still by the lock
    auto known = found ? found->timestamp : -1;
    if (segment->max_timestamp() <= known || segment->next_offset() <= log_start_ || segment->base_offset() >= up_to)
      continue;
    TRY(auto here, find_in(*segment, segment->max_timestamp(), up_to));
    if (!here) {  // what has it is a control batch, or lies at or above `up_to`
      Timestamp latest = -1;
      TRY_VOID(segment->scan(segment->base_offset(), [&](const BatchHeader& header, std::uint64_t) {
        if (header.last_offset() >= up_to) return false;
        if (!header.control() && header.last_offset() >= log_start_) latest = std::max(latest, header.max_timestamp);
        return true;
      }));
      if (latest > known) {
        TRY(here, find_in(*segment, latest, up_to));
      }
    }
    if (here && here->timestamp > known) found = here;
  }
  return found;
}

std::uint64_t PartitionLog::size_bytes() const {
  std::uint64_t total = 0;
  for (const auto& segment : segments_) total += segment->size();
  return total;
}

Result<void> PartitionLog::advance_start(Offset offset) {
  LockGuard guard(changing_);
  if (offline_) return fail(Errc::io_error, "the log is offline");
  if (offset > kept_end() || offset < 0) return fail(Errc::out_of_range, "offset " + std::to_string(offset));
  if (offset <= log_start_) return {};
  auto before = std::exchange(log_start_, offset);
  if (auto written = write_checkpoint(next_recovery_point()); !written) {
    // Whether the new start is on disk is not known; what was promised so far still holds.
    log_start_ = before;
    return written;
  }
  epochs_.truncate_until(held_from());
  changed();
  return {};
}

Result<void> PartitionLog::truncate_to(Offset offset) {
  LockGuard guard(changing_);
  ASSERT(offset >= held_from());
  auto done = offline_ ? Result<void>(fail(Errc::io_error, "the log is offline")) : cut(offset);
  if (!done) go_offline(done.error());
  return done;
}

Result<void> PartitionLog::cut(Offset offset) {
  ++cuts_;
  side_files_.forget_from(offset);
  // The checkpoint first: it then promises nothing that is about to go.
  if (recovery_point_ > offset) TRY_VOID(write_checkpoint(offset));
  while (segments_.size() > 1 && active().base_offset() >= offset) {
    TRY_VOID(remove_segment_files(active()));
    segments_.pop_back();
    directory_dirty_ = true;
  }
  auto& segment = active();
  if (segment.next_offset() > offset) {
    std::uint64_t position = segment.size();
    TRY_VOID(segment.scan(offset, [&](const BatchHeader& header, std::uint64_t at) {
      if (header.last_offset() < offset) return true;
      position = at;
      return false;
    }));
    TRY_VOID(segment.truncate(position, offset, config_.index_interval_bytes));
  }
  ++cuts_;  // a flush that began meanwhile saw what is gone
  stable_end_ = std::min(stable_end_, log_end());
  recovery_point_ = std::min(recovery_point_, log_end());
  epochs_.truncate_from(log_end());
  epochs_dirty_ = true;
  TRY_VOID(recover_producers());
  TRY_VOID(write_checkpoint(next_recovery_point()));
  changed();
  return {};
}

Result<void> PartitionLog::start_over(Offset offset, Epoch epoch) {
  LockGuard guard(changing_);
  if (offline_) return fail(Errc::io_error, "the log is offline");
  auto begin_anew = [&]() -> Result<void> {
    ++cuts_;
    side_files_.forget_from(0);
    // The checkpoint first: it then promises nothing that is about to go.
    stable_end_ = log_start_;
    TRY_VOID(write_checkpoint(std::min(held_from(), offset)));
    // Who looks meanwhile, or if this fails, sees what was.
    for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment)
      TRY_VOID(remove_segment_files(**segment));  // held still by the lock
    auto first = std::make_shared<Segment>(context_.host.disk(), directory_, offset);
    TRY_VOID(first->open(true));
    segments_ = {std::move(first)};
    producers_.clear();
    epochs_.truncate_from(0);
    if (epoch >= 0) epochs_.add(epoch, offset - 1);
    epochs_dirty_ = true;
    TRY_VOID(write_epochs());
    TRY_VOID(context_.host.disk().sync_directory(directory_));
    ++cuts_;  // a flush that began meanwhile saw what is gone
    log_start_ = stable_end_ = offset;
    return write_checkpoint(stable_end_);
  };
  auto done = begin_anew();
  if (!done)
    go_offline(done.error());
  else
    changed();
  return done;
}

// Nothing, if the file has them. An error leaves them to be written later.
Result<void> PartitionLog::write_epochs() {
  LockGuard guard(writing_epochs_);
  if (offline_) return fail(Errc::io_error, "the log is offline");
  if (!std::exchange(epochs_dirty_, false)) return {};
  auto written = replace_file(context_.host.disk(), directory_ + "/leader-epoch-checkpoint",
                              ByteChain(Bytes::copy_of(epochs_.encode())));
  if (!written) epochs_dirty_ = true;
  return written;
}

// Recovery believes what lies beside a segment that ends below the recovery point.
Offset PartitionLog::next_recovery_point() const {
  auto believed = std::max(side_files_.current_up_to(), log_start_);
  return std::max(recovery_point_, std::min(stable_end_, believed));
}

Result<void> PartitionLog::write_checkpoint(Offset recovery_point) {
  TRY_VOID(write_epochs());  // of what is below the recovery point, the next recovery will believe them
  if (offline_) return fail(Errc::io_error, "the log is offline");
  Checkpoint now{recovery_point, log_start_};
  TRY_VOID(replace_file(context_.host.disk(), directory_ + "/" + std::string(checkpoint_name),
                        ByteChain(Bytes::copy_of(now.encode()))));
  recovery_point_ = now.recovery_point;
  return {};
}

Result<void> PartitionLog::checkpoint() {
  if (offline_) return {};
  TRY_VOID(side_files_.settle());
  LockGuard guard(changing_);
  auto now = next_recovery_point();
  return now == recovery_point_ ? Result<void>() : write_checkpoint(now);
}

Result<void> PartitionLog::close() {
  if (offline_) return fail(Errc::io_error, "the log is offline");
  if (!wait_stable(log_end(), Deadline::never())) return fail(Errc::io_error, "the log is offline");
  LockGuard guard(changing_);
  side_files_.write(segments_.back(), std::nullopt);
  TRY_VOID(side_files_.settle());
  return write_checkpoint(stable_end_);
}

}  // namespace fulmar
