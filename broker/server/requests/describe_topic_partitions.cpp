// DescribeTopicPartitions: topics in the order of their names, up to a page of partitions, and a cursor to the next
// page (KIP-966).
#include "broker/protocol/messages/describe_topic_partitions.h"

#include <set>

#include "broker/cluster/topic_name.h"
#include "broker/server/requests/access.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/requests/topic_description.h"
#include "broker/server/shard/broker_shard.h"

namespace fulmar {

namespace {

using Response = DescribeTopicPartitionsResponse;

constexpr std::int32_t page_partitions_max = 2000;  // max.request.partition.size.limit

Response refused(const DescribeTopicPartitionsRequest& request) {
  Response response;
  for (const auto& topic : request.topics)
    response.topics.emplace_back(ErrorCode::invalid_request, topic.name, Uuid{}, false,
                                 std::vector<Response::Topic::Partition>{}, authorized_operations_unasked);
  return response;
}

// The names to describe, each once, from the cursor's topic on.
std::set<std::string> names_from(const MetadataImage& image, const DescribeTopicPartitionsRequest& request,
                                 const Access& access) {
  std::set<std::string> names;
  if (request.topics.empty())
    for (const auto& [name, topic] : image.topics)
      if (access.sees(AclOperation::describe, AclResourceType::topic, name)) names.insert(names.end(), name);
  for (const auto& topic : request.topics) names.insert(topic.name);
  if (request.cursor) names.erase(names.begin(), names.lower_bound(request.cursor->topic));
  return names;
}

Response describe_page(const BrokerShard& shard, std::string_view listener,
                       const DescribeTopicPartitionsRequest& request, Access& access) {
  const auto image = shard.image();
  auto names = names_from(*image, request, access);
  if (request.cursor) {
    bool begins_there = !names.empty() && *names.begin() == request.cursor->topic;
    if (request.cursor->partition < 0 || (!request.topics.empty() && !begins_there)) return refused(request);
  }
  Response response;
  auto room = std::clamp(request.response_partition_limit, 1, page_partitions_max);
  for (const auto& name : names) {
    if (room == 0) {
      response.next_cursor = {name, 0};
      break;
    }
    auto& out = response.topics.emplace_back();
    out.name = name;
    if (!access.may_on_topic(AclOperation::describe, name)) {
      out.error_code = ErrorCode::topic_authorization_failed;
      out.authorized_operations = authorized_operations_unasked;
      continue;
    }
    out.authorized_operations = access.allowed_bits(authorized_topic_operations, AclResourceType::topic, name);
    const auto* topic = image->topic(name);
    if (!topic) {
      bool invalid = invalid_topic_name(name).has_value();
      out.error_code = invalid ? ErrorCode::invalid_topic_exception : ErrorCode::unknown_topic_or_partition;
      continue;
    }
    out.topic_id = topic->id;
    out.is_internal = is_internal_topic(name);
    auto first = request.cursor && request.cursor->topic == name ? request.cursor->partition : 0;
    auto end = std::max(first, topic->partition_count());
    auto last = end - first > room ? first + room : end;
    for (auto index = first; index < last; ++index) {
      auto& partition =
          out.partitions.emplace_back(describe_partition<Response::Topic::Partition>(shard, *topic, index, listener));
      // Elections never lose acknowledged records, so there are no lists of eligible leaders.
      partition.eligible_leader_replicas.emplace();
      partition.last_known_elr.emplace();
      work_in_slices(describe_partition_work);
    }
    room -= last - first;
    if (last < end) {
      response.next_cursor = {name, last};
      break;
    }
  }
  return response;
}

}  // namespace

Result<ByteChain> handle_describe_topic_partitions(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<DescribeTopicPartitionsRequest>());
  Access access(shard, call);
  return call.answer(describe_page(shard, call.session().listener, request, access));
}

}  // namespace fulmar
