// Real time: a record acknowledged before another is sent has the lower offset; a read that begins after an
// acknowledgement sees it; the high watermark never goes back for a client. On synced topics always; on page-cache
// topics between power losses. Reads from followers may lag, and are not used for this.
#include <algorithm>
#include <map>

#include "checkers/history.h"

namespace fulmar {

namespace {

// A fact about a partition from an instant on: "offset o is taken", "the high watermark was w".
struct Mark {
  Instant known;
  Offset offset;
  Witness who;
};

// For each of `later` (by the instant it began), the largest mark known before it.
template <class Later, class Begins, class Check>
void against_earlier(std::vector<Mark> marks, std::vector<Later> later, Begins begins, Check check) {
  std::sort(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) { return a.known < b.known; });
  std::sort(later.begin(), later.end(), [&](const Later& a, const Later& b) { return begins(a) < begins(b); });
  const Mark* largest = nullptr;
  std::size_t next = 0;
  for (const auto& item : later) {
    for (; next < marks.size() && marks[next].known < begins(item); ++next)
      if (!largest || marks[next].offset > largest->offset) largest = &marks[next];
    if (largest) check(*largest, item);
  }
}

}  // namespace

void check_real_time(const History& history, Violations& found) {
  using Era = std::pair<TopicPartition, std::size_t>;
  struct Evidence {
    std::vector<Mark> acknowledged;  // last offset of each acknowledged send
    std::vector<Mark> watermarks;
    std::vector<const SendOperation*> sends;
    std::vector<const ReadOperation*> reads;
  };
  std::map<Era, Evidence> eras;
  auto evidence_of = [&](const TopicPartition& tp, Instant from, Instant to) -> Evidence* {
    auto era = history.era(tp, from, to);
    return era ? &eras[{tp, *era}] : nullptr;
  };
  for (const auto& send : history.sends) {
    if (!history.binds(send)) continue;
    if (auto* evidence = evidence_of(send.to, send.invoked, send.completed)) {
      evidence->acknowledged.push_back({send.completed, send.base_offset + send.count - 1, {.send = &send}});
      evidence->sends.push_back(&send);
    }
  }
  for (const auto& read : history.reads) {
    if (read.high_watermark < 0 || read.from_follower) continue;
    if (auto* evidence = evidence_of(read.from, read.invoked, read.completed)) {
      evidence->watermarks.push_back({read.completed, read.high_watermark, {.read = &read}});
      evidence->reads.push_back(&read);
    }
  }
  for (auto& [era, evidence] : eras) {
    against_earlier(
        evidence.acknowledged, evidence.sends, [](const SendOperation* send) { return send->invoked; },
        [&](const Mark& mark, const SendOperation* send) {
          // A batch that an idempotent producer sends again keeps its first offset, which is within one send.
          if (mark.offset < send->base_offset) return;
          found.push_back({"real time", "write-realtime",
                           to_string(mark.who) + "\nwas over before\n" + to_string(*send), send->completed});
        });
    auto read_begins = [](const ReadOperation* read) { return read->invoked; };
    against_earlier(
        evidence.acknowledged, evidence.reads, read_begins, [&](const Mark& mark, const ReadOperation* read) {
          if (mark.offset < read->high_watermark) return;
          found.push_back({"real time", "stale-read",
                           to_string(mark.who) + "\nwas over before, and is not seen by\n" + to_string(*read),
                           read->completed});
        });
    against_earlier(evidence.watermarks, evidence.reads, read_begins, [&](const Mark& mark, const ReadOperation* read) {
      if (mark.offset <= read->high_watermark) return;
      found.push_back(
          {"real time", "hw-regression", to_string(mark.who) + "\nand later\n" + to_string(*read), read->completed});
    });
  }
}

}  // namespace fulmar
