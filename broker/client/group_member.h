// GroupMember: one member of a consumer group under the classic protocol: JoinGroup, SyncGroup, Heartbeat, LeaveGroup,
// and the group's offsets. What the partitions are shared out by is the caller's.
//
// Each call is one try. What its error shows to be past is forgotten, so that the caller has only to pause and go on:
// the coordinator, where it has moved or gave no answer, and the member's id, where the coordinator does not know it.
// Errors are, beside those of connections, Kafka's; those of them that end a membership, until the next join():
// REBALANCE_IN_PROGRESS (join again, as the same member), ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID (as a new one), and
// FENCED_INSTANCE_ID (for good: another process has taken this static member's place).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/client/coordinator_link.h"
#include "broker/client/group_admin.h"
#include "broker/protocol/messages/classic_group.h"
#include "runtime/base/bytes.h"

namespace fulmar {

struct GroupMemberOptions {
  std::string group;
  std::optional<std::string> instance_id;  // of a static member (KIP-345)
  std::string protocol_type = "consumer";
  std::vector<JoinGroupRequest::Protocol> protocols;  // the preferred one first
  milliseconds session_timeout = seconds(45);
  milliseconds rebalance_timeout = std::chrono::minutes(5);
};

// Of one fiber; heartbeat() and commit() may be called from several at once, between sync() and the next join().
class GroupMember {
 public:
  GroupMember(Host& host, ClusterClient& cluster, GroupMemberOptions options);

  struct Joined {
    bool leads = false;             // and so has to say in sync() what each member is assigned
    bool keeps_assignment = false;  // leads, but all keep what they have (KIP-814)
    std::string protocol;
    std::vector<JoinGroupResponse::Member> members;  // of a leader: all; of others: none
  };
  // Waits for the others, for as long as the rebalance timeout.
  Answer<Joined> join();
  // What this member is assigned. `assignments`: of a leader, of each member.
  Answer<Bytes> sync(std::vector<SyncGroupRequest::Assignment> assignments);
  Answer<void> heartbeat();
  // A dynamic member's end. Whatever becomes of it, the next join() is a new member's.
  Answer<void> leave();
  // It was never here, as far as this process can tell: what a crash leaves behind.
  void forget();

  // By partition, the error of each.
  Answer<std::map<PartitionName, ErrorCode>> commit(const GroupOffsets& offsets);

  // To the coordinator, who is looked for if it is not known.
  Answer<Brokers::Connection> coordinator(Deadline deadline) { return coordinator_.connection(deadline); }

  const std::string& id() const { return id_; }
  std::int32_t generation() const { return generation_; }

 private:
  template <class Response, class Request>
  Answer<Response> ask(const Request& request, Duration patience, std::int16_t version_max = 32767);
  std::unexpected<ClientError> failed(ErrorCode error, const char* what);

  Host& host_;
  ClusterClient& cluster_;
  const GroupMemberOptions options_;
  CoordinatorLink coordinator_;
  std::string id_;
  std::int32_t generation_ = -1;
  std::string protocol_;
};

}  // namespace fulmar
