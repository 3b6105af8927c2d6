// WriteTxnMarkers: writes a transaction's end markers, sent by its coordinator, to partitions that this broker leads. A
// marker is acknowledged once it is committed, like a batch with acks=all; a repeated one is written again, and has no
// effect (KIP-98, KIP-1228).
//
// As on Kafka clients may send it too, to end a transaction that its coordinator has forgotten (KIP-664).
#include <algorithm>
#include <map>
#include <memory>

#include "broker/cluster/topic_name.h"
#include "broker/protocol/messages/transactions.h"
#include "broker/protocol/records/end_marker.h"
#include "broker/server/requests/errors_in.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration patience = seconds(30);  // for other replicas, as Kafka's request.timeout.ms
constexpr Duration write_marker_work = microseconds(3);

// One partition of one marker.
struct Item {
  const WriteTxnMarkersRequest::Marker* marker;
  const std::string* topic;
  Uuid topic_id;
  std::int32_t index;
  WriteTxnMarkersResponse::Marker::Topic::Partition* out;
  Replica::Proposed proposed = {};
  std::weak_ptr<Replica> appended_by = {};  // used on its own shard only
};
using ItemsByShard = std::map<unsigned, std::vector<Item>>;

ErrorCode append(BrokerShard& owner, Item& item) {
  const auto& marker = *item.marker;
  auto* partition = owner.partitions().find(*item.topic, item.index);
  if (!partition || partition->topic_id != item.topic_id) return ErrorCode::not_leader_or_follower;
  if (!partition->replica) return partition->absence();
  auto replica = partition->replica;
  if (replica->leads() && !replica->enough_in_sync()) return ErrorCode::not_enough_replicas;
  auto batch = build_end_marker({marker.transaction_result, marker.coordinator_epoch}, marker.producer_id,
                                marker.producer_epoch, owner.host().clock().wall_ms());
  work_in_slices(write_marker_work);
  // This partition's coordinator applies or drops the transaction's offsets.
  if (*item.topic == group_topic_name) {
    auto appended = owner.groups().append_marker(item.index, batch, marker.transaction_version);
    if (!appended) return appended.error();
    item.proposed = *appended;
    item.appended_by = replica;
    return ErrorCode::none;
  }
  auto proposed = replica->append(*read_batch_header(batch.view()), batch, {},
                                  {.coordinator = true, .transaction_version = marker.transaction_version});
  if (!proposed) return proposed.error().code;
  item.proposed = *proposed;
  item.appended_by = replica;
  return ErrorCode::none;
}

ErrorCode wait_until_committed(BrokerShard& owner, const Item& item, Deadline deadline) {
  auto* partition = owner.partitions().find(*item.topic, item.index);
  if (!partition || partition->topic_id != item.topic_id) return ErrorCode::unknown_topic_or_partition;
  auto replica = item.appended_by.lock();
  if (!replica || replica != partition->replica) return ErrorCode::kafka_storage_error;
  return replica->wait_until(Safety::committed, item.proposed, deadline);
}

// For all items without an error, each on its owner's shard.
template <class F>
void for_each_item(BrokerShard& shard, ItemsByShard& items, F&& use) {
  for (auto& [owner, list] : items) {
    auto& batch = list;
    shard.on(owner, [&](BrokerShard& there) {
      for (auto& item : batch)
        if (item.out->error_code == ErrorCode::none) item.out->error_code = use(there, item);
    });
  }
}

// Does not move, since the items point into it.
struct Work {
  WriteTxnMarkersRequest request;
  WriteTxnMarkersResponse response;
  ItemsByShard items;

  void prepare(const BrokerShard& shard) {
    const auto& image = *shard.image();
    for (const auto& marker : request.markers) {
      auto& out_marker = response.markers.emplace_back();
      out_marker.producer_id = marker.producer_id;
      for (const auto& topic : marker.topics) {
        auto& out_topic = out_marker.topics.emplace_back();
        out_topic.name = topic.name;
        for (auto index : topic.partition_indexes) out_topic.partitions.emplace_back(index, ErrorCode::none);
      }
    }
    for (std::size_t m = 0; m < request.markers.size(); ++m) {
      const auto& marker = request.markers[m];
      for (std::size_t t = 0; t < marker.topics.size(); ++t) {
        const auto& topic = marker.topics[t];
        const auto* known = image.topic(topic.name);
        for (auto& out : response.markers[m].topics[t].partitions) {
          bool exists = known && out.index >= 0 && out.index < known->partition_count();
          if (!exists)
            out.error_code = ErrorCode::unknown_topic_or_partition;
          else if (marker.producer_id < 0 || marker.producer_epoch < 0)
            out.error_code = ErrorCode::invalid_request;
          else
            items[shard.owner(known->id, out.index)].push_back({&marker, &topic.name, known->id, out.index, &out});
        }
      }
    }
  }
};

}  // namespace

Result<Finish> begin_write_txn_markers(BrokerShard& shard, const Request& call) {
  auto work = std::make_unique<Work>();
  FULMAR_TRY(work->request, call.body<WriteTxnMarkersRequest>());
  work->prepare(shard);
  for_each_item(shard, work->items, append);
  auto deadline = shard.host().clock().deadline_in(patience);
  return Finish([&shard, header = call.header(), work = std::move(work), deadline]() mutable {
    for_each_item(shard, work->items,
                  [&](BrokerShard& owner, const Item& item) { return wait_until_committed(owner, item, deadline); });
    count_errors(shard.counts().apis, work->response);
    return response_frame(work->response, header.api_version, header.correlation_id);
  });
}

}  // namespace fulmar
