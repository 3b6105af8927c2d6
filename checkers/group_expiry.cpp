#include "checkers/group_expiry.h"

#include <algorithm>
#include <set>

namespace fulmar {

namespace {
constexpr Duration clock_precision = milliseconds(2);  // of two timestamps in milliseconds
}

// A classic member whose assignment was stored, or whose commit was accepted, is a member until the last of these: ids
// are not used again. Then its group has members all the while, whichever broker coordinates it. Members of consumer
// groups do use their ids again, but it is known when they had partitions; offsets of these groups expire by their own
// age once nobody subscribes to the topic.
OffsetExpiry::OffsetExpiry(const History& history) : kept_(history.offsets_kept) {
  if (!kept_) return;
  kept_ = *kept_ - clock_precision;
  std::set<std::string> consumers;  // and groups of both protocols
  for (const auto& ownership : history.group_ownerships) {
    consumers.insert(ownership.group);
    if (ownership.until == Instant::max()) continue;  // it is not known until when
    has_members_[ownership.group].push_back({ownership.from, ownership.until});
    keeps_offsets_[ownership.group].push_back({ownership.from, ownership.until});
  }
  std::map<std::pair<std::string, std::string>, Span> members;
  auto proves = [&](const std::string& group, const std::string& member, Instant invoked, Instant completed) {
    if (consumers.contains(group)) return;
    auto [known, first] = members.try_emplace({group, member}, Span{completed, invoked});
    known->second.from = std::min(known->second.from, completed);
    known->second.until = std::max(known->second.until, invoked);
  };
  for (const auto& sync : history.group_syncs) proves(sync.group, sync.member, sync.invoked, sync.completed);
  for (const auto& commit : history.group_commits)
    if (commit.outcome == Outcome::ok && !commit.member.empty())
      proves(commit.group, commit.member, commit.invoked, commit.completed);
  for (auto [member, span] : members) {
    if (span.from < span.until) has_members_[member.first].push_back(span);
    span.until = span.until + *kept_;
    if (span.from < span.until) keeps_offsets_[member.first].push_back(span);
  }
  sort(has_members_);
  sort(keeps_offsets_);
}

void OffsetExpiry::sort(Spans& all) {
  for (auto& [group, spans] : all) std::ranges::sort(spans, {}, &Span::from);
}

Instant OffsetExpiry::first_free(const Spans& all, const std::string& group, Instant at) {
  if (auto spans = all.find(group); spans != all.end())
    for (const auto& span : spans->second)
      if (span.from <= at) at = std::max(at, span.until);
  return at;
}

bool OffsetExpiry::may_have_expired(const GroupCommit& latest, const GroupFetch& fetch) const {
  return kept_ && first_free(keeps_offsets_, fetch.group, latest.invoked + *kept_) <= fetch.completed;
}

bool OffsetExpiry::stays(const std::string& group, Instant one, Instant other) const {
  auto [from, until] = std::minmax(one, other);
  return !kept_ || first_free(has_members_, group, from) > until;
}

}  // namespace fulmar
