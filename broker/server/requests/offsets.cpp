// ListOffsets, OffsetForLeaderEpoch, DeleteRecords: where partitions and epochs begin and end, and raising the log
// start.
#include <algorithm>
#include <map>

#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/offset_for_leader_epoch.h"
#include "broker/protocol/messages/topics.h"
#include "broker/server/requests/access.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

// The special timestamps of ListOffsets.
enum Special : Timestamp {
  latest = -1,
  earliest = -2,
  max_timestamp = -3,
  earliest_local = -4,
  latest_tiered = -5,
  earliest_pending_upload = -6,
};

constexpr Duration ask_replica_work = microseconds(1);

ErrorCode code_of(const Error& error) {
  return error.code == Errc::out_of_range ? ErrorCode::offset_out_of_range : ErrorCode::kafka_storage_error;
}

// Runs `use(Replica&)` for a partition, on the shard that owns it; returns the error if there is no replica.
template <class F>
ErrorCode with_replica(BrokerShard& shard, const std::string& topic, std::int32_t index, F&& use) {
  auto image = shard.image();
  const auto* known = image->topic(topic);
  work_in_slices(ask_replica_work);
  if (!known || index < 0 || index >= known->partition_count()) return ErrorCode::unknown_topic_or_partition;
  return shard.on(shard.owner(known->id, index), [&](BrokerShard& owner) {
    auto* partition = owner.partitions().find(topic, index);
    if (!partition || partition->topic_id != known->id) return ErrorCode::not_leader_or_follower;
    if (!partition->replica) return partition->absence();
    auto replica = partition->replica;
    return use(*replica);
  });
}

// Whether the replica may answer a client that assumes this leader epoch; -1: none given.
ErrorCode check_client(const Replica& replica, Epoch claimed) {
  if (claimed < -1) return ErrorCode::fenced_leader_epoch;
  if (auto error = replica.check_leader(claimed); error != ErrorCode::none) return error;
  return replica.speaks_for_the_group() ? ErrorCode::none : ErrorCode::offset_not_available;
}

ErrorCode list_offset(Replica& replica, const ListOffsetsRequest::Topic::Partition& asked, std::int16_t version,
                      bool committed_only, ListOffsetsResponse::Topic::Partition& out) {
  if (auto error = check_client(replica, asked.current_leader_epoch); error != ErrorCode::none) return error;
  auto& log = replica.log();
  const auto stable = replica.last_stable_offset();
  if (committed_only && !stable) return ErrorCode::offset_not_available;
  const auto up_to = committed_only ? *stable : replica.high_watermark();
  auto answer = [&](Offset offset) {
    out.offset = offset;
    out.leader_epoch = log.epochs().latest().value_or(replica.leader_epoch());
    return ErrorCode::none;
  };
  auto since = [&](std::int16_t served) {
    return version >= served ? ErrorCode::none : ErrorCode::unsupported_version;
  };
  switch (asked.timestamp) {
    case latest: return answer(up_to);
    case earliest: return answer(log.log_start());
    case earliest_local: return version < 8 ? ErrorCode::unsupported_version : answer(log.log_start());
    case latest_tiered: return since(9);             // nothing is tiered: offset -1
    case earliest_pending_upload: return since(11);  // likewise
    default: break;
  }
  if (asked.timestamp < 0 && (asked.timestamp != max_timestamp || version < 7)) return ErrorCode::unsupported_version;
  auto found =
      asked.timestamp == max_timestamp ? log.max_timestamp(up_to) : log.offset_for_timestamp(asked.timestamp, up_to);
  if (!found) return code_of(found.error());
  if (*found) {
    out.offset = (*found)->offset;
    out.timestamp = (*found)->timestamp;
    out.leader_epoch = log.epochs().epoch_of(out.offset).value_or(replica.leader_epoch());
  }
  return ErrorCode::none;
}

ErrorCode find_epoch_end(const Replica& replica, const OffsetForLeaderEpochRequest::Topic::Partition& asked,
                         OffsetForLeaderEpochResponse::Topic::Partition& out) {
  if (auto error = check_client(replica, asked.current_leader_epoch); error != ErrorCode::none) return error;
  auto end = replica.end_of_epoch(asked.leader_epoch);
  out.leader_epoch = end.epoch;
  // Uncommitted records are not shown: the next leader may not have them.
  out.end_offset = std::min(end.offset, replica.high_watermark());
  return ErrorCode::none;
}

// Whether the client may do that with a topic; or with any, if it may do `with_any` on the cluster.
auto allowed_to(AclOperation operation, Access access, AclOperation with_any = AclOperation::unknown) {
  const bool any =
      with_any != AclOperation::unknown && access.sees(with_any, AclResourceType::cluster, acl_cluster_name);
  return [operation, any, access = std::move(access)](const std::string& topic) mutable {
    return any || access.may_on_topic(operation, topic);
  };
}

// Answers a request about partitions in its order: calls `use` with each one's replica, its part of the request, and
// its part of the response, on the shard that owns it. `may(topic)`: whether the client may ask about it.
template <class Response, class Request, class May, class F>
Response answer_each(BrokerShard& shard, const Request& request, May&& may, F&& use) {
  Response response;
  for (const auto& topic : request.topics) {
    auto& out_topic = response.topics.emplace_back();
    out_topic.name = topic.name;
    const bool allowed = may(topic.name);
    for (const auto& asked : topic.partitions) {
      auto& out = out_topic.partitions.emplace_back();
      out.index = asked.index;
      out.error_code = allowed ? with_replica(shard, topic.name, asked.index,
                                              [&](Replica& replica) { return use(replica, asked, out); })
                               : ErrorCode::topic_authorization_failed;
    }
  }
  return response;
}

// If a request names a partition more than once: it is refused, or the last entry counts.
enum class Repeated : unsigned char { refused, last_counts };

// As answer_each(), but each topic and partition is answered once. A result begins as `blank`; without a replica only
// its error is set.
template <class Response, class Request, class May, class F>
Response answer_once(BrokerShard& shard, const Request& request, Repeated repeated, May&& may, F&& use,
                     const typename Response::Topic::Partition& blank = {}) {
  struct Asked {
    const typename Request::Topic::Partition* last = nullptr;
    int times = 0;
  };
  std::map<std::pair<std::string_view, std::int32_t>, Asked> by_partition;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      auto& asked = by_partition[{topic.name, partition.index}];
      asked.last = &partition;
      ++asked.times;
    }
  }
  Response response;
  std::map<std::string_view, std::size_t> places;  // indexes of topics in the response
  for (const auto& topic : request.topics) {
    const bool allowed = may(topic.name);
    for (const auto& partition : topic.partitions) {
      const auto* asked = std::exchange(by_partition[{topic.name, partition.index}].last, nullptr);
      if (!asked) continue;
      auto [place, is_new] = places.try_emplace(topic.name, response.topics.size());
      if (is_new) response.topics.emplace_back().name = topic.name;
      auto& out = response.topics[place->second].partitions.emplace_back(blank);
      out.index = partition.index;
      bool refuse = repeated == Repeated::refused && by_partition[{topic.name, partition.index}].times > 1;
      out.error_code = !allowed ? ErrorCode::topic_authorization_failed
                       : refuse ? ErrorCode::invalid_request
                                : with_replica(shard, topic.name, partition.index,
                                               [&](Replica& replica) { return use(replica, *asked, out); });
    }
  }
  return response;
}

}  // namespace

Result<ByteChain> handle_list_offsets(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<ListOffsetsRequest>());
  bool known_isolation = request.isolation_level == 0 || request.isolation_level == 1;
  auto list = [&](auto& replica, const auto& asked, auto& out) {
    if (!known_isolation) return ErrorCode::unknown_server_error;
    return list_offset(replica, asked, call.version(), request.isolation_level == 1, out);
  };
  auto response = answer_once<ListOffsetsResponse>(shard, request, Repeated::refused,
                                                   allowed_to(AclOperation::describe, Access(shard, call)), list);
  return call.answer(response);
}

Result<ByteChain> handle_offset_for_leader_epoch(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<OffsetForLeaderEpochRequest>());
  auto response = answer_each<OffsetForLeaderEpochResponse>(
      shard, request, allowed_to(AclOperation::describe, Access(shard, call), AclOperation::cluster_action),
      find_epoch_end);
  return call.answer(response);
}

Result<ByteChain> handle_delete_records(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<DeleteRecordsRequest>());
  auto deadline = shard.host().clock().deadline_in(milliseconds(std::max(0, request.timeout_ms)));
  auto remove = [&](Replica& replica, const DeleteRecordsRequest::Topic::Partition& asked,
                    DeleteRecordsResponse::Topic::Partition& out) {
    if (!replica.log().config().deletes) return ErrorCode::policy_violation;
    auto kept = replica.delete_records(asked.offset, deadline);
    if (!kept) return kept.error();
    out.low_watermark = *kept;
    return ErrorCode::none;
  };
  auto response = answer_once<DeleteRecordsResponse>(shard, request, Repeated::last_counts,
                                                     allowed_to(AclOperation::remove, Access(shard, call)), remove,
                                                     {.low_watermark = -1});
  return call.answer(response);
}

}  // namespace fulmar
