// ListOffsets and DeleteRecords: where a partition begins and ends, and moving its beginning.
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/topics.h"
#include "broker/protocol/reader.h"
#include "broker/server/broker_shard.h"
#include "broker/server/handlers.h"

namespace fulmar {

namespace {

// The special timestamps of ListOffsets.
enum Special : Timestamp { latest = -1, earliest = -2, max_timestamp = -3, earliest_local = -4, latest_tiered = -5 };

ErrorCode code_of(const Error& error) {
  return error.code == Errc::out_of_range ? ErrorCode::offset_out_of_range : ErrorCode::kafka_storage_error;
}

// The log of a partition, wherever in the request it is named; runs `use(PartitionLog&)` on its owner's shard. Else
// says why not.
template <class F>
ErrorCode with_log(BrokerShard& shard, const std::string& topic, std::int32_t index, F&& use) {
  auto image = shard.image();
  const auto* known = image->topic(topic);
  if (!known || index < 0 || index >= known->partitions) return ErrorCode::unknown_topic_or_partition;
  return shard.on(shard.owner(known->id, index), [&](BrokerShard& owner) {
    auto* partition = owner.partition(topic, index);
    if (!partition) return ErrorCode::unknown_topic_or_partition;
    if (!partition->log || partition->log->offline()) return ErrorCode::kafka_storage_error;
    auto log = partition->log;
    return use(*log);
  });
}

ErrorCode list_offset(PartitionLog& log, const ListOffsetsRequest::Topic::Partition& asked, std::int16_t version,
                      ListOffsetsResponse::Topic::Partition& out) {
  if (asked.current_leader_epoch >= 0 && asked.current_leader_epoch != single_broker_epoch)
    return asked.current_leader_epoch < single_broker_epoch ? ErrorCode::fenced_leader_epoch
                                                            : ErrorCode::unknown_leader_epoch;
  out.leader_epoch = log.epochs().latest().value_or(single_broker_epoch);
  switch (asked.timestamp) {
    case latest: out.offset = log.high_watermark(); return ErrorCode::none;
    case earliest: out.offset = log.log_start(); return ErrorCode::none;
    case earliest_local:
      if (version < 8) return ErrorCode::unsupported_version;
      out.offset = log.log_start();
      return ErrorCode::none;
    case latest_tiered:
      if (version < 9) return ErrorCode::unsupported_version;
      out.leader_epoch = -1;
      return ErrorCode::none;  // nothing is tiered: offset -1
    default: break;
  }
  if (asked.timestamp < 0 && (asked.timestamp != max_timestamp || version < 7)) return ErrorCode::unsupported_version;
  auto found = asked.timestamp == max_timestamp ? log.max_timestamp() : log.offset_for_timestamp(asked.timestamp);
  if (!found) return code_of(found.error());
  if (*found) {
    out.offset = (*found)->offset;
    out.timestamp = (*found)->timestamp;
    out.leader_epoch = log.epochs().epoch_of(out.offset).value_or(single_broker_epoch);
  } else {
    out.leader_epoch = -1;
  }
  return ErrorCode::none;
}

}  // namespace

Result<ByteChain> handle_list_offsets(BrokerShard& shard, const RequestHeader& header, Reader& body) {
  TRY(auto request, decode<ListOffsetsRequest>(body, header.api_version));
  ListOffsetsResponse response;
  for (const auto& topic : request.topics) {
    auto& out_topic = response.topics.emplace_back();
    out_topic.name = topic.name;
    for (const auto& asked : topic.partitions) {
      auto& out = out_topic.partitions.emplace_back();
      out.index = asked.index;
      out.error_code = with_log(shard, topic.name, asked.index,
                                [&](PartitionLog& log) { return list_offset(log, asked, header.api_version, out); });
    }
  }
  return response_frame(response, header.api_version, header.correlation_id);
}

Result<ByteChain> handle_delete_records(BrokerShard& shard, const RequestHeader& header, Reader& body) {
  TRY(auto request, decode<DeleteRecordsRequest>(body, header.api_version));
  DeleteRecordsResponse response;
  for (const auto& topic : request.topics) {
    auto& out_topic = response.topics.emplace_back();
    out_topic.name = topic.name;
    for (const auto& asked : topic.partitions) {
      auto& out = out_topic.partitions.emplace_back();
      out.index = asked.index;
      out.low_watermark = -1;
      out.error_code = with_log(shard, topic.name, asked.index, [&](PartitionLog& log) {
        auto to = asked.offset == -1 ? log.high_watermark() : asked.offset;
        auto deleted = log.delete_records(to);
        if (!deleted) return code_of(deleted.error());
        out.low_watermark = log.log_start();
        return ErrorCode::none;
      });
    }
  }
  return response_frame(response, header.api_version, header.correlation_id);
}

}  // namespace fulmar
