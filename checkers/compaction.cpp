// Compaction: the last record of each key stays, unchanged at its offset; a record may be removed only if a later one
// of its key exists. A tombstone may be removed as well, after its time (delete.retention.ms); then no record that it
// deleted exists.
//
// Sends have acks=all and go to a synced topic: acknowledged records keep their offsets. Records of unknown outcome may
// be before or after acknowledged ones.
#include <algorithm>
#include <map>
#include <utility>

#include "checkers/history.h"

namespace fulmar {

namespace {

std::string to_string(const KeyedSend& send) {
  return (send.value ? "value " + std::to_string(*send.value) : std::string("the tombstone")) + " of " + send.key +
         " sent to partition " + std::to_string(send.partition) + " at " + to_string(send.invoked);
}

class CompactionCheck {
 public:
  CompactionCheck(const History& history, Violations& found) : history_(history), found_(found) {
    for (const auto& send : history.keyed_sends) {
      if (send.value) by_value_[*send.value] = &send;
      if (send.outcome == Outcome::ok) acknowledged_[send.partition][send.offset] = &send;
      if (!send.value) tombstones_[{send.partition, send.key}].push_back(&send);
    }
  }

  // Records that are read are unchanged, at their acknowledged offsets, and in the order of offsets.
  void check_read(const KeyedRead& read) {
    Offset previous = -1;
    for (const auto& record : read.records) {
      if (record.offset <= previous) report(read, record, "nonmonotonic-poll", "comes after a later one");
      previous = record.offset;
      if (!record.intact) report(read, record, "corrupt", "is not what was sent");
      auto sent = record.value ? by_value_.find(*record.value) : by_value_.end();
      if (record.value && (sent == by_value_.end() || sent->second->key != record.key ||
                           sent->second->partition != read.partition || sent->second->outcome == Outcome::failed))
        report(read, record, "phantom", "was never sent so, or is known not to be written");
      const auto& here = acknowledged_[read.partition];
      auto known = here.find(record.offset);
      if (known != here.end() && (known->second->key != record.key || known->second->value != record.value))
        report(read, record, "inconsistent-offsets",
               "is not what was acknowledged there: " + to_string(*known->second));
    }
  }

  void check_final(const KeyedRead& read) {
    std::map<std::string, Offset> last;  // of each key
    std::map<Offset, const KeyedRecord*> there;
    for (const auto& record : read.records) {
      last[record.key] = std::max(record.offset, last.try_emplace(record.key, -1).first->second);
      there.emplace(record.offset, &record);
    }
    const auto& acknowledged = acknowledged_[read.partition];
    for (auto at = acknowledged.rbegin(); at != acknowledged.rend(); ++at) {
      const auto& [offset, send] = *at;
      if (there.contains(offset) || (!read.replica.empty() && offset >= read.end)) continue;
      auto newest = last.find(send->key);
      if (newest != last.end() && newest->second > offset) continue;
      if (is_replaced_beyond(read, send->key)) continue;
      const bool deleted = is_deleted(*send, read.completed);
      if (newest == last.end() && deleted) continue;
      const char* anomaly = !send->value ? "tombstone-early" : "lost-key";
      if (newest != last.end() && (deleted || !send->value)) anomaly = "deleted-key-returns";
      found_.push_back({"compaction", anomaly,
                        to_string(*send) + " is gone from offset " + std::to_string(offset) +
                            (read.replica.empty() ? "" : " on " + read.replica) +
                            (newest == last.end() ? ", and nothing of its key is there"
                                                  : ", though the last one of its key there is at offset " +
                                                        std::to_string(newest->second)),
                        read.completed});
      return;
    }
  }

 private:
  void report(const KeyedRead& read, const KeyedRecord& record, const char* anomaly, const std::string& what) {
    found_.push_back({"compaction", anomaly,
                      (record.value ? "value " + std::to_string(*record.value) : std::string("a tombstone")) + " of " +
                          record.key + ", read at offset " + std::to_string(record.offset) + " of partition " +
                          std::to_string(read.partition) + ", " + what,
                      read.completed});
  }

  // A replica that is behind, or is none any more, may have copied its records from one that had compacted them: what
  // replaces them comes after its end.
  bool is_replaced_beyond(const KeyedRead& read, const std::string& key) const {
    if (read.replica.empty()) return false;
    auto whole = history_.keyed_final_reads.find(read.partition);
    return whole != history_.keyed_final_reads.end() &&
           std::ranges::any_of(whole->second.records, [&](const KeyedRecord& record) {
             return record.key == key && record.offset >= read.end;
           });
  }

  // Whether a tombstone that comes after this record, or is it, may be gone by then.
  bool is_deleted(const KeyedSend& send, Instant by) const {
    auto found = tombstones_.find({send.partition, send.key});
    if (found == tombstones_.end() || !history_.tombstones_kept) return false;
    return std::any_of(found->second.begin(), found->second.end(), [&](const KeyedSend* tombstone) {
      bool follows =
          tombstone->outcome == Outcome::ok ? tombstone->offset >= send.offset : tombstone->outcome != Outcome::failed;
      return follows && (history_.clocks_jump || tombstone->invoked + *history_.tombstones_kept <= by);
    });
  }

  const History& history_;
  Violations& found_;
  std::map<ValueId, const KeyedSend*> by_value_;
  std::map<std::int32_t, std::map<Offset, const KeyedSend*>> acknowledged_;
  std::map<std::pair<std::int32_t, std::string>, std::vector<const KeyedSend*>> tombstones_;
};

}  // namespace

void check_compaction(const History& history, Violations& found) {
  CompactionCheck check(history, found);
  for (const auto& read : history.keyed_reads) check.check_read(read);
  for (const auto& [partition, read] : history.keyed_final_reads) {
    check.check_read(read);
    check.check_final(read);
  }
  for (const auto& read : history.keyed_logs) check.check_final(read);
}

}  // namespace fulmar
