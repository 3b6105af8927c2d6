#include "broker/log/retention.h"

#include <algorithm>
#include <limits>

#include "broker/log/partition_log.h"
#include "runtime/base/mark.h"
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
  for (std::string_view suffix : {".log", ".index", ".timeindex", ".snapshot", ".txnindex"}) {
    if (suffix == ".txnindex" && !segment.in_log_with_markers()) continue;
    auto removed = disk.remove(segment.path(suffix));
    if (!removed && removed.error().code != Errc::not_found) return removed;
  }
  return {};
}

// The age of the segment's newest record, by its timestamp; if no record has one, by the file's modification time, as
// in Kafka (LogSegment.largestTimestamp). In case the wall clock was behind at that time, the age is then at most the
// monotonic time since the last append.
Result<std::int64_t> PartitionLog::age_ms(Segment& segment, Timestamp wall_ms) const {
  auto newest = segment.max_timestamp();
  if (newest < 0) {
    FULMAR_TRY(newest, segment.modified_ms());
  }
  if (newest >= wall_ms) return 0;
  std::int64_t age = 0;
  if (__builtin_sub_overflow(wall_ms, newest, &age)) age = std::numeric_limits<std::int64_t>::max();
  if (segment.max_timestamp() >= 0 || !segment.last_append()) return age;
  return std::min(age, (context_.host.clock().now() - *segment.last_append()).count() / 1'000'000);
}

Result<std::size_t> PartitionLog::apply_retention(Timestamp wall_ms, Offset up_to) {
  return alone([&]() -> Result<std::size_t> {
    if (offline_) return std::size_t{0};
    return expire(wall_ms, up_to);
  });
}

Result<std::size_t> PartitionLog::expire(Timestamp wall_ms, Offset up_to) {
  auto too_old = [&](Segment& segment) -> Result<bool> {
    if (!config_.deletes || config_.retention_ms < 0) return false;
    FULMAR_TRY(auto age, age_ms(segment, wall_ms));
    if (segment.max_timestamp() > wall_ms && !std::exchange(segment.future_is_told, true)) {
      FULMAR_MARK("log: segment with timestamps of the future");
      log_.warn("a segment has timestamps in the future, and is kept until they are old",
                {{"segment", segment.path(".log")}, {"max_timestamp", segment.max_timestamp()}});
    }
    return age > config_.retention_ms;
  };
  auto expired = [&](Segment& segment, std::uint64_t total) -> Result<bool> {
    if (segment.next_offset() > stable_end_) return false;
    if (segment.next_offset() <= log_start_) {
      FULMAR_MARK("log: segment below the start expired");
      // All of its records are deleted.
      return true;
    }
    if (segment.next_offset() > up_to) return false;
    bool too_much = config_.deletes && config_.retention_bytes >= 0 &&
                    total - segment.size() >= static_cast<std::uint64_t>(config_.retention_bytes);
    return too_much ? Result<bool>(true) : too_old(segment);
  };
  std::uint64_t total = size_bytes();
  std::size_t count = 0;
  Offset new_start = log_start_;
  for (const auto& segment : segments_) {  // the lock keeps others from changing it
    if (segment->empty()) break;
    FULMAR_TRY(bool over, expired(*segment, total));
    if (!over) break;
    total -= segment->size();
    new_start = std::max(new_start, segment->next_offset());
    ++count;
  }
  // The active segment is not removed. But if it has expired as well, it is closed, and then removed (as in Kafka).
  if (count == segments_.size()) {
    bool close = active().next_offset() <= up_to;
    if (close) {
      FULMAR_TRY(close, too_old(active()));
    }
    if (close) {
      FULMAR_MARK("log: active segment expired");
      FULMAR_TRY_VOID(roll(log_end()));
    } else {
      --count;
      new_start = std::max(log_start_, active().base_offset());
    }
  }
  if (count == 0) return std::size_t{0};
  // First store the new log start: a log start in a segment that is gone would look like a loss. The same sync of the
  // directory stores the name of the segment that stays: if that were lost, and a removed segment came back, the log
  // would end there.
  if (new_start > log_start_) {
    FULMAR_MARK("log: retention raises the start");
    FULMAR_TRY_VOID(move_start(new_start));
  } else {
    FULMAR_TRY_VOID(context_.host.disk().sync_directory(directory_));
  }
  side_files_.forget_until(new_start);
  for (std::size_t i = 0; i < count; ++i) {
    log_.debug("segment expired",
               {{"segment", segments_.front()->path(".log")}, {"next_offset", segments_.front()->next_offset()}});
    expired_.push_back(std::move(segments_.front()));
    segments_.pop_front();
  }
  epochs_.truncate_until(held_from());
  changed();
  return count;
}

// A power loss may bring the files back; then the next start removes them, since they are below the log start.
Result<void> PartitionLog::remove_expired() {
  LockGuard removing(removing_);
  for (; !expired_.empty(); expired_.pop_front()) {
    if (offline_) return fail(Errc::io_error, "the log is offline");
    FULMAR_TRY_VOID(remove_segment_files(*expired_.front()));
  }
  return {};
}

}  // namespace fulmar
