#include "broker/log/rewriting.h"

#include <algorithm>
#include <limits>
#include <set>

#include "broker/log/partition_log.h"
#include "broker/protocol/record_validation.h"
#include "broker/protocol/work.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::uint64_t segment_bytes_max =
    std::numeric_limits<std::int32_t>::max();  // the largest position of an index

}  // namespace

// The closed segments from `base` on, at most `count`, that end at or below `up_to` and fit into one segment.
std::vector<std::shared_ptr<Segment>> PartitionLog::closed_run(Offset base, std::size_t count, Offset up_to) const {
  std::vector<std::shared_ptr<Segment>> run;
  std::uint64_t bytes = 0;
  for (const auto& segment : segments_) {
    if (segment->base_offset() < base) continue;
    if (run.empty() && segment->base_offset() != base) break;
    bytes += segment->size();
    bool fits = run.size() < count && segment != segments_.back() && segment->next_offset() <= up_to &&
                segment->damage().empty() && !segment->empty() && bytes <= segment_bytes_max &&
                (run.empty() || run.front()->offset_fits(segment->next_offset()));
    if (!fits) break;
    run.push_back(segment);
  }
  return run;
}

Result<void> PartitionLog::note_cleaned(Offset offset, std::uint64_t cuts) {
  return alone([&]() -> Result<void> {
    if (offline_) return fail(Errc::io_error, "the log is offline");
    // It may have been started over while this call waited.
    if (cuts != cuts_) {
      FULMAR_MARK("compaction: log cut meanwhile");
      return fail(Errc::closed, "the log was cut meanwhile");
    }
    FULMAR_ASSERT(offset <= stable_end_);
    if (offset <= cleaned_to_) return {};
    auto before = std::exchange(cleaned_to_, offset);
    auto written = write_checkpoint(recovery_point_, log_start_);
    if (!written) cleaned_to_ = before;
    return written;
  });
}

Result<void> PartitionLog::note_tombstone_bound(Offset offset) {
  return alone([&]() -> Result<void> {
    if (offline_) return fail(Errc::io_error, "the log is offline");
    if (offset <= tombstone_bound_) return {};
    LockGuard marking(marking_);
    FULMAR_TRY_VOID(mark_at_least(active(), {.tombstone_bound = offset}));  // in case the checkpoint is damaged
    auto before = std::exchange(tombstone_bound_, offset);
    auto written = write_checkpoint(recovery_point_, log_start_);
    if (!written) tombstone_bound_ = before;
    return written;
  });
}

// Whether the batch is needed to recognise a producer's duplicates after a restart (in Kafka, the last batch of each
// producer stays for that).
bool PartitionLog::tells_of_repetition(const BatchHeader& header) const {
  auto known = producers_.producers().find(header.producer_id);
  if (!header.idempotent() || known == producers_.producers().end()) return false;
  const auto& producer = known->second;
  return std::any_of(producer.batches.begin(), producer.batches.begin() + static_cast<std::ptrdiff_t>(producer.count),
                     [&](const auto& batch) { return batch.last_offset == header.last_offset(); });
}

// Whether the marker has to stay to tell the epoch of a producer, and of its coordinator, after a restart: otherwise a
// fenced one of either could write again. Kafka keeps the last batch of each producer for that.
bool PartitionLog::tells_of_producer(const BatchHeader& header, const EndMarker& marker) const {
  auto known = producers_.producers().find(header.producer_id);
  if (known == producers_.producers().end()) return false;
  const auto& producer = known->second;
  if (producer.last_marker >= 0) return header.base_offset >= producer.last_marker;
  return marker.coordinator_epoch >= producer.coordinator_epoch;  // it may be the last
}

Result<std::optional<Rewritten>> PartitionLog::rewrite(Offset base, std::size_t count, Offset up_to,
                                                       const KeepRecord& keep, const Expiry& expiry) {
  LockGuard alone(rewriting_);
  if (offline_) return fail(Errc::io_error, "the log is offline");
  FULMAR_TRY_VOID(remove_replaced());
  Rewritten rewritten;
  rewritten.cuts = cuts_;
  rewritten.before = closed_run(base, count, std::min(up_to, stable_end_));
  if (rewritten.before.empty()) return std::nullopt;
  // Files keep their names until nobody reads them, and this segment's will get the same name as its predecessor's.
  for (const auto& segment : rewritten.before)
    if (std::ranges::find(replaced_, segment->base_offset(), &Segment::base_offset) != replaced_.end())
      return fail(Errc::closed, "a segment is still read that one of these has replaced");
  auto& files = *context_.files;
  rewritten.after = std::make_shared<Segment>(files, directory_, base);
  auto path = rewritten.after->path(cleaned_suffix);
  auto written = write_rewritten(rewritten, keep, expiry);
  if (written && *written) return rewritten;
  if (offline_) return fail(Errc::io_error, "the log is offline");
  rewritten.after.reset();
  auto removed = files.remove(path);
  if (!written) return std::unexpected(written.error());
  if (!removed && removed.error().code != Errc::not_found) return std::unexpected(removed.error());
  return std::nullopt;
}

// What is left of the batch.
Result<Bytes> PartitionLog::rewrite_batch(const BatchHeader& header, const Bytes& batch, const KeepRecord& keep,
                                          const Expiry& expiry) const {
  work_in_slices(unpack_work(batch.size()) + walk_work(batch.size()));
  if (!header.control()) {
    FULMAR_TRY(auto left, keep_records(batch, decompressed_batch_bytes_max, keep, expiry.delete_horizon));
    return header.transactional() ? without_transaction(left) : left;
  }
  auto marker = read_end_marker(batch);
  if (!marker) return batch;
  if (!tells_of_producer(header, *marker) && expiry.marker_goes(header)) return build_filler(header);
  return keep_records(
      batch, decompressed_batch_bytes_max, [](const ReadRecord&) { return true; }, expiry.delete_horizon);
}

// Writes and syncs the new segment. False if it would be the same as the old one.
Result<bool> PartitionLog::write_rewritten(Rewritten& rewritten, const KeepRecord& keep, const Expiry& expiry) {
  auto& after = *rewritten.after;
  const auto now = context_.host.clock().now();
  const auto end = rewritten.before.back()->next_offset();
  FULMAR_TRY_VOID(after.open(true, now, cleaned_suffix));
  Timestamp modified = 0;
  const AbortedBatches aborted(this->aborted(after.base_offset(), end));
  const KeepRecord keep_none = [](const ReadRecord&) { return false; };
  std::set<Offset> markers_gone;
  for (const auto& segment : rewritten.before) {
    FULMAR_TRY(auto at, segment->modified_ms());
    modified = std::max(modified, at);
    Result<void> done;
    auto copy = [&](const BatchHeader& header, std::uint64_t position) -> Result<void> {
      if (offline_) return fail(Errc::io_error, "the log is offline");
      FULMAR_TRY(Bytes batch, segment->read_batch(header, position));
      // Aborted records are removed: no consumer reads them.
      FULMAR_TRY(auto left, rewrite_batch(header, batch, aborted.has(header) ? keep_none : keep, expiry));
      FULMAR_TRY(auto kept, read_batch_header(left.view()));
      if (header.control() && kept.record_count == 0) {
        FULMAR_MARK("compaction: marker removed");
        markers_gone.insert(header.base_offset);
      }
      bool stays = kept.record_count > 0 || header.next_offset() == end || tells_of_repetition(header);
      if (!stays) {
        rewritten.batches.push_back({header, std::nullopt});
        return {};
      }
      if (kept.crc != header.crc) {
        if (kept.codec() != Compression::none) work_in_slices(pack_work(left.size()));
        rewritten.batches.push_back({header, kept});
      }
      if (header.base_offset > after.next_offset()) rewritten.holes_below = header.base_offset;
      return after.append(kept, ByteChain(left), config_.index_interval_bytes, now);
    };
    FULMAR_TRY_VOID(segment->scan(segment->base_offset(), [&](const BatchHeader& header, std::uint64_t position) {
      done = copy(header, position);
      return done.has_value();
    }));
    FULMAR_TRY_VOID(done);
    // A consumer that is told of an aborted transaction skips all batches of its producer up to the marker.
    for (const auto& entry : segment->aborted().entries())
      if (markers_gone.contains(entry.last_offset))
        rewritten.forgets_aborted = true;
      else
        after.add_aborted(entry);
  }
  after.expect_markers_from(markers_from_);
  if (rewritten.batches.empty() && rewritten.before.size() == 1) {
    FULMAR_MARK("compaction: nothing to remove");
    return false;
  }
  FULMAR_ASSERT(after.next_offset() == end);
  FULMAR_TRY_VOID(after.set_modified_ms(modified));
  SyncedMark mark{end, 0, rewritten.holes_below, 0};
  for (const auto& segment : rewritten.before) {
    if (!segment->mark()) continue;
    mark.synced_end = std::max(mark.synced_end, segment->mark()->synced_end);
    mark.log_start = std::max(mark.log_start, segment->mark()->log_start);
    mark.tombstone_bound = std::max(mark.tombstone_bound, segment->mark()->tombstone_bound);
  }
  if (auto marked = after.set_mark(mark); !marked && marked.error().code != Errc::unsupported)
    return std::unexpected(marked.error());
  FULMAR_TRY_VOID(after.sync());
  after.needs_sync = false;
  return true;
}

bool PartitionLog::can_replace(const Rewritten& rewritten) const {
  auto first = std::find(segments_.begin(), segments_.end(), rewritten.before.front());
  return !offline_ && cuts_ == rewritten.cuts &&
         segments_.end() - first > static_cast<std::ptrdiff_t>(rewritten.before.size()) &&
         std::equal(rewritten.before.begin(), rewritten.before.end(), first);
}

Result<bool> PartitionLog::replace_segments(Rewritten rewritten) {
  return alone([&] { return swap_in(rewritten); });
}

Result<bool> PartitionLog::swap_in(Rewritten& rewritten) {
  auto& files = *context_.files;
  auto& disk = context_.host.disk();
  if (!can_replace(rewritten)) {
    FULMAR_MARK("compaction: rewritten segment comes too late");
    auto path = rewritten.after->path(cleaned_suffix);
    rewritten.after.reset();
    if (!offline_) FULMAR_TRY_VOID(files.remove(path));
    return false;
  }
  auto first = std::find(segments_.begin(), segments_.end(), rewritten.before.front());
  const auto count = static_cast<std::ptrdiff_t>(rewritten.before.size());
  auto& after = rewritten.after;
  auto name = [](const Segment& segment, std::string_view suffix) { return segment.path(suffix); };
  FULMAR_TRY_VOID(allow_holes_below(rewritten.holes_below));
  after->allow_holes_below(holes_below_);
  LockGuard marking(marking_);
  side_files_.forget_run(after->base_offset(), after->next_offset());
  FULMAR_TRY_VOID(files.rename(name(*after, cleaned_suffix), name(*after, swap_suffix)));
  // From here on the replacement is decided: after a failure the next start completes it.
  auto done = [&]() -> Result<void> {
    FULMAR_TRY_VOID(disk.sync_directory(directory_));
    for (const auto& segment : rewritten.before) {
      FULMAR_TRY_VOID(files.rename(name(*segment, ".log"), name(*segment, replaced_suffix)));
      for (std::string_view suffix : {".index", ".timeindex", ".snapshot", ".txnindex"}) {
        if (suffix == ".txnindex" && !segment->in_log_with_markers()) continue;
        if (suffix == ".snapshot" && segment == rewritten.before.front()) continue;  // it is of the records before
        auto removed = disk.remove(name(*segment, suffix));
        if (!removed && removed.error().code != Errc::not_found) return removed;
      }
    }
    FULMAR_TRY_VOID(disk.sync_directory(directory_));
    FULMAR_TRY_VOID(files.rename(name(*after, swap_suffix), name(*after, ".log")));
    return disk.sync_directory(directory_);
  }();
  if (!done) {
    FULMAR_MARK("compaction: replacement failed");
    go_offline(done.error());
    return std::unexpected(done.error());
  }
  log_.debug("segments rewritten", {{"segment", after->path(".log")},
                                    {"next_offset", after->next_offset()},
                                    {"segments", rewritten.before.size()},
                                    {"bytes", after->size()}});
  if (rewritten.forgets_aborted) {
    FULMAR_MARK("compaction: aborted transactions forgotten");
    ++aborted_forgotten_;
  }
  *first = after;
  segments_.erase(first + 1, first + count);
  side_files_.write_again(after);
  for (auto& segment : rewritten.before) replaced_.push_back(std::move(segment));
  rewritten.before.clear();
  FULMAR_TRY_VOID(remove_replaced());
  return true;
}

// Removes the files of replaced segments that nobody reads any more.
Result<void> PartitionLog::remove_replaced() {
  for (;;) {
    auto unread = std::find_if(replaced_.begin(), replaced_.end(), [](const auto& s) { return s.use_count() == 1; });
    if (unread == replaced_.end()) return {};
    auto path = (*unread)->path(replaced_suffix);
    replaced_.erase(unread);
    auto removed = context_.host.disk().remove(path);
    if (!removed && removed.error().code != Errc::not_found) return removed;
  }
}

// At a start: removes files that were not complete, and completes a replacement that was decided.
Result<void> PartitionLog::finish_rewriting(std::vector<DirectoryEntry>& entries) {
  auto& disk = context_.host.disk();
  bool any = false;
  auto remove = [&](const std::string& name) -> Result<void> {
    auto removed = disk.remove(directory_ + "/" + name);
    if (!removed && removed.error().code != Errc::not_found) return removed;
    any = true;
    return {};
  };
  for (const auto& entry : entries) {
    if (entry.name.ends_with(cleaned_suffix)) {
      FULMAR_MARK("compaction: unfinished segment removed");
      FULMAR_TRY_VOID(remove(entry.name));
    }
    auto base = parse_segment_file_name(entry.name, swap_suffix);
    if (!base) continue;
    // It was complete and synced before it got this name. If it is damaged now, the missing records are damage of the
    // log.
    Segment swap(*context_.files, directory_, *base);
    FULMAR_TRY_VOID(swap.open(false, context_.host.clock().now(), swap_suffix));
    swap.allow_holes_below(std::numeric_limits<Offset>::max());
    FULMAR_TRY_VOID(swap.rebuild(true, config_.index_interval_bytes, nullptr));
    for (const auto& other : entries)
      for (std::string_view suffix : {".log", ".index", ".timeindex", ".snapshot", ".txnindex"}) {
        auto at = parse_segment_file_name(other.name, suffix);
        bool replaced = at && *at >= *base && *at < swap.next_offset() && (suffix != ".snapshot" || *at > *base);
        if (replaced) FULMAR_TRY_VOID(remove(other.name));
      }
    FULMAR_TRY_VOID(disk.sync_directory(directory_));
    FULMAR_TRY_VOID(context_.files->rename(swap.path(swap_suffix), swap.path(".log")));
    FULMAR_MARK("compaction: replacement completed at a start");
    log_.info("rewritten segments put in place", {{"segment", swap.path(".log")}, {"next_offset", swap.next_offset()}});
    FULMAR_TRY_VOID(disk.sync_directory(directory_));
    any = true;
  }
  for (const auto& entry : entries)
    if (entry.name.ends_with(replaced_suffix)) FULMAR_TRY_VOID(remove(entry.name));
  if (any) {
    FULMAR_TRY(entries, disk.list(directory_));
  }
  return {};
}

}  // namespace fulmar
