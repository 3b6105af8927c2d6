// Administrative requests about consumer groups. Each is retried until it succeeds, fails for good, or the client's
// patience ends; a coordinator that moves meanwhile is looked up again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/client/partition_name.h"
#include "broker/protocol/messages/consumer_group.h"
#include "broker/protocol/messages/group_offsets.h"
#include "broker/protocol/messages/groups.h"
#include "broker/protocol/record_batch.h"

namespace fulmar {

// Committed offsets.
using GroupOffsets = std::map<PartitionName, Offset>;

// The last versions with topic names: newer ones have ids instead.
inline constexpr std::int16_t offset_commit_by_name = 9;
inline constexpr std::int16_t offset_fetch_by_name = 9;

// All groups of all brokers, by name. Errors: if a broker can't be asked, since groups would be missing then.
Answer<std::map<std::string, ListGroupsResponse::Group>> list_groups(ClusterClient& cluster);
// The members of a classic group and their assignments; `with_permissions`: and what this client may do with it.
// Errors: GROUP_ID_NOT_FOUND, also for a group that is "Dead".
Answer<DescribeGroupsResponse::Group> describe_group(ClusterClient& cluster, const std::string& group,
                                                     bool with_permissions = false);
// The same for a consumer group (KIP-848). Errors: GROUP_ID_NOT_FOUND, also for a group of the other protocol.
Answer<ConsumerGroupDescribeResponse::Group> describe_consumer_group(ClusterClient& cluster, const std::string& group,
                                                                     bool with_permissions = false);
// All offsets that a group has committed; empty if there is no such group. `stable`: retries until no open transaction
// can change them (KIP-447).
Answer<GroupOffsets> committed_offsets(ClusterClient& cluster, const std::string& group, bool stable = false);
// Commits for a group without members; returns the partitions whose offsets were refused, and why. Errors:
// UNKNOWN_MEMBER_ID, if it has some; what all partitions are refused for.
Answer<std::map<PartitionName, ErrorCode>> commit_offsets(ClusterClient& cluster, const std::string& group,
                                                          const GroupOffsets& offsets);
// Errors: NON_EMPTY_GROUP; GROUP_ID_NOT_FOUND, whose message says so if an earlier try may have deleted it.
Answer<void> delete_group(ClusterClient& cluster, const std::string& group);

// A commit without a member; a member adds its id.
OffsetCommitRequest offset_commit(const std::string& group, const GroupOffsets& offsets);
std::map<PartitionName, ErrorCode> errors_by_partition(const OffsetCommitResponse& response);

}  // namespace fulmar
