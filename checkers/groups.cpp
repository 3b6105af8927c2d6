// Consumer groups: what coordinators told the members of a group, and accepted from them.
//
// - committed offset: a fetched offset was committed by some member, and was not replaced by a later commit or deletion
//   that was acknowledged before the fetch; nor was it gone already. None is gone before it may expire
//   (group_expiry.h). (lost-commit, returned-commit, phantom-commit)
// - fencing: once a member has its assignment in a later generation, no member of an earlier one commits; once a static
//   member's new process has its assignment, the previous process does not commit. (zombie-commit, zombie-instance)
// - assignment: each member gets what the leader of its generation has assigned to it; one leader's assignment is in
//   force in a generation, and no partition has two owners. (wrong-assignment, two-leaders, two-owners)
// - assignment and fencing of consumer groups (KIP-848): no two members have a partition at once, and nobody commits
//   for a partition that another member has all the while. (two-owners, zombie-commit)
// - at least once: everything below a fetched offset was processed by some member before; of groups whose offsets are
//   positions of reading. (unprocessed)
// - group size: no generation has more members than are allowed, and no consumer group has so many with partitions.
//   (group-too-large)
//
// If a coordinator fails before a generation is stable, the generation is not stored, and its number is used again. So
// it is if the group is deleted because its offsets have expired: then generations are compared only if members prove
// that the group was there all the time.
//
// Commits of a group's members to a partition have unique numbers, or else a fetch may be taken for that of another.
#include <algorithm>

#include "checkers/group_expiry.h"
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

// Whether the fetch may return a write that was not certainly replaced by a write or deletion after `since`.
bool may_be_told(const GroupCommit& write, const GroupFetch& fetch, Instant since) {
  if (write.offset != fetch.offset || write.outcome == Outcome::failed || write.invoked > fetch.completed) return false;
  // A write without a response may take effect at any time.
  return write.outcome != Outcome::ok || write.completed >= since;
}

// `gone`: when a fetch began that was answered before this one began, and was told that nothing is committed.
void check_fetch(const GroupFetch& fetch, const std::vector<const GroupCommit*>& commits, Instant gone,
                 const OffsetExpiry& expiry, Violations& found) {
  bool known = fetch.offset < 0;                   // "nothing committed" needs no writer
  Instant latest_begun = Instant{} - Duration(1);  // of writes acknowledged before the fetch
  const GroupCommit* latest = nullptr;
  for (const auto* commit : commits) {
    known = known || may_be_told(*commit, fetch, Instant{});
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
  if (!known) return say("phantom-commit", "which nobody has committed");
  auto may_be_told_since = [&](Instant since) {
    return std::ranges::any_of(commits, [&](const auto* commit) { return may_be_told(*commit, fetch, since); });
  };
  if (fetch.offset >= 0 && !may_be_told_since(gone))
    return say("returned-commit", "though nothing was committed any more before");
  if (!latest || may_be_told_since(latest->invoked)) return;
  if (latest->offset < 0) return say("returned-commit", "though what was committed was deleted before");
  if (fetch.offset < 0 && expiry.may_have_expired(*latest, fetch)) return;
  say("lost-commit", "though " + std::to_string(latest->offset) + " was committed before, and after that");
}

void check_fetches(const History& history, const OffsetExpiry& expiry, Violations& found) {
  using Place = std::pair<std::string, std::int32_t>;
  std::map<Place, std::vector<const GroupCommit*>> commits;
  for (const auto& commit : history.group_commits) commits[{commit.group, commit.partition}].push_back(&commit);
  // Of fetches that found nothing, by when they were answered: the latest begin of all up to there.
  std::map<Place, std::map<Instant, Instant>> nothing;
  for (const auto& fetch : history.group_fetches)
    if (fetch.offset < 0) {
      auto& begun = nothing[{fetch.group, fetch.partition}][fetch.completed];
      begun = std::max(begun, fetch.invoked);
    }
  for (auto& [place, fetches] : nothing)
    for (Instant latest{}; auto& [completed, begun] : fetches) latest = begun = std::max(latest, begun);
  for (const auto& fetch : history.group_fetches) {
    Place place{fetch.group, fetch.partition};
    const auto& before = nothing[place];
    auto after = before.lower_bound(fetch.invoked);
    auto gone = after == before.begin() ? Instant{} : std::prev(after)->second;
    check_fetch(fetch, commits[place], gone, expiry, found);
  }
}

void check_fencing(const History& history, const OffsetExpiry& expiry, Violations& found) {
  // generations, and when members learned of them
  std::map<std::string, std::vector<std::pair<std::int32_t, Instant>>> told;
  for (const auto& sync : history.group_syncs) told[sync.group].push_back({sync.generation, sync.completed});
  for (const auto& commit : history.group_commits) {
    if (commit.outcome != Outcome::ok) continue;
    for (const auto& [generation, when] : told[commit.group])
      if (generation > commit.generation && when < commit.invoked && expiry.stays(commit.group, when, commit.completed))
        found.push_back({"fencing", "zombie-commit",
                         span_of(commit.invoked, commit.completed) + " " + place(commit) + ": " + commit.member +
                             " of generation " + std::to_string(commit.generation) + " commits, though generation " +
                             std::to_string(generation) + " was told at " + std::to_string(when.ns / 1'000'000) + " ms",
                         commit.completed});
  }
}

// Whether the member led according to its latest join. It may have led before in a generation with the same number,
// whose coordinator was deposed before the generation was stable.
bool leads_by_latest_join(const History& history, const GroupSync& sync) {
  const GroupJoin* latest = nullptr;
  for (const auto& join : history.group_joins)
    if (join.group == sync.group && join.member == sync.member && join.generation == sync.generation &&
        join.completed <= sync.completed && (!latest || join.completed >= latest->completed))
      latest = &join;
  return latest && latest->leads;
}

// Of a static member's processes, the one that got its assignment last is the member.
void check_instances(const History& history, Violations& found) {
  std::map<std::pair<std::string, std::string>, std::vector<const GroupSync*>> told;
  for (const auto& sync : history.group_syncs)
    if (!sync.instance.empty()) told[{sync.group, sync.instance}].push_back(&sync);
  for (const auto& commit : history.group_commits) {
    if (commit.outcome != Outcome::ok || commit.instance.empty()) continue;
    const GroupSync* last = nullptr;
    for (const auto* sync : told[{commit.group, commit.instance}])
      if (sync->completed < commit.invoked && (!last || sync->completed > last->completed)) last = sync;
    if (last && last->member != commit.member)
      found.push_back({"fencing", "zombie-instance",
                       span_of(commit.invoked, commit.completed) + " " + place(commit) + ": " + commit.member +
                           " commits, though " + last->member + " has taken its place",
                       commit.completed});
  }
}

void check_owners(const History& history, const OffsetExpiry& expiry, Violations& found) {
  using Place = std::tuple<std::string, std::int32_t, std::int32_t>;
  std::map<Place, const GroupSync*> owners;  // by group, generation and partition
  auto who = [](const GroupSync& sync) { return sync.instance.empty() ? sync.member : sync.instance; };
  for (const auto& sync : history.group_syncs)
    for (auto partition : sync.partitions) {
      auto [owner, first] = owners.try_emplace({sync.group, sync.generation, partition}, &sync);
      const auto* before = owner->second;
      if (first || who(*before) == who(sync)) continue;
      if (expiry.stays(sync.group, before->completed, sync.completed))
        found.push_back({"assignment", "two-owners",
                         "group " + sync.group + ", generation " + std::to_string(sync.generation) + ", partition " +
                             std::to_string(partition) + ": " + who(*before) + " and " + who(sync),
                         sync.completed});
      owner->second = &sync;
    }
}

void check_assignments(const History& history, const OffsetExpiry& expiry, Violations& found) {
  using Generation = std::pair<std::string, std::int32_t>;
  std::map<Generation, std::vector<const GroupJoin*>> leaders;
  for (const auto& join : history.group_joins)
    if (join.leads) leaders[{join.group, join.generation}].push_back(&join);
  std::map<Generation, const GroupSync*> in_force;  // of the leader whose assignment is in force
  for (const auto& sync : history.group_syncs) {
    auto generation = "group " + sync.group + ", generation " + std::to_string(sync.generation) + ": " + sync.member;
    auto known = leaders.find({sync.group, sync.generation});
    if (known == leaders.end()) continue;  // its leader did not get the response
    auto assigned = [&](const GroupJoin* leader) {
      auto wanted = leader->assigned.find(sync.instance.empty() ? sync.member : sync.instance);
      return wanted == leader->assigned.end() ? sync.partitions.empty() : wanted->second == sync.partitions;
    };
    auto same_group = [&](const GroupJoin* leader) {
      return expiry.stays(sync.group, leader->completed, sync.completed);
    };
    if (std::ranges::none_of(known->second, assigned) && std::ranges::all_of(known->second, same_group)) {
      found.push_back({"assignment", "wrong-assignment", generation + " is not told what its leader assigned to it",
                       sync.completed});
      continue;
    }
    if (!leads_by_latest_join(history, sync)) continue;
    auto [force, first] = in_force.try_emplace({sync.group, sync.generation}, &sync);
    const auto* before = std::exchange(force->second, &sync);
    if (!first && before->member != sync.member && expiry.stays(sync.group, before->completed, sync.completed))
      found.push_back({"assignment", "two-leaders", generation + " and " + before->member, sync.completed});
  }
}

// Ownerships of a partition in the order of their begins: if one overlaps earlier ones, it is compared with the one
// that ends last.
void check_ownerships(const History& history, Violations& found) {
  using Place = std::pair<std::string, std::int32_t>;
  std::map<Place, std::vector<const GroupOwnership*>> had;
  for (const auto& ownership : history.group_ownerships)
    if (ownership.from < ownership.until) had[{ownership.group, ownership.partition}].push_back(&ownership);
  for (auto& [place, spans] : had) {
    std::ranges::sort(spans, {}, [](const auto* span) { return std::tie(span->from, span->until, span->member); });
    const GroupOwnership* longest = nullptr;
    for (const auto* span : spans) {
      if (longest && longest->member != span->member && span->from < longest->until)
        found.push_back({"assignment", "two-owners",
                         span_of(span->from, span->until) + " group " + place.first + ", partition " +
                             std::to_string(place.second) + ": " + span->member + ", which " + longest->member +
                             " has " + span_of(longest->from, longest->until),
                         span->from});
      if (!longest || span->until > longest->until) longest = span;
    }
  }
  for (const auto& commit : history.group_commits) {
    auto of_place = had.find({commit.group, commit.partition});
    if (commit.outcome != Outcome::ok || of_place == had.end()) continue;
    // The latest one that began before the commit; others only as far as they overlap.
    auto after =
        std::ranges::upper_bound(of_place->second, commit.invoked, {}, [](const auto* span) { return span->from; });
    if (after == of_place->second.begin()) continue;
    const auto* owner = *std::prev(after);
    if (owner->member != commit.member && owner->until > commit.completed)
      found.push_back({"fencing", "zombie-commit",
                       span_of(commit.invoked, commit.completed) + " " + place(commit) + ": " + commit.member +
                           " commits, though " + owner->member + " has it " + span_of(owner->from, owner->until),
                       commit.completed});
  }
}

// What was processed of a partition, in the order of time.
class Processed {
 public:
  explicit Processed(std::vector<const GroupProcessing*> spans) : spans_(std::move(spans)) {
    std::ranges::sort(spans_, {}, [](const auto* span) { return std::pair(span->at, span->first); });
  }

  // The first offset that nobody has processed by then. Calls ascend.
  Offset end_at(Instant at) {
    for (; next_ < spans_.size() && spans_[next_]->at <= at; ++next_) {
      const auto& span = *spans_[next_];
      auto& last = beyond_[span.first];
      last = std::max(last, span.last);
    }
    while (!beyond_.empty() && beyond_.begin()->first <= end_) {
      end_ = std::max(end_, beyond_.begin()->second + 1);
      beyond_.erase(beyond_.begin());
    }
    return end_;
  }

 private:
  std::vector<const GroupProcessing*> spans_;
  std::size_t next_ = 0;
  Offset end_ = 0;
  std::map<Offset, Offset> beyond_;  // last by first, of those that are not below `end_`
};

void check_processing(const History& history, Violations& found) {
  using Place = std::pair<std::string, std::int32_t>;
  std::map<Place, std::vector<const GroupProcessing*>> spans;
  std::map<Place, std::vector<const GroupFetch*>> fetches;
  std::set<std::string> groups;
  for (const auto& span : history.group_processings) {
    spans[{span.group, span.partition}].push_back(&span);
    groups.insert(span.group);
  }
  for (const auto& fetch : history.group_fetches)
    if (groups.contains(fetch.group)) fetches[{fetch.group, fetch.partition}].push_back(&fetch);
  for (auto& [place, told] : fetches) {
    std::ranges::sort(told, {}, [](const auto* fetch) { return std::pair(fetch->completed, fetch->offset); });
    Processed processed(spans[place]);
    for (const auto* fetch : told) {
      auto end = processed.end_at(fetch->completed);
      if (fetch->offset <= end) continue;
      found.push_back({"at least once", "unprocessed",
                       span_of(fetch->invoked, fetch->completed) + " group " + place.first + ", partition " +
                           std::to_string(place.second) + ": " + std::to_string(fetch->offset) +
                           " is told, though no member has processed offset " + std::to_string(end),
                       fetch->completed});
      break;
    }
  }
}

// A generation has the members that its leader is told of. A consumer group has at least those that have partitions.
void check_sizes(const History& history, Violations& found) {
  if (!history.group_size_max) return;
  auto say = [&](const std::string& group, std::size_t members, Instant at) {
    found.push_back({"group size", "group-too-large",
                     group + " has " + std::to_string(members) + " members, though no more than " +
                         std::to_string(*history.group_size_max) + " are allowed",
                     at});
  };
  for (const auto& join : history.group_joins)
    if (join.leads && join.members > *history.group_size_max)
      say("group " + join.group + ", generation " + std::to_string(join.generation) + ",", join.members,
          join.completed);
  struct Change {
    Instant at;
    bool begins;  // after those that end at the same time
    const GroupOwnership* what;
  };
  std::map<std::string, std::vector<Change>> changes;
  for (const auto& ownership : history.group_ownerships) {
    if (ownership.from >= ownership.until) continue;
    changes[ownership.group].push_back({ownership.from, true, &ownership});
    changes[ownership.group].push_back({ownership.until, false, &ownership});
  }
  for (auto& [group, list] : changes) {
    std::ranges::sort(list, {}, [](const Change& change) { return std::pair(change.at, change.begins); });
    std::map<std::string, int> partitions;  // by member
    for (const auto& change : list) {
      if (!change.begins && --partitions.at(change.what->member) == 0) partitions.erase(change.what->member);
      if (!change.begins) continue;
      if (++partitions[change.what->member] == 1 && partitions.size() > *history.group_size_max)
        say("group " + group, partitions.size(), change.at);
    }
  }
}

}  // namespace

void check_groups(const History& history, Violations& found) {
  OffsetExpiry expiry(history);
  check_fetches(history, expiry, found);
  check_fencing(history, expiry, found);
  check_instances(history, found);
  check_owners(history, expiry, found);
  check_assignments(history, expiry, found);
  check_ownerships(history, found);
  check_processing(history, found);
  check_sizes(history, found);
}

}  // namespace fulmar
