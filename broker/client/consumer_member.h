// ConsumerMember: a member of a consumer group of KIP-848: the coordinator assigns partitions, and
// ConsumerGroupHeartbeat is the only request.
//
// A heartbeat reports the member's partitions if they have changed, and the response has the assignment if that has
// changed. Each call is one try; after a failure the next heartbeat sends everything, and gets everything. The errors
// that end a membership, UNKNOWN_MEMBER_ID and FENCED_MEMBER_EPOCH, clear the member's state, and the next heartbeat
// joins again. UNRELEASED_INSTANCE_ID (the previous process has not left, and its session has not expired) and
// FENCED_INSTANCE_ID leave the state unchanged.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/client/coordinator_link.h"
#include "broker/client/group_admin.h"
#include "broker/protocol/messages/consumer_group.h"

namespace fulmar {

struct ConsumerMemberOptions {
  std::string group;
  std::optional<std::string> instance_id;  // of a static member (KIP-345)
  std::vector<std::string> topics;
  std::optional<std::string> topic_pattern;  // in RE2's syntax; in addition to the topics
  std::optional<std::string> assignor;       // nullopt: the coordinator's default
  milliseconds rebalance_timeout = std::chrono::minutes(5);
};

// Used by one fiber, except for commit(), which several may call at once.
class ConsumerMember {
 public:
  using Partitions = std::map<Uuid, std::set<std::int32_t>>;

  // `id`: new for each process.
  ConsumerMember(Host& host, ClusterClient& cluster, ConsumerMemberOptions options, const Uuid& id);

  // `has`: the partitions that the member still has. Returns the interval at which the coordinator expects heartbeats.
  Answer<milliseconds> heartbeat(const Partitions& has);
  // The assignment in the last response that had one.
  const Partitions& assigned() const { return assigned_; }
  // Leaves the group; a static member that is `to_be_back` keeps its partitions for a session timeout. Whatever the
  // result, the next heartbeat joins again.
  Answer<void> leave(bool to_be_back);
  // Clears all state without a request, as a crash does.
  void forget(const Uuid& id);

  // The error of each partition.
  Answer<std::map<PartitionName, ErrorCode>> commit(const GroupOffsets& offsets);
  // To the coordinator, which is looked up if it is not known.
  Answer<Brokers::Connection> coordinator(Deadline deadline) { return coordinator_.connection(deadline); }

  const std::string& id() const { return id_; }
  std::int32_t epoch() const { return epoch_; }

 private:
  template <class Response, class Request>
  Answer<Response> ask(const Request& request, std::int16_t version_max = 32767);
  std::unexpected<ClientError> failed(ErrorCode error, const std::string& what);
  void join_anew();

  Host& host_;
  ClusterClient& cluster_;
  const ConsumerMemberOptions options_;
  CoordinatorLink coordinator_;
  std::string id_;
  std::int32_t epoch_ = 0;
  Partitions assigned_;
  std::optional<Partitions> said_;  // that was reported; nullopt: the next heartbeat sends everything
};

}  // namespace fulmar
