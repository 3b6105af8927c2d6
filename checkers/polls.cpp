// Poll order: without a seek, a consumer's position only moves forward, and skips no readable record.
#include <algorithm>
#include <map>
#include <set>

#include "checkers/history.h"

namespace fulmar {

void check_polls(const History& history, Violations& found) {
  // The offsets known to hold a record, by partition and era (page-cache topics: between two power losses).
  std::map<std::pair<TopicPartition, std::size_t>, std::set<Offset>> known;
  const std::set<Offset> none;
  for (const auto& read : history.reads)
    if (auto era = history.era(read.from, read.invoked, read.completed))
      for (const auto& record : read.records) known[{read.from, *era}].insert(record.offset);

  std::map<std::pair<int, TopicPartition>, const ReadOperation*> last;
  for (const auto& read : history.reads) {
    auto report = [&](const char* anomaly, const std::string& what) {
      found.push_back({"poll order", anomaly, to_string(read) + ": " + what, read.completed});
    };
    Offset previous = read.position - 1;
    auto era = history.era(read.from, read.invoked, read.completed);
    const auto& offsets = era ? known[{read.from, *era}] : none;
    for (std::size_t i = 0; i < read.records.size(); ++i) {
      auto offset = read.records[i].offset;
      bool inside = i > 0;
      if (offset <= previous) {
        report(inside ? "int-nonmonotonic-poll" : "nonmonotonic-poll",
               "offset " + std::to_string(offset) + " after " + std::to_string(previous));
        break;
      }
      auto skipped = offsets.lower_bound(std::max(previous + 1, read.log_start));
      if (skipped != offsets.end() && *skipped < offset) {
        report(inside ? "int-poll-skip" : "poll-skip", "offset " + std::to_string(*skipped) + " is skipped");
        break;
      }
      previous = offset;
    }
    auto& before = last[{read.consumer, read.from}];
    if (before && !read.sought && !before->records.empty() && read.position <= before->records.back().offset)
      report("nonmonotonic-poll", "the position went back behind " + to_string(*before));
    if (!read.records.empty() || read.sought) before = &read;
  }
}

}  // namespace fulmar
