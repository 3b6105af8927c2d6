#include "broker/client/consumer_member.h"

#include "broker/protocol/messages/group_offsets.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::int32_t leaving = -1;
constexpr std::int32_t leaving_to_be_back = -2;

}  // namespace

ConsumerMember::ConsumerMember(Host& host, ClusterClient& cluster, ConsumerMemberOptions options, const Uuid& id)
    : host_(host),
      cluster_(cluster),
      options_(std::move(options)),
      coordinator_(cluster, options_.group),
      id_(to_string(id)) {}

template <class Response, class Request>
Answer<Response> ConsumerMember::ask(const Request& request, std::int16_t version_max) {
  auto deadline = host_.clock().deadline_in(cluster_.options().request_timeout);
  FULMAR_TRY(auto connection, coordinator(deadline));
  return coordinator_.believe(connection->template call<Response>(request, deadline, version_max));
}

void ConsumerMember::join_anew() {
  epoch_ = 0;
  assigned_.clear();
  said_.reset();
}

void ConsumerMember::forget(const Uuid& id) {
  join_anew();
  id_ = to_string(id);
}

std::unexpected<ClientError> ConsumerMember::failed(ErrorCode error, const std::string& what) {
  switch (error) {
    case ErrorCode::unknown_member_id:
    case ErrorCode::fenced_member_epoch:
    case ErrorCode::group_id_not_found: join_anew(); break;
    case ErrorCode::unreleased_instance_id:
    case ErrorCode::fenced_instance_id:
    case ErrorCode::stale_member_epoch: break;
    default: coordinator_.doubt();
  }
  return refuse(error, what);
}

Answer<milliseconds> ConsumerMember::heartbeat(const Partitions& has) {
  ConsumerGroupHeartbeatRequest request;
  request.group_id = options_.group;
  request.member_id = id_;
  request.member_epoch = epoch_;
  request.instance_id = options_.instance_id;
  if (epoch_ == 0 || !said_) {
    request.rebalance_timeout_ms = static_cast<std::int32_t>(options_.rebalance_timeout.count());
    request.subscribed_topic_names = options_.topics;
    request.subscribed_topic_regex = options_.topic_pattern;
    request.server_assignor = options_.assignor;
  }
  if (epoch_ == 0) {
    request.topic_partitions.emplace();
  } else if (said_ != has) {
    request.topic_partitions.emplace();
    for (const auto& [topic, partitions] : has)
      request.topic_partitions->push_back({topic, {partitions.begin(), partitions.end()}});
  }
  said_.reset();  // until there is an answer
  FULMAR_TRY(auto response, ask<ConsumerGroupHeartbeatResponse>(request));
  if (response.error_code != ErrorCode::none)
    return failed(response.error_code, response.error_message.value_or("a heartbeat of group " + options_.group));
  if (response.member_id) id_ = *response.member_id;
  said_ = epoch_ == 0 ? Partitions() : has;
  epoch_ = response.member_epoch;
  if (response.assignment) {
    assigned_.clear();
    for (const auto& topic : response.assignment->topic_partitions)
      assigned_[topic.topic_id].insert(topic.partitions.begin(), topic.partitions.end());
  }
  return milliseconds(response.heartbeat_interval_ms);
}

Answer<void> ConsumerMember::leave(bool to_be_back) {
  if (epoch_ == 0) return {};
  ConsumerGroupHeartbeatRequest request;
  request.group_id = options_.group;
  request.member_id = id_;
  request.instance_id = options_.instance_id;
  request.member_epoch = to_be_back && options_.instance_id ? leaving_to_be_back : leaving;
  join_anew();
  FULMAR_TRY(auto response, ask<ConsumerGroupHeartbeatResponse>(request));
  if (response.error_code != ErrorCode::none) return failed(response.error_code, "a leave of group " + options_.group);
  return {};
}

Answer<std::map<PartitionName, ErrorCode>> ConsumerMember::commit(const GroupOffsets& offsets) {
  auto request = offset_commit(options_.group, offsets);
  request.generation_id_or_member_epoch = epoch_;
  request.member_id = id_;
  request.group_instance_id = options_.instance_id;
  FULMAR_TRY(auto response, ask<OffsetCommitResponse>(request, offset_commit_by_name));
  auto told = errors_by_partition(response);
  for (const auto& [partition, error] : told)
    if (error != ErrorCode::none) (void)failed(error, "a commit");
  return told;
}

}  // namespace fulmar
