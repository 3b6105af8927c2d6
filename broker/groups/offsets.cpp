// OffsetCommit, OffsetFetch, OffsetDelete.
#include "broker/groups/coordinator.h"
#include "broker/protocol/timestamps.h"
#include "runtime/base/mark.h"

namespace fulmar {
namespace {

// From this version on there is an error for a missing group.
constexpr std::int16_t commit_tells_missing_group_since = 9;

// In UTF-16 code units, as Kafka counts the length.
std::size_t utf16_length(const std::string& text) {
  std::size_t units = 0;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}

}  // namespace

std::optional<ErrorCode> GroupCoordinator::validate_commit(const Group* group, const GroupClient& client,
                                                           const OffsetCommitRequest& request) const {
  if (request.group_id.size() > record_string_max) return ErrorCode::invalid_group_id;
  std::int32_t generation = request.generation_id_or_member_epoch;
  if (!group) {
    if (generation < 0) return std::nullopt;  // this commit creates a simple group
    return client.api_version >= commit_tells_missing_group_since ? ErrorCode::group_id_not_found
                                                                  : ErrorCode::illegal_generation;
  }
  if (group->in(GroupState::dead)) return ErrorCode::coordinator_not_available;
  if (group->consumer) return consumers_.validate_commit(*group, client, request);
  // Clients that are no members (consumers with assign(), tools) may commit while the group has no members.
  if (generation < 0 && group->in(GroupState::empty)) return std::nullopt;
  if (generation < 0 && request.member_id.empty() && !request.group_instance_id) return ErrorCode::unknown_member_id;
  if (auto error = validate_member(*group, request.member_id, request.group_instance_id)) return error;
  if (generation != group->generation()) {
    FULMAR_MARK("groups: commit of a past generation refused");
    return ErrorCode::illegal_generation;
  }
  // The member has joined the generation, but has no assignment in it yet, so there is nothing that it could commit.
  if (group->in(GroupState::completing_rebalance)) {
    FULMAR_MARK("groups: commit before the assignment refused");
    return ErrorCode::rebalance_in_progress;
  }
  return std::nullopt;
}

// The request need not name a member, and a member may commit before its generation has an assignment: the producer's
// epoch fences zombies. If it names a member, a generation or an instance, that has to be right (KIP-447).
std::optional<ErrorCode> GroupCoordinator::validate_transactional_commit(const Group* group,
                                                                         const OffsetCommitRequest& request) const {
  if (request.group_id.size() > record_string_max) return ErrorCode::invalid_group_id;
  std::int32_t generation = request.generation_id_or_member_epoch;
  if (!group) return generation < 0 ? std::nullopt : std::optional(ErrorCode::illegal_generation);
  if (group->in(GroupState::dead)) return ErrorCode::coordinator_not_available;
  if (generation < 0 && request.member_id.empty() && !request.group_instance_id) return std::nullopt;
  if (group->consumer) {
    constexpr std::int16_t any_version = 32'767;
    auto refused = consumers_.validate_commit(*group, {"", "", any_version}, request);
    return refused == ErrorCode::stale_member_epoch ? ErrorCode::illegal_generation : refused;
  }
  if (generation < 0 && group->in(GroupState::empty)) return std::nullopt;
  if (auto error = validate_member(*group, request.member_id, request.group_instance_id)) return error;
  return generation == group->generation() ? std::nullopt : std::optional(ErrorCode::illegal_generation);
}

// An empty group id is valid here, as in Kafka.
void GroupCoordinator::commit_offsets(GroupToken token, const GroupClient& client, const OffsetCommitRequest& request,
                                      GroupTime now, const std::optional<TransactionWriter>& writer) {
  Group* group = find(request.group_id);
  auto refused = not_serving();
  if (!refused && backlogged()) refused = ErrorCode::coordinator_not_available;
  if (!refused)
    refused = writer ? validate_transactional_commit(group, request) : validate_commit(group, client, request);

  OffsetCommitResponse response;
  std::vector<StateRecord> records;
  for (const auto& topic : request.topics) {
    auto& told = response.topics.emplace_back();
    told.name = topic.name;
    told.topic_id = topic.topic_id;
    for (const auto& partition : topic.partitions) {
      auto error = refused.value_or(ErrorCode::none);
      if (!refused && topic.name.size() > record_string_max) error = ErrorCode::invalid_topic_exception;
      if (!refused && partition.committed_metadata &&
          (utf16_length(*partition.committed_metadata) > settings_.offset_metadata_max ||
           partition.committed_metadata->size() > record_string_max))
        error = ErrorCode::offset_metadata_too_large;
      told.partitions.push_back({partition.index, error});
      if (error != ErrorCode::none) continue;
      OffsetCommitValue value{partition.committed_offset,
                              partition.committed_leader_epoch,
                              partition.committed_metadata.value_or(""),
                              now.wall,
                              request.retention_time_ms == -1 ? -1 : later(now.wall, request.retention_time_ms),
                              topic.topic_id};
      records.push_back(OffsetRecord{{request.group_id, topic.name, partition.index}, std::move(value)});
    }
  }
  if (!refused && !writer && group && (group->in(GroupState::stable) || group->in(GroupState::preparing_rebalance)))
    restart_session(*group, *group->member(request.member_id), now);
  if (records.empty()) return answer(token, std::move(response));
  if (!group) groups_.emplace(request.group_id, Group(request.group_id, now.wall));
  append(std::move(records), {}, now, writer).answers.push_back({token, std::move(response)});
}

OffsetFetchResponse::Group GroupCoordinator::fetch_offsets(const OffsetFetchRequest::Group& request,
                                                           bool stable) const {
  OffsetFetchResponse::Group response;
  response.group_id = request.group_id;
  if (auto error = not_serving()) {
    response.error_code = *error;
    return response;
  }
  const Group* group = find(request.group_id);
  if (group && group->consumer)
    if (auto error = consumers_.validate_fetch(*group, request)) {
      response.error_code = *error;
      return response;
    }
  auto told = [&](const std::string& topic, std::int32_t index, const OffsetCommitValue* offset) {
    OffsetFetchResponse::Partition partition;
    partition.index = index;
    if (stable && transactional_.has({request.group_id, topic, index})) {
      partition.error_code = ErrorCode::unstable_offset_commit;
      offset = nullptr;
    }
    partition.committed_offset = offset ? offset->offset : -1;
    partition.committed_leader_epoch = offset ? offset->leader_epoch : -1;
    partition.metadata = offset ? offset->metadata : "";
    return partition;
  };
  if (request.topics) {
    for (const auto& topic : *request.topics) {
      auto& answered = response.topics.emplace_back();
      answered.name = topic.name;
      answered.topic_id = topic.topic_id;
      for (auto index : topic.partition_indexes) {
        const auto* offset = offsets_.committed(request.group_id, topic.name, index);
        // Of an earlier topic of that name, which was deleted while no coordinator could remove it.
        if (offset && !topic.topic_id.is_zero() && !offset->topic_id.is_zero() && offset->topic_id != topic.topic_id) {
          FULMAR_MARK("groups: offset of an earlier topic not told");
          offset = nullptr;
        }
        answered.partitions.push_back(told(topic.name, index, offset));
      }
    }
    return response;
  }
  const auto* topics = offsets_.of(request.group_id);
  if (!topics) return response;
  for (const auto& [name, partitions] : *topics) {
    OffsetFetchResponse::Group::Topic answered;
    answered.name = name;
    for (const auto& [index, slot] : partitions)
      if (slot.committed) answered.partitions.push_back(told(name, index, &*slot.committed));
    if (!answered.partitions.empty()) response.topics.push_back(std::move(answered));
  }
  return response;
}

void GroupCoordinator::delete_offsets(GroupToken token, const OffsetDeleteRequest& request, GroupTime now) {
  OffsetDeleteResponse response;
  auto refuse = [&](ErrorCode error) {
    response.error_code = error;
    answer(token, std::move(response));
  };
  if (auto error = not_serving()) return refuse(*error);
  if (request.group_id.empty()) return refuse(ErrorCode::invalid_group_id);
  Group* group = find(request.group_id);
  if (!group) return refuse(ErrorCode::group_id_not_found);
  if (group->in(GroupState::dead) || backlogged()) return refuse(ErrorCode::coordinator_not_available);
  if (!group->consumer && !group->in(GroupState::empty) && group->protocol_type() != consumer_protocol_type)
    return refuse(ErrorCode::non_empty_group);

  std::vector<StateRecord> records;
  for (const auto& topic : request.topics) {
    auto& told = response.topics.emplace_back();
    told.name = topic.name;
    bool subscribed = group->consumer ? group->consumer->is_subscribed(topic.name) : group->is_subscribed(topic.name);
    for (const auto& partition : topic.partitions) {
      told.partitions.push_back({partition.index, subscribed ? ErrorCode::group_subscribed_to_topic : ErrorCode::none});
      // Also if a deletion is being appended already: this response, too, must wait until it is deleted.
      if (!subscribed && offsets_.slot(request.group_id, topic.name, partition.index))
        records.push_back(OffsetRecord{{request.group_id, topic.name, partition.index}, std::nullopt});
    }
  }
  if (records.empty()) return answer(token, std::move(response));
  append(std::move(records), {}, now).answers.push_back({token, std::move(response)});
}

}  // namespace fulmar
