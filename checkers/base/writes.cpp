#include "checkers/base/writes.h"

#include <algorithm>
#include <map>
#include <set>

namespace fulmar {

namespace {

using Write = Operation<std::string, std::monostate>;

std::string text_of(const Write& write) {
  auto end = write.completed == Instant::max() ? std::string("never") : to_string(write.completed);
  return "[" + to_string(write.invoked) + " .. " + end + "] " + write.client + " writes " + write.input + ": " +
         name_of(write.outcome);
}

std::map<std::string_view, const Write*> by_value(const Writes& writes) {
  std::map<std::string_view, const Write*> all;
  for (const auto& write : writes.all()) FULMAR_ASSERT(all.emplace(write.input, &write).second);
  return all;
}

std::string at_position(std::size_t position) {
  return " at position " + std::to_string(position);
}

struct Seen {
  std::string_view value;
  const LogRead* by;
};

// By position, as the first read of each has it. Adds to `found` if another read differs.
std::map<std::size_t, Seen> log_of(std::span<const LogRead> reads, Violations& found) {
  std::map<std::size_t, Seen> log;
  bool differs = false;
  for (const auto& read : reads)
    for (std::size_t n = 0; n < read.values.size(); ++n) {
      auto [first, added] = log.emplace(read.position + n, Seen{read.values[n], &read});
      if (added || differs || first->second.value == read.values[n]) continue;
      differs = true;
      found.push_back({"order", "two-orders",
                       first->second.by->reader + " saw " + std::string(first->second.value) + " and " + read.reader +
                           " saw " + read.values[n] + at_position(read.position + n),
                       read.at});
    }
  return log;
}

void check_duplicates(const std::map<std::size_t, Seen>& log, Violations& found) {
  std::map<std::string_view, std::size_t> first;
  for (const auto& [position, seen] : log) {
    auto [before, added] = first.emplace(seen.value, position);
    if (added) continue;
    found.push_back({"order", "duplicate",
                     std::string(seen.value) + " is" + at_position(before->second) + " and" + at_position(position),
                     seen.by->at});
    return;
  }
}

void check_inversions(const std::map<std::size_t, Seen>& log, const Writes& writes, Violations& found) {
  auto all = by_value(writes);
  const Write* latest = nullptr;  // of those in front, the one that began last
  for (const auto& [position, seen] : log) {
    auto write = all.find(seen.value);
    if (write == all.end()) continue;
    if (latest && write->second->outcome == Outcome::ok && write->second->completion < latest->invocation) {
      found.push_back({"order", "write-inversion",
                       text_of(*write->second) + "\n" + text_of(*latest) + "\nbut the second is in front of the first",
                       seen.by->at});
      return;
    }
    if (!latest || write->second->invocation > latest->invocation) latest = write->second;
  }
}

}  // namespace

Violations check_durable(const Writes& writes, std::span<const std::string> found, Instant at) {
  Violations violations;
  std::set<std::string_view> there(found.begin(), found.end());
  for (const auto& write : writes.all())
    if (write.outcome == Outcome::ok && !there.contains(write.input)) {
      violations.push_back({"durability", "lost-write", text_of(write) + "\nand it is not there in the end", at});
      break;
    }
  auto all = by_value(writes);
  const std::string* phantom = nullptr;
  const Write* failed = nullptr;
  for (const auto& value : found) {
    auto write = all.find(value);
    if (write == all.end() && !phantom) phantom = &value;
    if (write != all.end() && write->second->outcome == Outcome::failed && !failed) failed = write->second;
  }
  if (phantom) violations.push_back({"no phantoms", "phantom", "nobody wrote " + *phantom, at});
  if (failed)
    violations.push_back({"no phantoms", "failed-write", text_of(*failed) + "\nand it is there in the end", at});
  return violations;
}

Violations check_one_order(const Writes& writes, std::span<const LogRead> reads) {
  Violations found;
  auto log = log_of(reads, found);
  check_duplicates(log, found);
  check_inversions(log, writes, found);
  return found;
}

}  // namespace fulmar
