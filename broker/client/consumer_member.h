// ConsumerMember: one member of a consumer group of KIP-848: the coordinator assigns, and one request does all.
//
// A heartbeat says what the member has, where that is not said yet, and is answered with what it is to have, where that
// is new. Each call is one try; after one that failed the next says everything, and so is told everything. The errors
// that end a membership, UNKNOWN_MEMBER_ID and FENCED_MEMBER_EPOCH, are forgotten with all that the member had: the
// next heartbeat joins anew. UNRELEASED_INSTANCE_ID (the process before has not left, and its session goes on) and
// FENCED_INSTANCE_ID leave it as it is.
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
  std::optional<std::string> topic_pattern;  // in RE2's syntax; beside the topics
  std::optional<std::string> assignor;       // of the coordinator's; nullopt: its default
  milliseconds rebalance_timeout = std::chrono::minutes(5);
};

// Of one fiber; commit() may be called from several at once.
class ConsumerMember {
 public:
  using Partitions = std::map<Uuid, std::set<std::int32_t>>;

  // `id`: chosen anew for each process.
  ConsumerMember(Host& host, ClusterClient& cluster, ConsumerMemberOptions options, const Uuid& id);

  // `has`: what it has given up is not in there. Returns how often it wants to be heard.
  Answer<milliseconds> heartbeat(const Partitions& has);
  // What it is to have, by the last answer that said so.
  const Partitions& assigned() const { return assigned_; }
  // The end; of a static member, if it is to be back, its partitions stay its own for a session. Whatever becomes of
  // it, the next heartbeat joins anew.
  Answer<void> leave(bool to_be_back);
  // It was never here, as far as this process can tell: what a crash leaves behind.
  void forget(const Uuid& id);

  // By partition, the error of each.
  Answer<std::map<PartitionName, ErrorCode>> commit(const GroupOffsets& offsets);
  // To the coordinator, who is looked for if it is not known.
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
  std::optional<Partitions> said_;  // that it has; nullopt: everything is to be said
};

}  // namespace fulmar
