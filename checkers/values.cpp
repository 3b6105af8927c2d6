// No phantoms: only what was sent, and not known to have failed, is ever read, and just as it was sent.
#include "checkers/values.h"

#include <charconv>
#include <map>

#include "runtime/base/random.h"

namespace fulmar {

std::string make_value(ValueId id, std::size_t size) {
  std::string value = std::to_string(id) + ":";
  Random random(id);
  while (value.size() < size) value += static_cast<char>('a' + random.below(26));
  return value;
}

SeenRecord see_value(Offset offset, std::string_view value) {
  SeenRecord seen{offset, 0, false};
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seen.value);
  seen.intact = error == std::errc() && make_value(seen.value, value.size()) == value;
  return seen;
}

void check_values(const History& history, Violations& found) {
  std::map<ValueId, const SendOperation*> senders;  // by the first value
  for (const auto& send : history.sends) senders.emplace(send.first_value, &send);
  auto check = [&](const TopicPartition& tp, const SeenRecord& record, Instant at, const std::string& reader) {
    auto report = [&](const char* anomaly, const SendOperation* send) {
      found.push_back({"no phantoms", anomaly,
                       reader + " sees value " + std::to_string(record.value) + " at offset " +
                           std::to_string(record.offset) + " of " + to_string(tp) +
                           (send ? "\n" + to_string(*send) : ""),
                       at});
    };
    if (!record.intact) return report("corrupt", nullptr);
    auto after = senders.upper_bound(record.value);
    const SendOperation* send = after == senders.begin() ? nullptr : std::prev(after)->second;
    if (!send || record.value >= send->first_value + static_cast<ValueId>(send->count) || send->to != tp)
      return report("phantom", nullptr);
    if (send->outcome == Outcome::failed) return report("aborted-read", send);
    if (send->invoked > at) return report("phantom", send);
  };
  for (const auto& read : history.reads) {
    if (read.corrupt)
      found.push_back({"no phantoms", "corrupt", to_string(read) + ": bytes that are no records", read.completed});
    for (const auto& record : read.records) check(read.from, record, read.completed, to_string(read));
  }
  for (const auto& [tp, final_read] : history.final_reads)
    for (const auto& record : final_read.records) check(tp, record, Instant::max(), "the final read");
}

}  // namespace fulmar
