#include "broker/client/record_sender.h"

namespace fulmar {

RecordSender::RecordSender(Producer& producer, std::string topic, Partitioner partitioner,
                           std::optional<std::int32_t> fixed_partition)
    : producer_(producer), topic_(std::move(topic)), partitioner_(partitioner), fixed_partition_(fixed_partition) {}

void RecordSender::add(Record record) {
  auto bytes =
      record_overhead_bytes_max + (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
  auto* lane = &lane_for(record);
  while (!lane->gathered.empty() && lane->gathered_bytes + bytes > batch_bytes_max) {
    hand_over(*lane);
    lane = &lane_for(record);  // a record without a key goes to another partition now
  }
  lane->gathered.push_back(std::move(record));
  lane->gathered_bytes += bytes;
  gathered_bytes_ += bytes;
  if (gathered_bytes_ >= gathered_bytes_max) flush();
}

void RecordSender::flush() {
  for (auto& [partition, lane] : lanes_) hand_over(lane);
}

void RecordSender::finish() {
  flush();
  for (auto& [partition, lane] : lanes_) lane.batches.close();
  sending_.join();
}

RecordSender::Lane& RecordSender::lane_for(const Record& record) {
  auto partition = fixed_partition_.value_or(partitioner_.partition_of(record.key));
  auto [entry, added] = lanes_.try_emplace(partition);
  auto& lane = entry->second;
  if (added) sending_.spawn("send", [this, partition, &lane] { send_batches(partition, lane); });
  return lane;
}

void RecordSender::hand_over(Lane& lane) {
  if (lane.gathered.empty()) return;
  gathered_bytes_ -= std::exchange(lane.gathered_bytes, 0);
  lane.batches.push(std::exchange(lane.gathered, {}));
  partitioner_.next_batch();
}

void RecordSender::send_batches(std::int32_t partition, Lane& lane) {
  while (auto batch = lane.batches.pop()) {
    auto size = static_cast<std::int64_t>(batch->size());
    if (failure_) {
      counts_.failed += size;
      continue;
    }
    auto delivery = producer_.send(topic_, partition, *batch);
    switch (delivery.outcome) {
      case Delivery::Outcome::ok: counts_.acknowledged += size; continue;
      case Delivery::Outcome::failed: counts_.failed += size; break;
      case Delivery::Outcome::unknown: counts_.unknown += size; break;
    }
    if (!failure_) failure_ = std::move(delivery.reason);
  }
}

}  // namespace fulmar
