// DeleteTopics: by name or by id (KIP-516). A topic that is named twice is refused, since it is unclear which was
// meant.
#include <map>
#include <set>

#include "broker/protocol/messages/topics.h"
#include "broker/server/controller/draft.h"
#include "broker/server/requests/access.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/mutation_quota.h"
#include "broker/server/requests/request.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr Duration plan_deletion_work = microseconds(2);
constexpr std::int16_t strict_since = 5;  // from then on clients know THROTTLING_QUOTA_EXCEEDED
constexpr const char* denied_message = "Topic authorization failed.";

using Asked = DeleteTopicsRequest::Topic;
using Deleted = DeleteTopicsResponse::Topic;

// How often each topic is named: by name, by id, and either way.
struct Times {
  std::map<std::string, int> by_name;
  std::map<Uuid, int> by_id;
  std::map<std::string, int> by_either;  // by the topic's name
};

void refuse(Deleted& result, ErrorCode code, std::string message) {
  result.error_code = code;
  result.error_message = std::move(message);
}

// Adds the topic's deletion to the draft if it is allowed. Who may delete on the cluster may delete any topic.
void plan_deletion(Draft& draft, Access& access, const Asked& asked, const Times& times, MutationQuota& quota,
                   Deleted& result) {
  if (!draft.controls()) return refuse(result, ErrorCode::not_controller, no_controller_message);
  if (!draft.shard.config().delete_topics)
    return refuse(result, ErrorCode::topic_deletion_disabled, "Topic deletion is disabled (delete.topic.enable).");
  auto name = asked.name ? *asked.name : draft.image.topic_name(asked.topic_id);
  const bool any = access.sees(AclOperation::remove, AclResourceType::cluster, acl_cluster_name);
  // Whether there is such a topic is told only to who may see it; ids are no secret.
  if (!any && asked.name && !access.may_on_topic(AclOperation::describe, name))
    return refuse(result, ErrorCode::topic_authorization_failed, denied_message);
  const auto* found = draft.image.topic(name);
  if (!found)
    return refuse(result, asked.name ? ErrorCode::unknown_topic_or_partition : ErrorCode::unknown_topic_id,
                  "This server does not host this topic.");
  if (!any && !access.may_on_topic(AclOperation::remove, name)) {
    if (access.sees(AclOperation::describe, AclResourceType::topic, name)) result.name = name;
    return refuse(result, ErrorCode::topic_authorization_failed, denied_message);
  }
  result.name = name;
  result.topic_id = found->id;
  if (times.by_either.at(name) > 1)
    return refuse(result, ErrorCode::invalid_request, "The topic is asked for by its name and by its ID.");
  if (!quota.admits(found->partitions.size()))
    return refuse(result, ErrorCode::throttling_quota_exceeded, MutationQuota::exceeded_message);
  draft.add(DeleteTopicRecord{result.topic_id});
}

Times count(const std::vector<Asked>& topics, const MetadataImage& image) {
  Times times;
  for (const auto& asked : topics) {
    if (asked.name && asked.topic_id.is_zero()) ++times.by_name[*asked.name];
    if (!asked.name) ++times.by_id[asked.topic_id];
  }
  for (const auto& [name, often] : times.by_name) ++times.by_either[name];
  for (const auto& [id, often] : times.by_id) ++times.by_either[image.topic_name(id)];
  return times;
}

DeleteTopicsResponse delete_topics(Draft& draft, const Request& call, const std::vector<Asked>& topics) {
  DeleteTopicsResponse response;
  Access access(draft.shard, call);
  MutationQuota quota(draft.shard, call, strict_since);
  const auto times = count(topics, draft.image);
  std::set<std::pair<std::string, Uuid>> answered;
  for (const auto& asked : topics) {
    if (!answered.emplace(asked.name.value_or(""), asked.topic_id).second) continue;
    work_in_slices(plan_deletion_work);
    auto& result = response.responses.emplace_back();
    result.name = asked.name;
    result.topic_id = asked.topic_id;
    if (asked.name && !asked.topic_id.is_zero())
      refuse(result, ErrorCode::invalid_request, "You may not specify both topic name and topic id.");
    else if (!asked.name && asked.topic_id.is_zero())
      refuse(result, ErrorCode::invalid_request, "Neither topic name nor id were specified.");
    else if (asked.name ? times.by_name.at(*asked.name) > 1 : times.by_id.at(asked.topic_id) > 1)
      refuse(result, ErrorCode::invalid_request, asked.name ? "Duplicate topic name." : "Duplicate topic id.");
    else
      plan_deletion(draft, access, asked, times, quota, result);
  }
  response.throttle_time_ms = quota.throttle_time_ms();
  auto error = draft.commit();
  for (auto& result : response.responses) {
    if (result.error_code != ErrorCode::none) continue;
    result.error_code = error;
    if (error == ErrorCode::none) draft.shard.log().info("topic deleted", {{"topic", *result.name}});
  }
  return response;
}

}  // namespace

Result<ByteChain> handle_delete_topics(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<DeleteTopicsRequest>());
  for (auto& name : request.topic_names) request.topics.push_back({std::move(name), {}});
  auto response = change_metadata(shard, [&](Draft& draft) { return delete_topics(draft, call, request.topics); });
  call.session().throttle.hold(shard, milliseconds(response.throttle_time_ms));
  constexpr std::int16_t knows_disabled = 3;
  for (auto& result : response.responses)
    if (result.error_code == ErrorCode::topic_deletion_disabled && call.version() < knows_disabled)
      result.error_code = ErrorCode::invalid_request;
  return call.answer(response);
}

}  // namespace fulmar
