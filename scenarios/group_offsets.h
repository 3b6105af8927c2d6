// What clients do with the offsets of groups: commits, deletions and fetches, in the history.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "broker/client/group_admin.h"
#include "scenarios/workload.h"

namespace fulmar {

// Some partitions of two topics. In the history each is known by its place in this list.
std::vector<PartitionName> shared_partitions(const Workload& workload);

// OffsetFetch, once. The group's error; nullopt if there was no answer.
std::optional<ErrorCode> fetch_offsets(Host& host, Workload& workload, Answer<Brokers::Connection> coordinator,
                                       const std::string& group, const std::vector<PartitionName>& shared);

// Commits what `commits` say by `send`, whose answer has an error for each partition. The error of the last.
using CommitAnswer = Answer<std::map<PartitionName, ErrorCode>>;
ErrorCode commit_offsets(Host& host, Workload& workload, const Answer<Brokers::Connection>& coordinator,
                         std::vector<GroupCommit> commits, const std::vector<PartitionName>& shared,
                         const std::function<CommitAnswer(const GroupOffsets&)>& send);

}  // namespace fulmar
