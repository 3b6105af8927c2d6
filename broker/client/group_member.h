// GroupMember: a member of a consumer group under the classic protocol: JoinGroup, SyncGroup, Heartbeat, LeaveGroup,
// and the group's offsets. The caller assigns the partitions.
//
// Each call is one try. State that its error shows to be outdated is cleared, so that the caller only has to pause and
// go on: the coordinator, if it has moved or did not answer, and the member's id, if the coordinator does not know it.
// Errors, besides those of connections, are Kafka's. These end a membership until the next join():
// REBALANCE_IN_PROGRESS (join again, as the same member), ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID (as a new one), and
// FENCED_INSTANCE_ID (final: another process has taken this static member's place).
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

// Used by one fiber, except for heartbeat() and commit(), which several may call at once, between sync() and join().
class GroupMember {
 public:
  GroupMember(Host& host, ClusterClient& cluster, GroupMemberOptions options);

  struct Joined {
    bool leads = false;             // this member has to pass the assignments of all to sync()
    bool by_coordinator = false;    // nobody leads: the group has members of the consumer protocol as well (KIP-848)
    bool keeps_assignment = false;  // leads, but all keep their assignments (KIP-814)
    std::string protocol;
    std::vector<JoinGroupResponse::Member> members;  // for the leader: all; else none
  };
  // From the next join() on.
  void set_protocols(std::vector<JoinGroupRequest::Protocol> protocols) { options_.protocols = std::move(protocols); }
  // Waits for the other members, up to the rebalance timeout.
  Answer<Joined> join();
  // Returns this member's assignment. `assignments`: from the leader, of all members.
  Answer<Bytes> sync(std::vector<SyncGroupRequest::Assignment> assignments);
  Answer<void> heartbeat();
  // Ends a dynamic member. Whatever the result, the next join() is a new member's.
  Answer<void> leave();
  // Clears all state without a request, as a crash does.
  void forget();

  // The error of each partition.
  Answer<std::map<PartitionName, ErrorCode>> commit(const GroupOffsets& offsets);

  // To the coordinator, which is looked up if it is not known.
  Answer<Brokers::Connection> coordinator(Deadline deadline) { return coordinator_.connection(deadline); }

  const std::string& id() const { return id_; }
  std::int32_t generation() const { return generation_; }

 private:
  template <class Response, class Request>
  Answer<Response> ask(const Request& request, Duration patience, std::int16_t version_max = 32767);
  std::unexpected<ClientError> failed(ErrorCode error, const char* what);

  Host& host_;
  ClusterClient& cluster_;
  GroupMemberOptions options_;
  CoordinatorLink coordinator_;
  std::string id_;
  std::int32_t generation_ = -1;
  std::string protocol_;
};

}  // namespace fulmar
