// The producers and transactions of a log, from its batches: at a start, after a cut, and with each append.
#include <algorithm>

#include "broker/log/partition_log.h"
#include "broker/protocol/work.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::size_t snapshot_bytes_max = std::size_t{16} << 20;
constexpr Duration aborted_entry_work = nanoseconds(5);

}  // namespace

// The segment from which on all batches have to be read: the one before the last, since a snapshot has only the last
// batch of each producer, and duplicates of the last five have to be recognised; or the first whose aborted
// transactions are not known.
std::size_t PartitionLog::producers_told_before() const {
  std::size_t from = segments_.size() >= 2 ? segments_.size() - 2 : 0;
  for (std::size_t i = 0; i < from; ++i)
    if (!segments_[i]->aborted_known()) {
      FULMAR_MARK("producers: aborted transactions read again");
      return i;
    }
  return from;
}

// Loads the state from a snapshot, and updates it with all batches since. A snapshot may be from before the batches
// were cleaned, and name a transaction whose records are not part of it any more, and whose marker is gone.
Result<void> PartitionLog::recover_producers() {
  producers_.clear();
  auto now = context_.host.clock().now();
  auto& disk = context_.host.disk();
  std::size_t from = producers_told_before();
  const auto cleaned = std::max(cleaned_to_, tombstone_bound_);  // no batch below is part of a transaction
  for (;; --from) {
    // Before the first segment, only the beginnings of transactions matter.
    if (from == 0 && markers_from_ < 0) break;
    auto bytes = read_file(disk, segments_[from]->path(".snapshot"), snapshot_bytes_max);
    const bool read = bytes && producers_.decode(*bytes, now);
    if (read && segments_[from]->base_offset() <= cleaned) producers_.forget_transactions();
    if (read && (from == 0 || producers_.open_since() >= cleaned)) break;
    FULMAR_MARK("producers: snapshot unusable");
    producers_.clear();
    if (from == 0) break;
  }
  producers_from_ = segments_[from]->base_offset();
  auto markers_from = markers_from_;
  for (std::size_t i = from; i < segments_.size(); ++i) {
    auto& segment = *segments_[i];
    Result<void> done;
    auto visit = [&](const BatchHeader& header, std::uint64_t position) -> Result<void> {
      std::optional<EndMarker> marker;
      if (header.control()) {
        FULMAR_TRY(Bytes batch, segment.read_batch(header, position));
        marker = read_end_marker(batch);
        if (markers_from < 0 || header.base_offset < markers_from) markers_from = header.base_offset;
      }
      auto ended = producers_.update(header, marker, now);
      if (ended && !ended->committed && !segment.aborted_known())
        segment.add_aborted({ended->producer_id, ended->first_offset, ended->last_offset, ended->last_stable_offset});
      note_epoch(header);
      return {};
    };
    FULMAR_TRY_VOID(segment.scan(segment.base_offset(), [&](const BatchHeader& header, std::uint64_t position) {
      done = visit(header, position);
      return done.has_value();
    }));
    FULMAR_TRY_VOID(done);
    segment.aborted_are_known();
  }
  // The log's checkpoint did not know of these markers.
  if (markers_from != markers_from_) {
    FULMAR_MARK("producers: markers that the checkpoint lacks");
    for (auto& segment : segments_) segment->expect_markers_from(markers_from);
  }
  markers_from_ = markers_from;
  return {};
}

// The batch was appended to the segment.
void PartitionLog::update_producers(Segment& segment, const BatchHeader& header,
                                    const std::optional<EndMarker>& marker) {
  auto ended = producers_.update(header, marker, context_.host.clock().now());
  if (ended && !ended->committed)
    segment.add_aborted({ended->producer_id, ended->first_offset, ended->last_offset, ended->last_stable_offset});
}

// Stored before the first marker is appended: otherwise a start would not notice that a .txnindex file is missing.
Result<void> PartitionLog::allow_markers_from(Offset offset) {
  if (markers_from_ >= 0 && offset >= markers_from_) return {};
  FULMAR_MARK("producers: first marker of a log");
  auto before = std::exchange(markers_from_, offset);
  if (auto written = write_checkpoint(recovery_point_, log_start_); !written) {
    markers_from_ = before;
    return written;
  }
  for (auto& segment : segments_) segment->expect_markers_from(offset);
  return {};
}

std::optional<Offset> PartitionLog::last_stable_offset(Offset committed) const {
  // A transaction may have ended between the two, with a marker that is not committed.
  if (markers_from_ >= 0 && committed < producers_from_) {
    FULMAR_MARK("producers: stable offset not known again yet");
    return std::nullopt;
  }
  auto unstable = producers_.first_unstable(committed);
  return std::max(std::min(committed, unstable.value_or(committed)), std::min(committed, log_start_));
}

std::vector<AbortedTransaction> PartitionLog::aborted(Offset from, Offset up_to) const {
  std::vector<AbortedTransaction> found;
  if (markers_from_ < 0) return found;
  auto segment = std::upper_bound(segments_.begin(), segments_.end(), from,
                                  [](Offset wanted, const auto& other) { return wanted < other->base_offset(); });
  if (segment != segments_.begin()) --segment;
  while (segment != segments_.end() && (*segment)->aborted().find(from, up_to, found)) ++segment;
  declare_work(aborted_entry_work * static_cast<std::int64_t>(found.size()));
  return found;
}

}  // namespace fulmar
