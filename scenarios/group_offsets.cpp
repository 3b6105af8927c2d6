#include "scenarios/group_offsets.h"

#include <algorithm>

#include "broker/protocol/messages/group_offsets.h"
#include "runtime/host/clock.h"
#include "scenarios/clients.h"
#include "scenarios/telling.h"

namespace fulmar {

namespace {

constexpr std::size_t topics_shared = 2;
constexpr std::int32_t partitions_of_each = 4;

// After some errors it is certain that nothing was written; others leave that open.
Outcome outcome_of(ErrorCode error) {
  switch (error) {
    case ErrorCode::none: return Outcome::ok;
    case ErrorCode::unknown_member_id:
    case ErrorCode::illegal_generation:
    case ErrorCode::fenced_instance_id:
    case ErrorCode::rebalance_in_progress:
    case ErrorCode::stale_member_epoch:
    case ErrorCode::group_id_not_found:
    case ErrorCode::coordinator_load_in_progress: return Outcome::failed;
    default: return Outcome::unknown;
  }
}

// Whether Kafka's clients go on after it, be it as a new member. Errors of connections are among these.
bool is_known(ErrorCode error) {
  switch (error) {
    case ErrorCode::none:
    case ErrorCode::unknown_member_id:
    case ErrorCode::illegal_generation:
    case ErrorCode::rebalance_in_progress:
    case ErrorCode::fenced_instance_id:
    case ErrorCode::unreleased_instance_id:
    case ErrorCode::fenced_member_epoch:
    case ErrorCode::stale_member_epoch:
    case ErrorCode::group_id_not_found:
    case ErrorCode::group_max_size_reached:
    case ErrorCode::inconsistent_group_protocol:  // of members of both protocols
    case ErrorCode::coordinator_load_in_progress:
    case ErrorCode::coordinator_not_available:
    case ErrorCode::not_coordinator:
    case ErrorCode::unstable_offset_commit:
    case ErrorCode::unknown_topic_or_partition:
    case ErrorCode::network_exception:
    case ErrorCode::request_timed_out:
    case ErrorCode::sasl_authentication_failed: return true;  // while the password changes
    default: return false;
  }
}

// What say_more() adds to the commit of that offset.
std::string metadata_of(Offset offset) {
  return "commit " + std::to_string(offset);
}
std::int32_t leader_epoch_of(Offset offset) {
  return static_cast<std::int32_t>(offset % 1000);
}

bool says_more_rightly(const OffsetFetchResponse::Partition& told) {
  return told.metadata == metadata_of(told.committed_offset) &&
         told.committed_leader_epoch == leader_epoch_of(told.committed_offset);
}

// The partition has no committed offset. Unless its last commit was a deletion, it has expired.
void note_expired(Workload& workload, const std::string& group, std::ptrdiff_t partition) {
  const auto& commits = workload.history.group_commits;
  auto last = std::find_if(commits.rbegin(), commits.rend(), [&](const GroupCommit& commit) {
    return commit.group == group && commit.partition == partition && commit.outcome != Outcome::failed;
  });
  if (last != commits.rend() && last->outcome == Outcome::ok && last->offset >= 0)
    workload.marks.reach(Mark::group_offset_expired);
}

}  // namespace

const std::vector<PartitionName>& shared_partitions(Workload& workload) {
  auto& shared = workload.shared_partitions;
  if (!shared.empty()) return shared;
  std::vector<std::pair<std::int32_t, std::string>> topics;
  for (const auto& [name, spec] : workload.topics)
    if (!spec.idle) topics.emplace_back(-spec.partitions, name);
  std::ranges::sort(topics);
  for (std::size_t n = 0; n < std::min(topics_shared, topics.size()); ++n)
    for (std::int32_t partition = 0; partition < std::min(partitions_of_each, -topics[n].first); ++partition)
      shared.emplace_back(topics[n].second, partition);
  return shared;
}

std::optional<ErrorCode> fetch_offsets(Host& host, Workload& workload, Answer<Brokers::Connection> coordinator,
                                       const std::string& group, const std::vector<PartitionName>& shared) {
  if (!coordinator) return std::nullopt;
  OffsetFetchRequest request;
  auto& of = request.groups.emplace_back();
  of.group_id = group;
  of.topics.emplace();
  for (const auto& [topic, partition] : shared) {
    if (of.topics->empty() || of.topics->back().name != topic) of.topics->emplace_back().name = topic;
    of.topics->back().partition_indexes.push_back(partition);
  }
  auto invoked = host.clock().now();
  auto deadline = host.clock().deadline_in(workload.request_timeout);
  auto fetched = (*coordinator)->call<OffsetFetchResponse>(request, deadline, offset_fetch_by_name);
  if (!fetched || fetched->groups.size() != 1) return std::nullopt;
  const auto& told = fetched->groups.front();
  expect_known(host, workload, "OffsetFetch", told.error_code);
  if (told.error_code != ErrorCode::none) return told.error_code;
  for (const auto& topic : told.topics)
    for (const auto& partition : topic.partitions) {
      auto place = std::ranges::find(shared, PartitionName(topic.name, partition.index));
      expect_known(host, workload, "OffsetFetch", partition.error_code);
      if (partition.error_code != ErrorCode::none || place == shared.end()) continue;
      const bool more = partition.committed_leader_epoch >= 0 || !partition.metadata.value_or("").empty();
      const bool all_more = workload.groups_that_say_more.contains(group);
      if (partition.committed_offset >= 0 && (more || all_more) && !says_more_rightly(partition))
        workload.seen.push_back({"committed offset", "wrong-metadata",
                                 "group " + group + ", partition " + std::to_string(place - shared.begin()) +
                                     ": with offset " + std::to_string(partition.committed_offset) +
                                     " another metadata or leader epoch is told than was committed",
                                 host.clock().now()});
      if (workload.history.offsets_kept && partition.committed_offset < 0)
        note_expired(workload, group, place - shared.begin());
      workload.history.group_fetches.push_back({group, static_cast<std::int32_t>(place - shared.begin()),
                                                partition.committed_offset, invoked, host.clock().now()});
      tell_ended(workload, workload.history.group_fetches.back());
    }
  return ErrorCode::none;
}

void expect_known(Host& host, Workload& workload, const char* request, ErrorCode error) {
  if (is_known(error)) return;
  workload.seen.push_back(
      {"errors of groups", "fatal-error",
       std::string(request) + " is answered with " + error_code_name(error) + ", after which clients give up",
       host.clock().now()});
}

void say_more(OffsetCommitRequest& request) {
  for (auto& topic : request.topics)
    for (auto& partition : topic.partitions) {
      partition.committed_metadata = metadata_of(partition.committed_offset);
      partition.committed_leader_epoch = leader_epoch_of(partition.committed_offset);
    }
}

void stay_away(Host& host, const Workload& workload, Random& random) {
  if (workload.history.offsets_kept && !workload.stop)
    pause(host, random, 2 * *workload.history.offsets_kept / milliseconds(1));
}

ErrorCode commit_offsets(Host& host, Workload& workload, const Answer<Brokers::Connection>& coordinator,
                         std::vector<GroupCommit> commits, const std::vector<PartitionName>& shared,
                         const std::function<CommitAnswer(const GroupOffsets&)>& send) {
  auto& history = workload.history.group_commits;
  auto first = history.size();
  auto count = commits.size();
  GroupOffsets offsets;
  for (auto& commit : commits) {
    offsets[shared.at(static_cast<std::size_t>(commit.partition))] = commit.offset;
    commit.invoked = host.clock().now();
    tell_begun(workload, commit);
    history.push_back(std::move(commit));
  }
  auto answer = coordinator ? send(offsets) : CommitAnswer(std::unexpected(coordinator.error()));
  auto error = answer ? ErrorCode::none : answer.error().code;
  for (auto n = first; n < first + count; ++n) {
    auto& commit = history[n];
    commit.outcome = coordinator ? Outcome::unknown : Outcome::failed;
    if (answer)
      if (auto told = answer->find(shared.at(static_cast<std::size_t>(commit.partition))); told != answer->end()) {
        error = told->second;
        expect_known(host, workload, "a commit or deletion", error);
        commit.completed = host.clock().now();
        commit.outcome = outcome_of(error);
        if (error == ErrorCode::none) workload.marks.reach(Mark::group_offset_committed);
      }
    tell_ended(workload, commit);
  }
  return error;
}

}  // namespace fulmar
