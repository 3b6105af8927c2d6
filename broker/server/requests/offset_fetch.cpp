// OffsetFetch: the offsets that groups have committed.
#include "broker/protocol/messages/group_offsets.h"
#include "broker/server/requests/access.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/repeats.h"
#include "broker/server/requests/request.h"
#include "broker/server/requests/response_room.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

using Asked = OffsetFetchRequest::Group;
using Group = OffsetFetchResponse::Group;

constexpr std::int16_t ids_since = 10;         // topics by id, not by name
constexpr std::int16_t groups_since = 8;       // several groups at once (KIP-709)
constexpr std::int16_t group_error_since = 2;  // an error of the group, not of each partition

constexpr Duration partition_work = nanoseconds(300);
constexpr std::size_t partitions_at_once = 1000;  // before other fibers get their turn
// The most metadata in one response of offsets that are asked for by their partitions: the same partition may be, again
// and again, and has up to offset.metadata.max.bytes.
constexpr std::size_t metadata_max = 16 << 20;
constexpr std::int64_t partition_bytes = 80;  // in memory, without its metadata

class OffsetFetch {
 public:
  OffsetFetch(BrokerShard& shard, const Request& call, bool stable)
      : shard_(shard), by_id_(call.version() >= ids_since), stable_(stable), access_(shard, call), room_(shard) {}

  Group fetch(const Asked& asked) {
    Group response;
    if (!access_.may_on_group(AclOperation::describe, asked.group_id))
      response.error_code = ErrorCode::group_authorization_failed;
    else if (repeats_.are_too_many(asked.group_id))
      response.error_code = ErrorCode::invalid_request;
    else if (asked.topics)
      fetch_topics(asked, response);
    else
      fetch_all(asked, response);
    response.group_id = asked.group_id;
    if (response.error_code != ErrorCode::none) response.topics.clear();
    return response;
  }

 private:
  Group read(const Asked& asked) {
    Group response;
    auto error = shard_.groups().read(
        asked.group_id, [&](const GroupCoordinator& groups) { response = groups.fetch_offsets(asked, stable_); });
    if (error != ErrorCode::none) response.error_code = error;
    std::int64_t bytes = 0;
    for (const auto& topic : response.topics)
      for (const auto& partition : topic.partitions)
        bytes += partition_bytes + static_cast<std::int64_t>(partition.metadata ? partition.metadata->size() : 0);
    room_.take(bytes);
    return response;
  }

  void fetch_all(const Asked& asked, Group& response) {
    response = read(asked);
    std::erase_if(response.topics, [&](const auto& topic) {
      return !access_.sees(AclOperation::describe, AclResourceType::topic, topic.name);
    });
    if (!by_id_) return;
    const auto image = shard_.image();
    for (auto& topic : response.topics)
      if (const auto* there = image->topic(topic.name)) topic.topic_id = there->id;
    std::erase_if(response.topics, [](const auto& topic) { return topic.topic_id.is_zero(); });
  }

  void fetch_topics(const Asked& asked, Group& response) {
    const auto image = shard_.image();
    Asked piece{asked.group_id, asked.member_id, asked.member_epoch, std::vector<Asked::Topic>()};
    std::size_t partitions = 0;
    std::vector<Group::Topic> unknown;  // or not to be described
    auto add_piece = [&] {
      add(read(piece), response);
      piece.topics->clear();
      partitions = 0;
    };
    for (const auto& topic : *asked.topics) {
      Asked::Topic part{by_id_ ? image->topic_name(topic.topic_id) : topic.name, topic.topic_id, {}};
      auto refusal = ErrorCode::none;
      if (by_id_ && part.name.empty())
        refusal = ErrorCode::unknown_topic_id;
      else if (!access_.may_on_topic(AclOperation::describe, part.name))
        refusal = ErrorCode::topic_authorization_failed;
      if (refusal != ErrorCode::none) {
        auto& out = unknown.emplace_back();
        out.name = part.name;
        out.topic_id = topic.topic_id;
        for (auto index : topic.partition_indexes) out.partitions.push_back({index, -1, -1, "", refusal});
        work_in_slices(partition_work * static_cast<std::int64_t>(topic.partition_indexes.size()));
        continue;
      }
      for (auto index : topic.partition_indexes) {
        part.partition_indexes.push_back(index);
        if (++partitions < partitions_at_once) continue;
        piece.topics->push_back(part);
        part.partition_indexes.clear();
        add_piece();
        if (response.error_code != ErrorCode::none) return;
      }
      if (!part.partition_indexes.empty() || topic.partition_indexes.empty()) piece.topics->push_back(std::move(part));
    }
    add_piece();
    response.topics.insert(response.topics.end(), unknown.begin(), unknown.end());
  }

  // A topic may be in several pieces.
  void add(Group piece, Group& response) {
    response.error_code = piece.error_code;
    for (auto& topic : piece.topics) {
      work_in_slices(partition_work * static_cast<std::int64_t>(topic.partitions.size()));
      for (auto& partition : topic.partitions) limit_metadata(partition);
      auto* last = response.topics.empty() ? nullptr : &response.topics.back();
      if (last && &topic == &piece.topics.front() && last->name == topic.name && last->topic_id == topic.topic_id)
        last->partitions.insert(last->partitions.end(), std::make_move_iterator(topic.partitions.begin()),
                                std::make_move_iterator(topic.partitions.end()));
      else
        response.topics.push_back(std::move(topic));
    }
  }

  void limit_metadata(OffsetFetchResponse::Partition& partition) {
    if (!partition.metadata) return;
    metadata_bytes_ += partition.metadata->size();
    if (metadata_bytes_ <= metadata_max) return;
    partition = {partition.index, -1, -1, "", ErrorCode::invalid_request};
  }

  BrokerShard& shard_;
  const bool by_id_;
  const bool stable_;
  Access access_;
  ResponseRoom room_;
  Repeats<std::string> repeats_;
  std::size_t metadata_bytes_ = 0;
};

// In the format of older versions: one group; in the first versions its error is in each partition.
OffsetFetchResponse as_one_group(const OffsetFetchRequest& request, Group group, std::int16_t version) {
  OffsetFetchResponse response;
  response.error_code = group.error_code;
  if (version < group_error_since && group.error_code != ErrorCode::none && request.topics) {
    for (const auto& topic : *request.topics) {
      auto& out = response.topics.emplace_back();
      out.name = topic.name;
      for (auto index : topic.partition_indexes) out.partitions.push_back({index, -1, -1, "", group.error_code});
    }
    return response;
  }
  for (auto& topic : group.topics) response.topics.push_back({std::move(topic.name), std::move(topic.partitions)});
  return response;
}

}  // namespace

Result<ByteChain> handle_offset_fetch(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<OffsetFetchRequest>());
  OffsetFetch fetch(shard, call, request.require_stable);
  if (call.version() >= groups_since) {
    OffsetFetchResponse response;
    for (const auto& group : request.groups) response.groups.push_back(fetch.fetch(group));
    return call.answer(response);
  }
  OffsetFetchRequest::Group group;
  group.group_id = request.group_id;
  if (request.topics) {
    group.topics.emplace();
    for (const auto& topic : *request.topics) group.topics->push_back({topic.name, {}, topic.partition_indexes});
  }
  return call.answer(as_one_group(request, fetch.fetch(group), call.version()));
}

}  // namespace fulmar
