// Offsets agree: every reader sees the same record at an offset, for ever. For page-cache topics: until the power is
// lost.
#include <map>

#include "checkers/history.h"

namespace fulmar {

void check_offsets_agree(const History& history, Violations& found) {
  // The first reader of a value.
  struct Sight {
    ValueId value;
    Witness who;
  };
  using Sights = std::map<Offset, Sight>;
  std::map<std::pair<TopicPartition, std::size_t>, Sights> all;
  // Null: such reads are not compared.
  auto sights_of = [&](const TopicPartition& tp, Instant from, Instant to) -> Sights* {
    auto era = history.era(tp, from, to);
    return era ? &all[{tp, *era}] : nullptr;
  };
  auto see = [&](const TopicPartition& tp, Sights& sights, Instant at, Offset offset, const Sight& sight) {
    auto [place, added] = sights.try_emplace(offset, sight);
    if (added || place->second.value == sight.value) return;
    found.push_back({"offsets agree", "inconsistent-offsets",
                     to_string(tp) + " offset " + std::to_string(offset) + " is value " +
                         std::to_string(place->second.value) + " for\n" + to_string(place->second.who) +
                         "\nand value " + std::to_string(sight.value) + " for\n" + to_string(sight.who),
                     at});
  };
  for (const auto& send : history.sends) {
    auto* sights = history.binds(send) ? sights_of(send.to, send.invoked, send.completed) : nullptr;
    for (int i = 0; i < send.count && sights; ++i)
      see(send.to, *sights, send.completed, send.base_offset + i,
          {send.first_value + static_cast<ValueId>(i), {.send = &send}});
  }
  for (const auto& read : history.reads) {
    auto* sights = sights_of(read.from, read.invoked, read.completed);
    if (!sights) continue;
    for (const auto& record : read.records)
      see(read.from, *sights, read.completed, record.offset, {record.value, {.read = &read}});
  }
  for (const auto& [tp, final_read] : history.final_reads) {
    auto* sights = sights_of(tp, Instant::max(), Instant::max());
    if (!sights) continue;
    for (const auto& record : final_read.records) see(tp, *sights, Instant::max(), record.offset, {record.value, {}});
  }
}

}  // namespace fulmar
