// Appends of followers: the leader's batches, and empty batches where the leader's log has a hole at the end.
//
// Compaction removes batches from logs, on each replica at another time. Offsets stay the same, so holes remain: within
// a file, between two batches. A segment or log never ends with a hole: an empty batch, without records, takes the
// place of the removed ones there. So a segment ends where the next one begins, and a file that is missing or too short
// is recognised as damage.
#include <algorithm>
#include <limits>

#include "broker/log/partition_log.h"
#include "broker/protocol/record_builder.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

std::unexpected<Refusal> storage_error(std::string message) {
  return std::unexpected(Refusal{ErrorCode::kafka_storage_error, std::move(message)});
}

// The end of the last hole before one of these batches, if they are appended at `log_end`; 0: there is none.
Offset last_hole(const Replicated& given, Offset log_end) {
  Offset hole = 0;
  auto next = log_end;
  for (std::size_t at = 0; at < given.batches.size();) {
    auto header = read_batch_header(given.batches.view().substr(at));
    if (!header) break;
    if (header->base_offset > next) hole = header->base_offset;
    next = header->next_offset();
    at += header->size();
  }
  return hole;
}

// Adds those that begin in [from, up_to], and those that begin before `from` and are not known yet. Returns whether
// there are any.
bool begin_in(EpochCache& cache, std::span<const EpochCache::Entry> epochs, Offset from, Offset up_to) {
  bool news = false;
  for (const auto& entry : epochs)
    if (entry.start_offset <= up_to && entry.epoch > cache.latest().value_or(-1))
      news = cache.add(entry.epoch, std::max(entry.start_offset, from)) || news;
  return news;
}

}  // namespace

Result<void, Refusal> PartitionLog::append_replicated(const Replicated& batches) {
  return alone([&] { return write_replicated(batches); });
}

Result<void, Refusal> PartitionLog::write_replicated(const Replicated& given) {
  if (offline_ || end_unknown_) return storage_error("the log is offline, or its end is damaged");
  if (auto allowed = allow_holes_below(last_hole(given, log_end())); !allowed)
    return storage_error(to_string(allowed.error()));
  for (std::size_t at = 0; at < given.batches.size();) {
    auto header = read_batch_header(given.batches.view().substr(at));
    if (!header || header->size() > given.batches.size() - at) {
      FULMAR_MARK("log: replicated batch not whole");
      return std::unexpected(Refusal{ErrorCode::corrupt_message, "a replicated batch is not whole"});
    }
    FULMAR_TRY_VOID(write_one_replicated(given.batches.slice(at, header->size()), *header, given));
    at += header->size();
  }
  if (given.end > log_end()) {
    FULMAR_MARK("log: hole at the end of an append");
    begin_epochs(given.epochs, log_end(), given.end - 1);
    FULMAR_TRY_VOID(stand_in(given.end, given.on_written));
  }
  if (!config_.acknowledges_synced()) changed();
  return {};
}

Result<void, Refusal> PartitionLog::write_one_replicated(const Bytes& batch, const BatchHeader& header,
                                                         const Replicated& given) {
  if (header.base_offset < log_end() || !batch_crc_matches(batch.view())) {
    FULMAR_MARK("log: replicated batch not right");
    return std::unexpected(Refusal{ErrorCode::corrupt_message, "a replicated batch is not right, or overlaps"});
  }
  auto latest = epochs_.latest().value_or(-1);
  for (const auto& entry : given.epochs)
    if (entry.start_offset <= header.base_offset) latest = std::max(latest, entry.epoch);
  if (header.leader_epoch < latest) {
    FULMAR_MARK("log: replicated batch of an earlier epoch");
    return std::unexpected(Refusal{ErrorCode::corrupt_message, "a replicated batch is of an earlier epoch"});
  }
  // Indexes have offsets relative to the segment's base; a hole may be too long for that.
  if (header.last_offset() - log_end() > std::numeric_limits<std::int32_t>::max()) {
    begin_epochs(given.epochs, log_end(), header.base_offset - 1);
    FULMAR_TRY_VOID(stand_in(header.base_offset, given.on_written));
  }
  FULMAR_TRY_VOID(make_room_for(header));
  if (header.base_offset > log_end()) FULMAR_TRY_VOID(store_epochs_in_hole(header, given.epochs));
  auto written = write_batch(header, ByteChain(batch), given.epochs);
  epochs_ahead_.reset();
  if (!written) {
    epochs_dirty_ = true;
    return written;
  }
  if (given.on_written) given.on_written(header);
  return {};
}

// Where an epoch begins in the hole before a batch, no batch tells. So the file has it before the batch is there: a
// start cuts off a batch of an epoch whose beginning is unknown, even one that was synced and acknowledged while there
// was no room for the file. In memory epochs begin with the batch: one that the log has nothing of would make it win.
Result<void, Refusal> PartitionLog::store_epochs_in_hole(const BatchHeader& header,
                                                         std::span<const EpochCache::Entry> epochs) {
  auto ahead = epochs_;
  bool news = begin_in(ahead, epochs, log_end(), header.base_offset);
  if (header.leader_epoch > ahead.latest().value_or(-1))
    news = ahead.add(header.leader_epoch, header.base_offset) || news;
  if (!news) return {};
  epochs_ahead_ = std::move(ahead);
  epochs_dirty_ = true;
  auto written = write_epochs();
  if (written) return {};
  FULMAR_MARK("log: epochs in a hole not written");
  epochs_ahead_.reset();
  context_.shortage.refused(directory_, written.error());
  if (!is_shortage(written.error().code)) go_offline(written.error());
  return storage_error(to_string(written.error()));
}

void PartitionLog::begin_epochs(std::span<const EpochCache::Entry> epochs, Offset from, Offset up_to) {
  epochs_dirty_ = begin_in(epochs_, epochs, from, up_to) || epochs_dirty_;
}

// Stored before there is a hole: recovery treats any other hole as damage.
Result<void> PartitionLog::allow_holes_below(Offset offset) {
  if (offset <= holes_below_) return {};
  FULMAR_MARK("log: holes allowed");
  auto before = std::exchange(holes_below_, offset);
  if (auto written = write_checkpoint(recovery_point_, log_start_); !written) {
    holes_below_ = before;
    return written;
  }
  for (auto& segment : segments_) segment->allow_holes_below(offset);
  return {};
}

// Extends the log to `to` with empty batches, which take the place of removed ones. They have the epochs that are known
// for their offsets.
Result<void, Refusal> PartitionLog::stand_in(Offset to, const OnWritten& on_written) {
  constexpr Offset delta_max = std::numeric_limits<std::int32_t>::max();
  while (log_end() < to) {
    BatchHeader header;
    header.base_offset = log_end();
    auto next = to;
    for (const auto& entry : epochs_.entries())
      if (entry.start_offset > header.base_offset) next = std::min(next, entry.start_offset);
    header.leader_epoch = epochs_.epoch_of(header.base_offset).value_or(epochs_.latest().value_or(0));
    header.last_offset_delta = static_cast<std::int32_t>(std::min(next - header.base_offset - 1, delta_max));
    FULMAR_MARK("log: empty batch stands in");
    auto batch = build_empty_batch(header);
    header = *read_batch_header(batch.view());
    auto written = make_room_for(header);
    if (written) written = write_batch(header, ByteChain(batch));
    if (!written) {
      // Epochs that were to begin from here on have not: the log would pass for one that has more than it has.
      FULMAR_MARK("log: empty batch not written");
      epochs_.truncate_from(log_end());
      epochs_dirty_ = true;
      return written;
    }
    if (on_written) on_written(header);
  }
  return {};
}

}  // namespace fulmar
