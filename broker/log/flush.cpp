// Makes the appends to a partition log stable: with syncs that cover many appends each, and the marks that are set
// afterwards.
#include <algorithm>

#include "broker/log/partition_log.h"
#include "runtime/base/mark.h"
#include "runtime/fiber/at_once.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::size_t segment_syncs_at_once_max = 8;

}  // namespace

bool PartitionLog::wait_stable(Offset offset, Deadline deadline) {
  auto is_stable = [&] {
    if (offline_ || stable_end_ >= offset) return true;
    flush();
    return false;
  };
  auto waited = stable_moved_.wait(is_stable, deadline);
  return waited == WaitResult::woken && !offline_;
}

void PartitionLog::request_flush() {
  if (flushing_ || offline_) return;
  flushing_ = true;
  flushes_->run(fibers_, [this] { flush_turn(); });
}

// Group commit: the next sync covers all appends that were made during this one. Between the syncs of this log, other
// logs have theirs.
void PartitionLog::flush_turn() {
  if (!offline_ && stable_end_ < log_end()) {
    if (auto flushed = flush_once(); !flushed) {
      FULMAR_MARK("log: sync failed");
      go_offline(flushed.error());
    }
    tell();
  }
  flushing_ = false;
  // If records are acknowledged before they are synced, the next sync is when flush.messages or somebody asks for it.
  const bool goes_on = config_.acknowledges_synced() || unflushed_messages_ >= config_.flush_messages;
  if (stable_end_ < log_end() && goes_on)
    request_flush();
  else
    stable_moved_.notify_all();
}

Result<void> PartitionLog::flush_once() {
  auto end = log_end();
  auto cuts = cuts_;
  unflushed_messages_ = 0;
  bool names = std::exchange(directory_dirty_, false);
  // The epochs can be rebuilt from the batches above the recovery point, so a lack of space for them is no error.
  auto epochs = write_epochs();
  if (!epochs && !is_shortage(epochs.error().code)) {
    FULMAR_MARK("log: epochs can not be stored");
    return epochs;
  }
  std::vector<std::shared_ptr<Segment>> dirty;
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
    if (std::exchange((*segment)->needs_sync, false)) dirty.push_back(*segment);
    if ((*segment)->base_offset() < stable_end_) break;  // the segments before it were synced, and not cut since
  }
  std::reverse(dirty.begin(), dirty.end());
  // Appends continue during the sync.
  if (!dirty.empty()) {
    FULMAR_TRY_VOID(at_once(dirty, segment_syncs_at_once_max, [](const auto& segment) { return segment->sync(); }));
  }
  if (names) FULMAR_TRY_VOID(context_.host.disk().sync_directory(directory_));
  // If the log was cut meanwhile, the next sync covers what has taken its place. The mark is set before anything is
  // acknowledged, so that after a kill everything acknowledged is marked. Recovery trusts the file of epochs below the
  // mark, so the epochs have to be written.
  if (epochs && cuts == cuts_ && end > stable_end_) mark_synced(end, cuts);
  if (cuts == cuts_ && end > stable_end_) {
    stable_end_ = end;
    changed();
  }
  return {};
}

void PartitionLog::mark_synced(Offset end, std::uint64_t cuts) {
  LockGuard guard(marking_);
  if (cuts != cuts_) {
    FULMAR_MARK("log: cut while it was synced");
    return;
  }
  auto& segment = active();
  auto start_marked = segment.mark() ? segment.mark()->log_start : 0;
  auto marked = segment.set_mark({end, std::max(log_start_, start_marked), holes_below_, tombstone_bound_});
  if (marked || std::exchange(marks_fail_, true)) return;
  log_.warn("what is synced can't be marked: damage may be taken for a torn write after a crash",
            {{"partition", directory_}, {"reason", to_string(marked.error())}});
}

// Raises the segment's mark to `wanted` at least, on stable storage when this returns. A sync that fails takes the log
// offline.
Result<void> PartitionLog::mark_at_least(Segment& segment, const SyncedMark& wanted) {
  auto known = segment.mark().value_or(SyncedMark());
  SyncedMark mark{std::max(known.synced_end, wanted.synced_end), std::max(known.log_start, wanted.log_start),
                  std::max(known.holes_below, wanted.holes_below),
                  std::max(known.tombstone_bound, wanted.tombstone_bound)};
  if (mark == known) return {};
  auto marked = segment.set_mark(mark);
  if (!marked && marked.error().code == Errc::unsupported) return {};
  FULMAR_TRY_VOID(marked);
  auto synced = segment.sync();
  if (!synced) {
    FULMAR_MARK("log: sync of a mark failed");
    go_offline(synced.error());
  }
  return synced;
}

Result<void> PartitionLog::lower_marks(Offset offset) {
  std::vector<std::shared_ptr<Segment>> lowered;
  for (const auto& segment : segments_) {
    if (!segment->mark() || segment->mark()->synced_end <= offset) continue;
    lowered.push_back(segment);
  }
  for (const auto& segment : lowered)
    FULMAR_TRY_VOID(
        segment->set_mark({offset, std::min(offset, log_start_), std::min(offset, holes_below_), tombstone_bound_}));
  if (lowered.empty()) return {};
  return at_once(lowered, segment_syncs_at_once_max, [](const auto& segment) { return segment->sync(); });
}

}  // namespace fulmar
