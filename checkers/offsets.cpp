// Offsets agree: what one reader has seen at an offset, every reader sees there, forever. On page-cache topics: until
// the power is lost.
#include <map>
#include <tuple>

#include "checkers/history.h"

namespace fulmar {

void check_offsets_agree(const History& history, Violations& found) {
  using Place = std::tuple<TopicPartition, std::size_t, Offset>;
  std::map<Place, std::pair<ValueId, std::string>> seen;
  auto see = [&](const TopicPartition& tp, Instant at, Offset offset, ValueId value, const std::string& who) {
    auto era = history.promise(tp).synced ? 0 : history.power_losses_until(at);
    auto [place, added] = seen.try_emplace({tp, era, offset}, value, who);
    if (added || place->second.first == value) return;
    found.push_back({"offsets agree", "inconsistent-offsets",
                     to_string(tp) + " offset " + std::to_string(offset) + " is value " +
                         std::to_string(place->second.first) + " for\n" + place->second.second + "\nand value " +
                         std::to_string(value) + " for\n" + who,
                     at});
  };
  for (const auto& send : history.sends) {
    if (send.outcome != Outcome::ok || send.acks == 0) continue;
    bool memory = !history.promise(send.to).synced;
    // An acknowledgement from the page cache that spans a power loss says nothing about either side of it.
    if (memory && history.power_losses_until(send.invoked) != history.power_losses_until(send.completed)) continue;
    for (int i = 0; i < send.count; ++i)
      see(send.to, send.completed, send.base_offset + i, send.first_value + static_cast<ValueId>(i), to_string(send));
  }
  for (const auto& read : history.reads) {
    bool memory = !history.promise(read.from).synced;
    if (memory && history.power_losses_until(read.invoked) != history.power_losses_until(read.completed)) continue;
    for (const auto& record : read.records)
      see(read.from, read.completed, record.offset, record.value, to_string(read));
  }
  for (const auto& [tp, final_read] : history.final_reads)
    for (const auto& record : final_read.records)
      see(tp, Instant::max(), record.offset, record.value, "the final read");
}

}  // namespace fulmar
