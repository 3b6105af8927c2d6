#include "campaign/cone_account.h"

#include <algorithm>
#include <utility>

#include "campaign/names.h"
#include "checkers/base/violation.h"

namespace fulmar {

namespace {

constexpr std::size_t kept_per_line = 4;
constexpr std::size_t names_max = 40;  // of the messages of a link; others have none
constexpr std::size_t links_shown = 3, names_shown = 2, machines_shown = 5;
// What is counted between two entries has a line of its own from this share of everything on, and is else told with
// what follows the next entry.
constexpr std::uint64_t line_share = 200;

using Kind = Happening::Kind;

std::string counted(std::uint64_t count, const char* one, const char* several) {
  return std::to_string(count) + " " + (count == 1 ? one : several);
}

// The entries with the highest counts, highest first; of equal ones the first.
template <class Map, class Count>
auto largest(const Map& map, std::size_t limit, Count count) {
  std::vector<typename Map::const_iterator> found;
  for (auto each = map.begin(); each != map.end(); ++each) {
    auto place = std::ranges::find_if(found, [&](auto other) { return count(other->second) < count(each->second); });
    found.insert(place, each);
    if (found.size() > limit) found.pop_back();
  }
  return found;
}

std::uint64_t itself(std::uint64_t count) {
  return count;
}

void append(std::string& line, const std::string& part) {
  if (part.empty()) return;
  if (!line.empty()) line += "; ";
  line += part;
}

}  // namespace

void ConeAccount::Counts::add(const Happening& happening) {
  bool between_machines = happening.where && happening.peer && *happening.peer != happening.where->node;
  switch (happening.kind) {
    case Kind::sent: break;  // it is counted where it arrives
    case Kind::received: {
      if (!between_machines) {
        ++between_shards;
        break;
      }
      auto& link = links[{*happening.peer, happening.where->node}];
      ++link.messages;
      if (happening.text.empty() || happening.text.starts_with("part of ")) break;
      if (link.names.size() < names_max || link.names.contains(happening.text)) ++link.names[happening.text];
      break;
    }
    case Kind::sync: ++syncs[happening.where ? happening.where->node : 0]; break;
    case Kind::disk: ++disk[happening.where ? happening.where->node : 0]; break;
    default: ++others;
  }
}

std::uint64_t ConeAccount::Counts::size() const {
  auto all = between_shards + others;
  for (const auto& [ends, link] : links) all += link.messages;
  for (const auto* machines : {&syncs, &disk})
    for (const auto& [node, count] : *machines) all += count;
  return all;
}

void ConeAccount::Counts::add(const Counts& counts) {
  for (const auto& [ends, link] : counts.links) {
    auto& own = links[ends];
    own.messages += link.messages;
    for (const auto& [name, count] : link.names)
      if (own.names.size() < names_max || own.names.contains(name)) own.names[name] += count;
  }
  for (const auto& [node, count] : counts.syncs) syncs[node] += count;
  for (const auto& [node, count] : counts.disk) disk[node] += count;
  between_shards += counts.between_shards;
  others += counts.others;
}

ConeAccount::ConeAccount(std::size_t lines_max, std::vector<std::string> nodes)
    : lines_max_(lines_max), nodes_(std::move(nodes)) {}

void ConeAccount::add(const Happening& happening, int weight, const std::string& note) {
  if (weight == 0) {
    (entries_.empty() ? before_ : entries_.back().after).add(happening);
    return;
  }
  Entry entry{.line = line_of(happening) + note, .own = {}, .after = {}};
  entry.own.add(happening);
  entries_.push_back(std::move(entry));
  ranks_.emplace(std::pair(weight, happening.number), std::prev(entries_.end()));
  if (entries_.size() > kept_per_line * lines_max_) drop_least();
}

void ConeAccount::drop_least() {
  auto least = ranks_.begin();
  auto entry = least->second;
  ranks_.erase(least);
  auto& before = entry == entries_.begin() ? before_ : std::prev(entry)->after;
  before.add(entry->own);
  before.add(entry->after);
  entries_.erase(entry);
}

std::vector<std::string> ConeAccount::lines_now() const {
  auto all = before_.size();
  for (const auto& entry : entries_) all += entry.after.size();
  std::vector<std::string> lines;
  Counts counts = before_;
  auto tell_counts = [&](bool last) {
    if (counts.size() == 0 || (!last && counts.size() < all / line_share)) return;
    lines.push_back(line_of(counts));
    counts = {};
  };
  tell_counts(entries_.empty());
  for (const auto& entry : entries_) {
    lines.push_back(entry.line);
    counts.add(entry.after);
    tell_counts(&entry == &entries_.back());
  }
  return lines;
}

std::vector<std::string> ConeAccount::lines() {
  auto lines = lines_now();
  while (!entries_.empty() && lines.size() > lines_max_) {
    drop_least();
    lines = lines_now();
  }
  return lines;
}

std::string ConeAccount::name_of(std::size_t node) const {
  return node < nodes_.size() ? nodes_[node] : "node " + std::to_string(node);
}

std::string ConeAccount::line_of(const Happening& happening) const {
  std::string line = to_string(happening.at) + " ";
  if (happening.kind == Kind::fault) return line + "fault: " + happening.text;
  if (happening.where) {
    line += name_of(happening.where->node);
    if (happening.where->shard) line += "/" + std::to_string(*happening.where->shard);
    line += " ";
  }
  switch (happening.kind) {
    case Kind::received:
      line += "from " + name_of(happening.peer.value_or(happening.where->node)) + ": " + happening.subject + " " +
              happening.text;
      break;
    case Kind::sent:
      line += "to " + name_of(happening.peer.value_or(happening.where->node)) + ": " + happening.subject + " " +
              happening.text;
      break;
    case Kind::disk:
    case Kind::sync: line += happening.text + ", " + happening.subject; break;
    case Kind::client: line += happening.subject + " " + happening.text; break;
    case Kind::state:
      line += happening.subject + ":" + (happening.text.empty() ? "" : " " + happening.text + ",");
      for (const auto& [name, value] : happening.values) {
        bool is_word = value.find_first_of("0123456789") == std::string::npos;
        if (name == "id" || names(happening.text, name) || (is_word && names(happening.text, value))) continue;
        line += " " + name + " " + value;
      }
      break;
    default: line += happening.text;
  }
  std::ranges::replace(line, '\n', ' ');
  return line;
}

std::string ConeAccount::line_of(const Counts& counts) const {
  std::string line;
  std::uint64_t messages = 0;
  for (const auto& [ends, link] : counts.links) messages += link.messages;
  if (messages > 0) {
    line += counted(messages, "message", "messages");
    std::string ends;
    for (auto link : largest(counts.links, links_shown, [](const auto& l) { return l.messages; })) {
      ends += (ends.empty() ? " (" : ", ") + name_of(link->first.first) + " to " + name_of(link->first.second) + " " +
              std::to_string(link->second.messages);
      std::string names;
      for (auto name : largest(link->second.names, names_shown, itself)) {
        if (name->first == "data") continue;  // of a scenario that has no names for them
        names += (names.empty() ? ": " : ", ") + name->first + " " + std::to_string(name->second);
      }
      ends += names;
    }
    if (counts.links.size() > links_shown)
      ends += ", and " + counted(counts.links.size() - links_shown, "other link", "other links");
    line += ends + ")";
  }
  auto of_machines = [&](const std::map<std::size_t, std::uint64_t>& machines, const char* one, const char* several) {
    std::uint64_t all = 0;
    std::string by_machine;
    for (const auto& [node, count] : machines) all += count;
    for (auto each : largest(machines, machines_shown, itself))
      by_machine += (by_machine.empty() ? " (" : ", ") + name_of(each->first) + " " + std::to_string(each->second);
    if (all > 0) append(line, counted(all, one, several) + by_machine + ")");
  };
  of_machines(counts.syncs, "sync", "syncs");
  of_machines(counts.disk, "other disk operation", "other disk operations");
  if (counts.between_shards > 0)
    append(line, counted(counts.between_shards, "message", "messages") + " between shards");
  if (counts.others > 0) append(line, counted(counts.others, "other event", "other events"));
  return "    ... " + line;
}

}  // namespace fulmar
