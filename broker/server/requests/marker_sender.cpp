#include "broker/server/requests/marker_sender.h"

#include <algorithm>

#include "broker/protocol/messages/reassignments.h"
#include "broker/server/requests/ask_broker.h"
#include "broker/server/requests/forward.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::int16_t version = 2;
constexpr Duration call_max = seconds(10);
constexpr Duration retry_interval = milliseconds(100);
constexpr std::size_t partitions_at_once = 5'000;  // in one request
constexpr std::size_t transactions_at_once = 500;  // visited before other fibers get their turn
constexpr Duration look_work = microseconds(1);    // for a partition without its marker
constexpr std::int32_t nobody = -1;                // no leader is known
constexpr std::int32_t gone = -2;                  // the partition does not exist

WriteTxnMarkersRequest::Marker request_of(const TransactionMarkers& markers, std::int32_t epoch) {
  WriteTxnMarkersRequest::Marker marker;
  marker.producer_id = markers.producer_id;
  marker.producer_epoch = markers.producer_epoch;
  marker.transaction_result = markers.end == TransactionEnd::commit;
  marker.coordinator_epoch = epoch;
  marker.transaction_version = static_cast<std::int8_t>(markers.version);
  for (const auto& [topic, indexes] : markers.partitions)
    marker.topics.push_back({topic, {indexes.begin(), indexes.end()}});
  return marker;
}

// Whether the partition needs no marker of this epoch any more: it has it, or a producer of a later epoch has written
// there, which no coordinator allows earlier.
bool has_marker(ErrorCode said) {
  return said == ErrorCode::none || said == ErrorCode::invalid_producer_epoch;
}

}  // namespace

MarkerSender::MarkerSender(BrokerShard& shard) : shard_(shard), alarm_([this] { due_.set(); }) {}

MarkerSender::~MarkerSender() = default;

void MarkerSender::start() {
  shard_.transactions().on_unmarked = [this] { due_.set(); };
  sending_.spawn("markers", [this] { run(); });
}

void MarkerSender::stop() {
  shard_.transactions().on_unmarked = nullptr;
  alarm_.cancel();
  sending_.cancel();
  sending_.join();
}

void MarkerSender::run() {
  for (;;) {
    due_.wait();
    due_.reset();
    for (auto& [leader, batch] : gather()) {
      asked_.insert(leader);
      for (const auto& [source, markers] : batch.markers)
        for (const auto& [topic, indexes] : markers.partitions)
          for (auto index : indexes) on_the_way_.insert({markers.transactional_id, topic, index});
      sending_.spawn("send markers",
                     [this, leader = leader, batch = std::move(batch)]() mutable { send(leader, std::move(batch)); });
    }
  }
}

std::map<std::int32_t, MarkerSender::Batch> MarkerSender::gather() {
  struct Waiting {
    Source source;
    std::vector<TransactionMarkers> markers;
  };
  std::vector<Waiting> waiting;
  bool all = shard_.transactions().each_unmarked(
      [&](std::int32_t partition, Epoch epoch, const TransactionCoordinator& transactions) {
        auto& one = waiting.emplace_back(Waiting{{partition, epoch}, {}});
        std::optional<std::string> after;
        do {
          auto page = transactions.unmarked(after, transactions_at_once);
          after = page.size() == transactions_at_once ? std::optional(page.back().transactional_id) : std::nullopt;
          std::ranges::move(page, std::back_inserter(one.markers));
        } while (after);
      });
  if (!all) wake_after(retry_interval);
  std::map<std::int32_t, Batch> batches;
  auto image = shard_.image();
  for (auto& [source, list] : waiting) {
    for (auto& markers : list) {
      std::map<std::int32_t, PartitionsByTopic> by_leader;
      for (const auto& [name, indexes] : markers.partitions) {
        const auto* topic = image->topic(name);
        for (auto index : indexes) {
          work_in_slices(look_work);
          if (on_the_way_.contains({markers.transactional_id, name, index})) continue;
          bool exists = topic && index >= 0 && index < topic->partition_count();
          auto leader = exists ? shard_.leader_of(*topic, index).broker : gone;
          if (leader == nobody) wake_after(retry_interval);
          if (leader != nobody && !asked_.contains(leader)) by_leader[leader][name].insert(index);
        }
      }
      for (auto& [leader, partitions] : by_leader) {
        auto& batch = batches[leader];
        if (batch.partitions >= partitions_at_once) continue;  // in the next request
        for (const auto& [name, indexes] : partitions) batch.partitions += indexes.size();
        auto part = markers;
        part.partitions = std::move(partitions);
        batch.markers.emplace_back(source, std::move(part));
      }
    }
  }
  return batches;
}

void MarkerSender::send(std::int32_t leader, Batch batch) {
  if (leader == gone)
    look_for_gone(batch);
  else
    send_to(leader, batch);
  for (const auto& [source, markers] : batch.markers)
    for (const auto& [topic, indexes] : markers.partitions)
      for (auto index : indexes) on_the_way_.erase({markers.transactional_id, topic, index});
  asked_.erase(leader);
  due_.set();
}

void MarkerSender::send_to(std::int32_t leader, const Batch& batch) {
  WriteTxnMarkersRequest request;
  for (const auto& [source, markers] : batch.markers) request.markers.push_back(request_of(markers, source.epoch));
  auto deadline = shard_.host().clock().deadline_in(call_max);
  auto response = ask_broker<WriteTxnMarkersResponse>(shard_, leader, request, version, deadline);
  bool answered = response && response->markers.size() == batch.markers.size();
  bool again = !answered;
  for (std::size_t i = 0; answered && i < batch.markers.size(); ++i) {
    auto done = batch.markers[i].second;
    done.partitions.clear();
    for (const auto& topic : response->markers[i].topics)
      for (const auto& partition : topic.partitions)
        if (has_marker(partition.error_code)) done.partitions[topic.name].insert(partition.index);
    again = again || done.partitions != batch.markers[i].second.partitions;
    written(batch.markers[i].first, std::move(done));
  }
  // Markers that were refused, or are in doubt, are sent again, to the leader by then.
  if (again) shard_.host().clock().sleep_for(retry_interval);
}

// A partition that this broker does not know may be new. Once its metadata is as new as the controller's, the partition
// is known to be deleted, and needs no marker.
void MarkerSender::look_for_gone(const Batch& batch) {
  if (!shard_.controls_here()) {
    ListPartitionReassignmentsRequest nothing;
    nothing.topics.emplace();
    auto frame = request_frame(nothing, 0, 0, "").flatten().slice(4);
    if (!forward_to_controller(shard_, frame, nullptr, call_max))
      return shard_.host().clock().sleep_for(retry_interval);
  }
  auto image = shard_.image();
  for (const auto& [source, looked_for] : batch.markers) {
    auto markers = looked_for;
    for (auto& [name, indexes] : markers.partitions) {
      const auto* topic = image->topic(name);
      std::erase_if(indexes,
                    [&](std::int32_t index) { return topic && index >= 0 && index < topic->partition_count(); });
    }
    written(source, std::move(markers));
  }
}

void MarkerSender::written(const Source& source, TransactionMarkers markers) {
  shard_.transactions().marked(source.partition, source.epoch, {std::move(markers)});
}

void MarkerSender::wake_after(Duration delay) {
  if (!alarm_.is_set()) alarm_.set(shard_.host().clock().now() + delay);
}

}  // namespace fulmar
