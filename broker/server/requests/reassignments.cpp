// AlterPartitionReassignments, ListPartitionReassignments (KIP-455). These change only the target; the partition's
// group changes its voters by itself.
#include "broker/protocol/messages/reassignments.h"

#include "broker/cluster/reassignment.h"
#include "broker/server/controller/assignment.h"
#include "broker/server/controller/draft.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr Duration plan_partition_work = microseconds(2);
constexpr Duration list_partition_work = nanoseconds(100);

using AlterRequest = AlterPartitionReassignmentsRequest;
using AlterResponse = AlterPartitionReassignmentsResponse;
using ListRequest = ListPartitionReassignmentsRequest;
using ListResponse = ListPartitionReassignmentsResponse;

const PartitionImage* find_partition(const MetadataImage& image, const std::string& name, std::int32_t index) {
  const auto* topic = image.topic(name);
  bool known = topic && index >= 0 && index < topic->partition_count();
  return known ? &topic->partitions[static_cast<std::size_t>(index)] : nullptr;
}

// The replicas before the reassignment, to return to; on their brokers' present directories.
std::vector<std::int32_t> brokers_before(const PartitionImage& partition) {
  std::vector<std::int32_t> brokers;
  for (const auto& id : replicas_before(partition)) brokers.push_back(id.broker);
  return brokers;
}

void plan_reassignment(Draft& draft, const std::string& name, const AlterRequest::Topic::Partition& asked,
                       bool may_change_factor, AlterResponse::Topic::Partition& result) {
  auto refuse = [&](ErrorCode code, std::string message) {
    result.error_code = code;
    result.error_message = std::move(message);
  };
  if (!draft.controls()) return refuse(ErrorCode::not_controller, no_controller_message);
  const auto* partition = find_partition(draft.image, name, asked.index);
  if (!partition) return refuse(ErrorCode::unknown_topic_or_partition, "This server does not host this partition.");
  if (!asked.replicas && !partition->changing())
    return refuse(ErrorCode::no_reassignment_in_progress, "No partition reassignment is in progress.");
  auto wanted = assigned_replicas(draft.image, asked.replicas ? *asked.replicas : brokers_before(*partition));
  if (!wanted) return refuse(ErrorCode::invalid_replica_assignment, wanted.error());
  if (!may_change_factor && asked.replicas && wanted->size() != replicas_before(*partition).size())
    return refuse(ErrorCode::invalid_replication_factor, "The replication factor is not to be changed.");
  auto next = reassigned(*partition, std::move(*wanted));
  if (next != *partition) draft.add(PartitionRecord{draft.image.topic(name)->id, asked.index, std::move(next)});
}

std::vector<std::int32_t> brokers_of(const std::vector<ReplicaId>& replicas) {
  std::vector<std::int32_t> brokers;
  for (const auto& id : replicas)
    if (std::find(brokers.begin(), brokers.end(), id.broker) == brokers.end()) brokers.push_back(id.broker);
  return brokers;
}

void list_partition(const PartitionImage& partition, std::int32_t index, ListResponse::Topic& topic) {
  if (!partition.changing()) return;
  topic.partitions.push_back(
      {index, brokers_of(partition.replicas), brokers_of(partition.adding), brokers_of(partition.removing)});
}

}  // namespace

Result<ByteChain> handle_alter_partition_reassignments(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<AlterRequest>());
  AlterResponse response;
  response.allow_replication_factor_change = request.allow_replication_factor_change;
  change_metadata(shard, [&](Draft& draft) {
    for (const auto& asked : request.topics) {
      auto& topic = response.topics.emplace_back();
      topic.name = asked.name;
      for (const auto& partition : asked.partitions) {
        work_in_slices(plan_partition_work);
        auto& result = topic.partitions.emplace_back();
        result.index = partition.index;
        plan_reassignment(draft, asked.name, partition, request.allow_replication_factor_change, result);
      }
    }
    response.error_code = draft.commit();
    if (!draft.controls())
      response.error_message = no_controller_message;
    else if (response.error_code != ErrorCode::none)
      response.error_message = not_made_message(response.error_code);
  });
  return call.answer(response);
}

Result<ByteChain> handle_list_partition_reassignments(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<ListRequest>());
  ListResponse response;
  if (!shard.controls_here()) {
    response.error_code = ErrorCode::not_controller;
    response.error_message = no_controller_message;
    return call.answer(response);
  }
  const auto image = shard.image();
  auto answer = [&](ListResponse::Topic topic) {
    if (!topic.partitions.empty()) response.topics.push_back(std::move(topic));
  };
  if (!request.topics) {
    for (const auto& [name, topic] : image->topics) {
      ListResponse::Topic listed{name, {}};
      for (std::int32_t index = 0; index < topic.partition_count(); ++index)
        list_partition(topic.partitions[static_cast<std::size_t>(index)], index, listed);
      work_in_slices(list_partition_work * topic.partition_count());
      answer(std::move(listed));
    }
  } else {
    for (const auto& asked : *request.topics) {
      ListResponse::Topic listed{asked.name, {}};
      for (auto index : asked.partitions)
        if (const auto* partition = find_partition(*image, asked.name, index))
          list_partition(*partition, index, listed);
      work_in_slices(list_partition_work * static_cast<std::int64_t>(1 + asked.partitions.size()));
      answer(std::move(listed));
    }
  }
  return call.answer(response);
}

}  // namespace fulmar
