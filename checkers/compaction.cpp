// Compaction: the last record of each key stays, unchanged at its offset; a record may be removed only if a later one
// of its key exists. The same holds for tombstones.
//
// Sends have acks=all and go to a synced topic: acknowledged records keep their offsets. Records of unknown outcome may
// be before or after acknowledged ones.
#include <algorithm>
#include <map>

#include "checkers/history.h"

namespace fulmar {

namespace {

std::string to_string(const KeyedSend& send) {
  return (send.value ? "value " + std::to_string(*send.value) : std::string("the tombstone")) + " of " + send.key +
         " sent to partition " + std::to_string(send.partition) + " at " + to_string(send.invoked);
}

class CompactionCheck {
 public:
  CompactionCheck(const History& history, Violations& found) : found_(found) {
    for (const auto& send : history.keyed_sends) {
      if (send.value) by_value_[*send.value] = &send;
      if (send.outcome == Outcome::ok) acknowledged_[send.partition][send.offset] = &send;
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
      if (there.contains(offset)) continue;
      auto newest = last.find(send->key);
      if (newest != last.end() && newest->second > offset) continue;
      const char* anomaly = "lost-key";
      if (!send->value) anomaly = newest == last.end() ? "tombstone-early" : "deleted-key-returns";
      found_.push_back({"compaction", anomaly,
                        to_string(*send) + " is gone from offset " + std::to_string(offset) +
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

  Violations& found_;
  std::map<ValueId, const KeyedSend*> by_value_;
  std::map<std::int32_t, std::map<Offset, const KeyedSend*>> acknowledged_;
};

}  // namespace

void check_compaction(const History& history, Violations& found) {
  CompactionCheck check(history, found);
  for (const auto& read : history.keyed_reads) check.check_read(read);
  for (const auto& [partition, read] : history.keyed_final_reads) {
    check.check_read(read);
    check.check_final(read);
  }
}

}  // namespace fulmar
