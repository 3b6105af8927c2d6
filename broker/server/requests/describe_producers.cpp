// DescribeProducers: a partition's producers and their open transactions, as the asked replica knows them, leader or
// not (KIP-664).
#include "broker/protocol/messages/producers.h"
#include "broker/server/requests/access.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/repeats.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

using PartitionOut = DescribeProducersResponse::Topic::Partition;

constexpr Duration describe_producer_work = nanoseconds(100);

ErrorCode describe(BrokerShard& owner, const std::string& topic, PartitionOut& out) {
  auto* partition = owner.partitions().find(topic, out.index);
  if (!partition) return ErrorCode::not_leader_or_follower;
  if (!partition->replica) return partition->absence();
  const auto& replica = *partition->replica;
  const auto& producers = replica.log().producers().producers();
  for (const auto& [id, producer] : producers)
    out.active_producers.emplace_back(id, producer.epoch, producer.count > 0 ? producer.last().last_sequence : -1,
                                      producer.last_timestamp, producer.coordinator_epoch, producer.open_since);
  declare_work(describe_producer_work * static_cast<std::int64_t>(producers.size()));
  return ErrorCode::none;
}

}  // namespace

Result<ByteChain> handle_describe_producers(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<DescribeProducersRequest>());
  DescribeProducersResponse response;
  auto image = shard.image();
  Access access(shard, call);
  Repeats<std::pair<std::string_view, std::int32_t>> repeats;
  for (const auto& topic : request.topics) {
    auto& out_topic = response.topics.emplace_back();
    out_topic.name = topic.name;
    const auto* known = image->topic(topic.name);
    const bool allowed = access.may_on_topic(AclOperation::read, topic.name);
    for (auto index : topic.partition_indexes) {
      auto& out = out_topic.partitions.emplace_back();
      out.index = index;
      work_in_slices(describe_producer_work);
      if (!allowed) out.error_message = "Topic authorization failed.";
      if (!allowed)
        out.error_code = ErrorCode::topic_authorization_failed;
      else if (!known || index < 0 || index >= known->partition_count())
        out.error_code = ErrorCode::unknown_topic_or_partition;
      else if (repeats.are_too_many({topic.name, index}))
        out.error_code = ErrorCode::invalid_request;
      else
        out.error_code = shard.on(shard.owner(known->id, index),
                                  [&](BrokerShard& owner) { return describe(owner, topic.name, out); });
    }
  }
  return call.answer(response);
}

}  // namespace fulmar
