// Commits, deletions and fetches of group offsets by clients, in the history.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "broker/client/group_admin.h"
#include "scenarios/workload.h"

namespace fulmar {

// Some partitions of two topics, chosen when it is called first; the history has the index in this list.
const std::vector<PartitionName>& shared_partitions(Workload& workload);

// OffsetFetch, once. Returns the group's error; nullopt if there was no response.
std::optional<ErrorCode> fetch_offsets(Host& host, Workload& workload, Answer<Brokers::Connection> coordinator,
                                       const std::string& group, const std::vector<PartitionName>& shared);

// Commits the offsets in `commits` by `send`, which returns an error for each partition. Returns the last one's error.
using CommitAnswer = Answer<std::map<PartitionName, ErrorCode>>;
ErrorCode commit_offsets(Host& host, Workload& workload, const Answer<Brokers::Connection>& coordinator,
                         std::vector<GroupCommit> commits, const std::vector<PartitionName>& shared,
                         const std::function<CommitAnswer(const GroupOffsets&)>& send);

// For a member that has left: in lives whose offsets expire, sleeps for up to twice as long as they are kept; in others
// returns at once, and draws nothing.
void stay_away(Host& host, const Workload& workload, Random& random);

// An error in an answer to a member, or to a client of a group without members. Kafka's clients know what to do after
// some; after another one they give up for good, so no broker that is well may answer it: it is in `seen`.
void expect_known(Host& host, Workload& workload, const char* request, ErrorCode error);

// Commits of a client may say besides the offset what belongs to it; then each fetch of it has to tell the same.
void say_more(OffsetCommitRequest& request);

}  // namespace fulmar
