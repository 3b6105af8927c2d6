// Log start: after a deletion of records was acknowledged, no leader answers with an earlier log start. For page-cache
// topics only within an era (History::era()). For followers see checkers/replication/deletions.cpp.
#include <algorithm>
#include <map>
#include <utility>

#include "checkers/history.h"

namespace fulmar {

namespace {

// A response to a request of `invoked`: the log starts at `start`.
struct Told {
  Instant invoked;
  Offset start;
  const ReadOperation* read = nullptr;
  const LookupOperation* lookup = nullptr;
  const DeleteOperation* deletion = nullptr;
};

std::string to_string(const Told& told) {
  if (told.read) return fulmar::to_string(*told.read);
  if (told.lookup) return fulmar::to_string(*told.lookup);
  if (told.deletion) return fulmar::to_string(*told.deletion);
  return "the final read starts at " + std::to_string(told.start);
}

}  // namespace

void check_log_start(const History& history, Violations& found) {
  using Era = std::pair<TopicPartition, std::size_t>;
  std::map<Era, std::vector<const DeleteOperation*>> deletions;  // acknowledged
  std::map<Era, std::vector<Told>> all;
  auto add = [&](const TopicPartition& tp, Instant from, Instant to, Told one) {
    if (auto era = history.era(tp, from, to)) all[{tp, *era}].push_back(one);
  };
  for (const auto& deletion : history.deletes) {
    if (deletion.outcome != Outcome::ok) continue;
    if (auto era = history.era(deletion.of, deletion.invoked, deletion.completed))
      deletions[{deletion.of, *era}].push_back(&deletion);
    if (deletion.low_watermark >= 0)
      add(deletion.of, deletion.invoked, deletion.completed,
          {.invoked = deletion.invoked, .start = deletion.low_watermark, .deletion = &deletion});
  }
  for (const auto& read : history.reads)
    if (read.log_start >= 0 && !read.from_follower)
      add(read.from, read.invoked, read.completed, {.invoked = read.invoked, .start = read.log_start, .read = &read});
  for (const auto& lookup : history.lookups)
    if (lookup.asked == LookupOperation::earliest)
      add(lookup.of, lookup.invoked, lookup.completed,
          {.invoked = lookup.invoked, .start = lookup.offset, .lookup = &lookup});
  for (const auto& [tp, final_read] : history.final_reads)
    add(tp, Instant::max(), Instant::max(), {.invoked = Instant::max(), .start = final_read.log_start});
  for (auto& [era, list] : deletions) {
    auto& sights = all[era];
    auto order = [](const Told& a, const Told& b) {
      return std::pair(a.invoked, a.start) < std::pair(b.invoked, b.start);
    };
    // The elements are of one vector: those completed at the same instant are ordered by position.
    std::sort(list.begin(), list.end(),
              [](auto* a, auto* b) { return std::pair(a->completed, a) < std::pair(b->completed, b); });
    std::sort(sights.begin(), sights.end(), order);
    const DeleteOperation* furthest = nullptr;
    auto end_of = [](const DeleteOperation* deletion) { return std::max(deletion->offset, deletion->low_watermark); };
    std::size_t next = 0;
    for (const auto& sight : sights) {
      for (; next < list.size() && list[next]->completed < sight.invoked; ++next)
        if (!furthest || end_of(list[next]) > end_of(furthest)) furthest = list[next];
      if (!furthest || sight.start >= end_of(furthest)) continue;
      found.push_back(
          {"log start", "log-start-back", to_string(*furthest) + "\nand later\n" + to_string(sight), sight.invoked});
      break;
    }
  }
}

}  // namespace fulmar
