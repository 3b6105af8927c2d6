// Retention: no record is deleted before its retention time, by the records' true timestamps, whatever a batch header
// claims. A segment is deleted when its latest record has expired, so none of its records is younger. A record without
// a timestamp has the age of its file, and so is no older than its sending.
#include <algorithm>
#include <limits>
#include <map>

#include "checkers/history.h"

namespace fulmar {

namespace {

// A record that was certainly in the log.
struct Record {
  Timestamp time;
  const SendOperation* send;
};

// The log began at `start` by the instant `at`.
struct Start {
  Instant at;
  Offset start;
};

// Whether each offset in [begin, end) is known to have a record without a timestamp. Only then no other record can have
// let their segment expire. Replicas begin segments at different offsets: a later leader may have in one segment
// records that the previous leader deleted and records that it did not.
bool all_without_times(std::map<Offset, Record>::const_iterator at, std::map<Offset, Record>::const_iterator last,
                       Offset begin, Offset end) {
  Offset next = begin;
  for (; at != last && at->first == next && at->second.time < 0; ++at) ++next;
  return next == end;
}

}  // namespace

void check_retention(const History& history, Violations& found) {
  if (!history.epoch_ms) return;
  std::map<TopicPartition, std::vector<Start>> starts;
  for (const auto& read : history.reads)
    if (read.log_start > 0) starts[read.from].push_back({read.completed, read.log_start});
  for (const auto& lookup : history.lookups)
    if (lookup.asked == LookupOperation::earliest && lookup.offset > 0)
      starts[lookup.of].push_back({lookup.completed, lookup.offset});
  Instant end{history.length_ms * 1'000'000};
  for (const auto& [tp, final_read] : history.final_reads)
    if (final_read.log_start > 0) starts[tp].push_back({end, final_read.log_start});
  std::map<TopicPartition, Offset> asked;  // for deletion
  for (const auto& deletion : history.deletes) {
    if (deletion.outcome == Outcome::failed) continue;
    auto offset = deletion.offset >= 0 ? deletion.offset : deletion.low_watermark;
    auto& most = asked[deletion.of];
    most = std::max(most, offset >= 0 ? offset : std::numeric_limits<Offset>::max());
  }
  std::map<TopicPartition, std::map<Offset, Record>> records;
  for (const auto& send : history.sends) {
    if (!history.binds(send) || !history.promise(send.to).synced || !starts.contains(send.to)) continue;
    for (std::size_t i = 0; i < send.timestamps.size(); ++i) {
      auto offset = send.base_offset + static_cast<Offset>(i);
      if (offset >= asked[send.to]) records[send.to].emplace(offset, Record{send.timestamps[i], &send});
    }
  }
  for (auto& [tp, known] : records) {
    auto retention_ms = history.promise(tp).retention_ms;
    auto& seen = starts[tp];
    std::sort(seen.begin(), seen.end(),
              [](const Start& a, const Start& b) { return std::pair(a.at, a.start) < std::pair(b.at, b.start); });
    auto record = known.begin();
    Offset gone = asked[tp];  // everything before was checked, or a client asked to delete it
    for (const auto& start : seen) {
      if (start.start <= gone) continue;
      auto end = known.lower_bound(start.start);
      record = known.lower_bound(gone);
      // At or before the begin of the segment: where retention has moved the log start before, and no deletion has.
      auto first = history.promise(tp).replicated || gone <= asked[tp] ? Offset{0} : gone;
      bool without_times = all_without_times(known.lower_bound(first), end, first, start.start) && !history.clocks_jump;
      auto believed_ms = *history.epoch_ms + start.at.ns / 1'000'000 + history.clock_ahead_at_start_ms;
      for (; record != end; ++record) {
        const auto& [time, send] = record->second;
        if (time < 0 && !without_times) continue;
        auto born_ms = time >= 0 ? time : *history.epoch_ms + send->invoked.ns / 1'000'000;
        if (retention_ms >= 0 && born_ms <= believed_ms && believed_ms - born_ms >= retention_ms) continue;
        found.push_back({"retention", "early-deletion",
                         to_string(*send) + "\nwith a record of time " + std::to_string(time) + " at offset " +
                             std::to_string(record->first) + ", and by " + to_string(start.at) + ", " +
                             std::to_string(believed_ms) + ", the log begins at " + std::to_string(start.start) +
                             "; what expires is older than " + std::to_string(retention_ms) + " ms",
                         start.at});
        return;
      }
      gone = start.start;
    }
  }
}

}  // namespace fulmar
