// Consumer groups: what members of a group were told and gave their coordinator.
//
// - committed offset: what is told as committed is what some member committed, and not what a later commit, which was
//   acknowledged before that was asked, had replaced. (lost-commit, phantom-commit)
// - fencing: once a member was told what it is assigned in a later generation, no member of an earlier one commits.
//   (zombie-commit)
// - assignment: each member is told what the leader of its generation has assigned to it, and in one generation one
//   leader's assignment is in force. (wrong-assignment, two-leaders)
//
// A generation that its coordinator did not outlive before it was stable was never kept, and its number comes again.
//
// Conditions: the members of a group number their commits to a partition, each commit a number that no other has.
#include <algorithm>

#include "checkers/history.h"

namespace fulmar {

namespace {

std::string place(const GroupCommit& commit) {
  return "group " + commit.group + ", partition " + std::to_string(commit.partition);
}

std::string span_of(Instant invoked, Instant completed) {
  auto text = "[" + std::to_string(invoked.ns / 1'000'000) + " ms .. ";
  return text + (completed == Instant::max() ? "?" : std::to_string(completed.ns / 1'000'000) + " ms") + "]";
}

void check_fetch(const GroupFetch& fetch, const std::vector<const GroupCommit*>& commits, Violations& found) {
  const GroupCommit* told = nullptr;
  Instant latest_begun = Instant{} - Duration(1);  // of the commits that were acknowledged before the fetch
  const GroupCommit* latest = nullptr;
  for (const auto* commit : commits) {
    if (commit->offset == fetch.offset) told = commit;
    bool before = commit->outcome == Outcome::ok && commit->completed < fetch.invoked;
    if (before && commit->invoked > latest_begun) {
      latest_begun = commit->invoked;
      latest = commit;
    }
  }
  auto say = [&](const char* anomaly, const std::string& why) {
    found.push_back({"committed offset", anomaly,
                     span_of(fetch.invoked, fetch.completed) + " group " + fetch.group + ", partition " +
                         std::to_string(fetch.partition) + ": " + std::to_string(fetch.offset) + " is told, " + why,
                     fetch.completed});
  };
  if (fetch.offset < 0) {
    if (latest) say("lost-commit", "though " + std::to_string(latest->offset) + " was committed before");
    return;
  }
  if (!told || told->outcome == Outcome::failed || told->invoked > fetch.completed)
    return say("phantom-commit", "which nobody has committed");
  // One that was never answered may take effect at any time.
  if (latest && told->outcome == Outcome::ok && told->completed < latest->invoked)
    say("lost-commit", "though " + std::to_string(latest->offset) + " was committed after that, and before this");
}

void check_fencing(const History& history, Violations& found) {
  std::map<std::string, std::vector<std::pair<std::int32_t, Instant>>> told;  // generations, and when
  for (const auto& sync : history.group_syncs) told[sync.group].push_back({sync.generation, sync.completed});
  for (const auto& commit : history.group_commits) {
    if (commit.outcome != Outcome::ok) continue;
    for (const auto& [generation, when] : told[commit.group])
      if (generation > commit.generation && when < commit.invoked)
        found.push_back({"fencing", "zombie-commit",
                         span_of(commit.invoked, commit.completed) + " " + place(commit) + ": " + commit.member +
                             " of generation " + std::to_string(commit.generation) + " commits, though generation " +
                             std::to_string(generation) + " was told at " + std::to_string(when.ns / 1'000'000) + " ms",
                         commit.completed});
  }
}

// Whether the member led when it joined last. It may have led before in a generation of the same number, whose
// coordinator was deposed before it was stable.
bool leads_by_latest_join(const History& history, const GroupSync& sync) {
  const GroupJoin* latest = nullptr;
  for (const auto& join : history.group_joins)
    if (join.group == sync.group && join.member == sync.member && join.generation == sync.generation &&
        join.completed <= sync.completed && (!latest || join.completed >= latest->completed))
      latest = &join;
  return latest && latest->leads;
}

void check_assignments(const History& history, Violations& found) {
  using Generation = std::pair<std::string, std::int32_t>;
  std::map<Generation, std::vector<const GroupJoin*>> leaders;
  for (const auto& join : history.group_joins)
    if (join.leads) leaders[{join.group, join.generation}].push_back(&join);
  std::map<Generation, std::string> in_force;  // whose assignment is
  for (const auto& sync : history.group_syncs) {
    auto generation = "group " + sync.group + ", generation " + std::to_string(sync.generation) + ": " + sync.member;
    auto known = leaders.find({sync.group, sync.generation});
    if (known == leaders.end()) continue;  // its leader never heard that it leads
    auto assigned = [&](const GroupJoin* leader) {
      auto wanted = leader->assigned.find(sync.member);
      return wanted != leader->assigned.end() && wanted->second == sync.partitions;
    };
    if (std::ranges::none_of(known->second, assigned)) {
      found.push_back({"assignment", "wrong-assignment", generation + " is not told what its leader assigned to it",
                       sync.completed});
      continue;
    }
    if (!leads_by_latest_join(history, sync)) continue;
    auto [force, first] = in_force.try_emplace({sync.group, sync.generation}, sync.member);
    if (!first && force->second != sync.member)
      found.push_back({"assignment", "two-leaders", generation + " and " + force->second, sync.completed});
  }
}

}  // namespace

void check_groups(const History& history, Violations& found) {
  std::map<std::pair<std::string, std::int32_t>, std::vector<const GroupCommit*>> commits;
  for (const auto& commit : history.group_commits) commits[{commit.group, commit.partition}].push_back(&commit);
  for (const auto& fetch : history.group_fetches) check_fetch(fetch, commits[{fetch.group, fetch.partition}], found);
  check_fencing(history, found);
  check_assignments(history, found);
}

}  // namespace fulmar
