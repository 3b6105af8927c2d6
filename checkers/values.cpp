// No phantoms: every record that is read was sent, is not known to have failed, and is unchanged. Records acknowledged
// by a deleted topic are not read from a later topic of the same name.
#include "checkers/values.h"

#include <array>
#include <charconv>
#include <map>

#include "runtime/base/random.h"

namespace fulmar {

namespace {

// Generates the letters after the id: `take` gets eight of them at a time, and returns whether to continue.
void letters_of(ValueId id, auto take) {
  Random random(id);
  for (;;) {
    auto bits = random.next();
    std::array<char, 8> letters;
    for (auto& letter : letters) {
      letter = static_cast<char>('a' + (bits & 15));
      bits >>= 8;
    }
    if (!take(std::string_view(letters.data(), letters.size()))) return;
  }
}

bool is_value(std::string_view value, std::size_t id_size, ValueId id) {
  if (id_size >= value.size() || value[id_size] != ':') return false;
  auto rest = value.substr(id_size + 1);
  bool same = true;
  letters_of(id, [&](std::string_view letters) {
    auto here = letters.substr(0, rest.size());
    same = rest.starts_with(here);
    rest.remove_prefix(here.size());
    return same && !rest.empty();
  });
  return same;
}

}  // namespace

std::string make_value(ValueId id, std::size_t size) {
  std::string value = std::to_string(id) + ":";
  letters_of(id, [&](std::string_view letters) {
    value += letters.substr(0, size > value.size() ? size - value.size() : 0);
    return value.size() < size;
  });
  return value;
}

SeenRecord see_value(Offset offset, std::string_view value) {
  SeenRecord seen{.offset = offset, .value = 0, .intact = false};
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seen.value);
  seen.intact = error == std::errc() && is_value(value, static_cast<std::size_t>(end - value.data()), seen.value);
  return seen;
}

KeyedRecord see_keyed(Offset offset, const std::optional<Bytes>& key, const std::optional<Bytes>& value) {
  KeyedRecord seen{offset, key ? std::string(key->view()) : "(none)", std::nullopt, true};
  if (value) {
    auto of_value = see_value(offset, value->view());
    seen.value = of_value.value;
    seen.intact = of_value.intact;
  }
  return seen;
}

void check_values(const History& history, Violations& found) {
  std::map<ValueId, const SendOperation*> senders;  // by the first value
  for (const auto& send : history.sends) senders.emplace(send.first_value, &send);
  auto check = [&](const TopicPartition& tp, const SeenRecord& record, Instant at, const Witness& reader) {
    auto report = [&](const char* anomaly, const SendOperation* send) {
      found.push_back({"no phantoms", anomaly,
                       to_string(reader) + " sees value " + std::to_string(record.value) + " at offset " +
                           std::to_string(record.offset) + " of " + to_string(tp) +
                           (send ? "\n" + to_string(*send) : ""),
                       at});
    };
    if (!record.intact) return report("corrupt", nullptr);
    auto after = senders.upper_bound(record.value);
    const SendOperation* send = after == senders.begin() ? nullptr : std::prev(after)->second;
    if (!send || record.value >= send->first_value + static_cast<ValueId>(send->count))
      return report("phantom", nullptr);
    if (send->to != tp) {
      // A send without a response may arrive after another topic was created under the same name.
      bool later_one = send->to.partition == tp.partition && name_of(send->to.topic) == name_of(tp.topic) &&
                       making_of(send->to.topic) < making_of(tp.topic);
      if (!later_one) return report("phantom", nullptr);
      if (send->outcome == Outcome::ok) return report("resurrected", send);
    }
    if (send->outcome == Outcome::failed) return report("aborted-read", send);
    if (send->invoked > at) return report("phantom", send);
  };
  for (const auto& read : history.reads) {
    if (read.corrupt)
      found.push_back({"no phantoms", "corrupt", to_string(read) + ": bytes that are no records", read.completed});
    for (const auto& record : read.records) check(read.from, record, read.completed, {.read = &read});
  }
  for (const auto& [tp, final_read] : history.final_reads)
    for (const auto& record : final_read.records) check(tp, record, Instant::max(), {});
}

}  // namespace fulmar
