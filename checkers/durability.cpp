// Durability: an acknowledged record stays readable at its offset until DeleteRecords or retention removes it, and so
// does a record that was read.
//
// This holds for synced topics with acks=all (with acks=1 too, if the partition has one replica), whatever happens to
// the brokers. For page-cache topics it holds if no power was lost since the send began; a killed process loses
// nothing. acks=0 promises nothing.
#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "checkers/history.h"

namespace fulmar {

namespace {

bool must_survive(const History& history, const SendOperation& send) {
  if (!history.binds(send)) return false;
  if (history.promise(send.to).synced) return true;
  return std::none_of(history.power_losses.begin(), history.power_losses.end(),
                      [&](Instant loss) { return loss >= send.invoked; });
}

// When the final read was over: until then the record may have been lost.
std::string before_the_end(const History& history) {
  return ", until " + to_string(Instant{} + milliseconds(history.length_ms)) + ",";
}

// A record that a leader or follower served is committed, so it stays.
void check_reads(const History& history, const TopicPartition& tp, const FinalRead& final_read,
                 const std::map<Offset, ValueId>& readable, Violations& found) {
  if (!history.promise(tp).synced) return;
  for (const auto& read : history.reads) {
    if (read.from != tp) continue;
    for (const auto& record : read.records) {
      if (record.offset < final_read.log_start || readable.contains(record.offset)) continue;
      found.push_back({"durability", "lost-write",
                       to_string(read) + "\nsaw offset " + std::to_string(record.offset) + ", and the final read of " +
                           to_string(tp) + " (" + std::to_string(final_read.log_start) + ".." +
                           std::to_string(final_read.end) + ")" + before_the_end(history) + " has nothing there",
                       read.completed});
      return;
    }
  }
}

}  // namespace

void check_durability(const History& history, Violations& found) {
  for (const auto& [tp, final_read] : history.final_reads) {
    // How far the log start may have moved.
    Offset asked = 0;
    for (const auto& deletion : history.deletes) {
      if (deletion.of != tp) continue;
      if (deletion.outcome == Outcome::failed) continue;
      auto offset = deletion.offset >= 0 ? deletion.offset : deletion.low_watermark;
      // To a high watermark that is not known.
      if (offset < 0) offset = std::numeric_limits<Offset>::max();
      asked = std::max(asked, offset);
    }
    auto retention_ms = history.promise(tp).retention_ms;
    bool may_expire = history.promise(tp).any_time ||
                      (retention_ms >= 0 && history.length_ms + history.clock_ahead_at_start_ms >= retention_ms);
    if (final_read.log_start > asked && !may_expire)
      found.push_back({"durability", "lost-write",
                       to_string(tp) + " starts at " + std::to_string(final_read.log_start) +
                           " though nobody asked to delete beyond " + std::to_string(asked),
                       Instant::max()});
    std::map<Offset, ValueId> readable;
    for (const auto& record : final_read.records) readable.emplace(record.offset, record.value);
    for (const auto& send : history.sends) {
      if (send.to != tp || !must_survive(history, send)) continue;
      for (int i = 0; i < send.count; ++i) {
        auto offset = send.base_offset + i;
        if (offset < final_read.log_start) continue;
        auto at = readable.find(offset);
        bool there = at != readable.end() && at->second == send.first_value + static_cast<ValueId>(i);
        if (there) continue;
        found.push_back({"durability", offset >= final_read.end ? "lost-write" : "unseen",
                         to_string(send) + "\nbut the final read of " + to_string(tp) + " (" +
                             std::to_string(final_read.log_start) + ".." + std::to_string(final_read.end) + ")" +
                             before_the_end(history) + " has " +
                             (at == readable.end() ? "nothing" : "value " + std::to_string(at->second)) +
                             " at offset " + std::to_string(offset),
                         send.completed});
        break;
      }
    }
    check_reads(history, tp, final_read, readable, found);
  }
}

}  // namespace fulmar
