#include "broker/log/retention.h"

#include <algorithm>

#include "broker/log/partition_log.h"
#include "runtime/host/clock.h"

namespace fulmar {

RetentionClock::RetentionClock(const Clock& clock)
    : clock_(clock), started_(clock.now()), wall_at_start_(clock.wall_ms()) {}

Timestamp RetentionClock::now_ms() const {
  auto elapsed_ms = (clock_.now() - started_).count() / 1'000'000;
  return std::min(clock_.wall_ms(), wall_at_start_ + elapsed_ms);
}

Result<void> PartitionLog::remove_segment_files(Segment& segment) {
  auto& disk = context_.host.disk();
  for (auto suffix : {".log", ".index", ".timeindex", ".snapshot"}) {
    auto removed = disk.remove(segment.path(suffix));
    if (!removed && removed.error().code != Errc::not_found) return removed;
  }
  return {};
}

Result<std::size_t> PartitionLog::apply_retention(Timestamp wall_ms) {
  LockGuard guard(changing_);
  if (offline_) return std::size_t{0};
  auto expired = [&](const Segment& segment, std::uint64_t total) {
    if (segment.next_offset() > stable_end_) return false;
    if (segment.next_offset() <= log_start_) return true;  // nothing in it can be read any more
    if (segment.next_offset() > expire_up_to_) return false;
    bool too_old = config_.retention_ms >= 0 && wall_ms - segment.max_timestamp() > config_.retention_ms;
    bool too_much =
        config_.retention_bytes >= 0 && total - segment.size() >= static_cast<std::uint64_t>(config_.retention_bytes);
    return too_old || too_much;
  };
  // The active segment is never taken; but if it is over as well, it is closed, so that it can go (as Kafka does).
  std::uint64_t total = size_bytes();
  std::size_t count = 0;
  Offset new_start = log_start_;
  for (const auto& segment : segments_) {
    if (segment->empty() || !expired(*segment, total)) break;
    total -= segment->size();
    new_start = std::max(new_start, segment->next_offset());
    ++count;
  }
  if (count == segments_.size()) {
    if (active().next_offset() > expire_up_to_ || active().max_timestamp() < 0 || config_.retention_ms < 0 ||
        wall_ms - active().max_timestamp() <= config_.retention_ms) {
      --count;
      new_start = std::max(log_start_, active().base_offset());
    } else {
      TRY_VOID(roll(log_end()));
    }
  }
  if (count == 0) return std::size_t{0};
  // The new start is written down first: a start in a segment that is gone would look like a loss.
  log_start_ = std::max(log_start_, new_start);
  side_files_.forget_until(log_start_);
  TRY_VOID(write_checkpoint(next_recovery_point()));
  for (std::size_t i = 0; i < count; ++i) {
    auto segment = segments_.front();
    log_.debug("segment expired", {{"segment", segment->path(".log")}, {"next_offset", segment->next_offset()}});
    segments_.pop_front();
    epochs_.truncate_until(held_from());
    TRY_VOID(remove_segment_files(*segment));
  }
  changed();
  return count;
}

}  // namespace fulmar
