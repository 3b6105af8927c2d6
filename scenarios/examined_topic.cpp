#include "scenarios/examined_topic.h"

#include <algorithm>

#include "broker/protocol/messages/alter_configs.h"
#include "broker/protocol/messages/describe_configs.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/topics.h"
#include "broker/protocol/record_builder.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

namespace {

constexpr std::int64_t segment_bytes = 1400;
constexpr std::int64_t kept_bytes_wanted = 1500;
constexpr Duration expired_max = seconds(40);  // for what is too much to be gone, once the core is to be well
constexpr Duration limited_max = seconds(20);
constexpr Timestamp near_ms = Timestamp{100} * 24 * 3600 * 1000;

}  // namespace

ExaminedTopic::ExaminedTopic(Host& host, Workload& workload)
    : host_(host),
      workload_(workload),
      random_(host.entropy().stream()),
      brokers_(host, cluster_options(workload, random_.split("cluster"))) {}

void ExaminedTopic::rest() {
  pause(host_, random_, workload_.plan.setting(settings::examiner_pace_ms));
}

void ExaminedTopic::violate(const char* anomaly, const std::string& text) {
  workload_.seen.push_back({"answers to the byte", anomaly, name_ + ": " + text, host_.clock().now()});
}

bool ExaminedTopic::make() {
  name_ = "examined-" + std::to_string(workload_.next_examined++);
  sent_.clear();
  deleted_to_ = {};
  start_here_ = 0;
  appends_time_ = random_.chance(1, 2);
  compacts_ = random_.chance(1, 8);
  kept_bytes_ = random_.chance(1, 2) ? -1 : kept_bytes_wanted;
  batch_bytes_ = batch_bytes_max;
  WantedTopic wanted = {name_,
                        partitions,
                        {{"segment.bytes", std::to_string(segment_bytes)},
                         {"max.message.bytes", std::to_string(batch_bytes_)},
                         {"retention.ms", "-1"},
                         {"retention.bytes", std::to_string(kept_bytes_)},
                         {"message.timestamp.after.max.ms", std::to_string(near_ms)},
                         {"message.timestamp.type", appends_time_ ? "LogAppendTime" : "CreateTime"}}};
  if (compacts_) wanted.configs.push_back({"cleanup.policy", "compact"});
  return create_once(host_, workload_, brokers_, wanted);
}

bool ExaminedTopic::find_leader(std::int32_t partition) {
  auto found = brokers_.leader(name_, partition, in_time());
  if (found) leader_ = *found;
  return found.has_value();
}

Bytes ExaminedTopic::batch_of(std::size_t bytes_wanted, Timestamp time, const BatchOptions& options) {
  auto of = [&](std::size_t bytes) {
    return build_batch({{std::nullopt, std::string(bytes, 'x'), time, {}}}, options);
  };
  auto overhead = of(bytes_wanted).size() - bytes_wanted;
  return of(bytes_wanted > overhead ? bytes_wanted - overhead : 1);
}

std::optional<ProduceResponse::Topic::Partition> ExaminedTopic::produce(std::int32_t partition, const Bytes& batch) {
  ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 2000;
  request.topics.push_back({name_, {{partition, ByteChain(batch)}}});
  auto response = ask<ProduceResponse>(request);
  if (!response || response->topics.size() != 1 || response->topics[0].partitions.size() != 1) return std::nullopt;
  auto error = response->topics[0].partitions[0].error_code;
  if (error == ErrorCode::not_leader_or_follower) brokers_.doubt_leader(name_, partition);
  return response->topics[0].partitions[0];
}

const ExaminedTopic::Sent* ExaminedTopic::sent_at(std::int32_t partition, Offset offset) const {
  for (const auto& sent : sent_)
    if (sent.partition == partition && sent.offset == offset) return &sent;
  return nullptr;
}

Offset ExaminedTopic::choose_offset(std::int32_t partition) {
  std::vector<Offset> offsets{deleted_to_[partition]};
  for (const auto& sent : sent_)
    if (sent.partition == partition && sent.offset && *sent.offset > deleted_to_[partition])
      offsets.push_back(*sent.offset);
  return offsets[random_.below(offsets.size())];
}

FetchRequest ExaminedTopic::fetch_from(std::int32_t max_bytes, std::int32_t partition_max_bytes) {
  FetchRequest request;
  request.max_bytes = max_bytes;
  FetchRequest::Topic topic;
  topic.name = name_;
  for (std::int32_t index = 0; index < partitions; ++index) {
    auto& partition = topic.partitions.emplace_back();
    partition.index = index;
    partition.fetch_offset = choose_offset(index);
    partition.max_bytes = partition_max_bytes;
  }
  request.topics.push_back(std::move(topic));
  return request;
}

bool ExaminedTopic::see_limit() {
  DescribeConfigsRequest request;
  request.resources.push_back({static_cast<std::int8_t>(ConfigResource::topic), name_, {{"max.message.bytes"}}});
  auto response = ask<DescribeConfigsResponse>(request);
  if (!response || response->results.size() != 1 || response->results[0].configs.size() != 1) return false;
  batch_bytes_ = std::stoll(response->results[0].configs[0].value.value_or("0"));
  return batch_bytes_ > 0;
}

std::optional<Offset> ExaminedTopic::remove_to(Offset offset) {
  DeleteRecordsRequest request;
  request.timeout_ms = 1000;
  request.topics.push_back({name_, {{0, offset}}});
  auto response = ask<DeleteRecordsResponse>(request);
  if (!response || response->topics.size() != 1 || response->topics[0].partitions.size() != 1) return std::nullopt;
  const auto& answer = response->topics[0].partitions[0];
  if (answer.error_code != ErrorCode::none) return std::nullopt;
  deleted_to_[0] = std::max(deleted_to_[0], answer.low_watermark);
  start_here_ = std::max(start_here_, answer.low_watermark);
  return answer.low_watermark;
}

std::optional<std::int64_t> ExaminedTopic::kept(std::int32_t partition, bool only_written) {
  auto found = brokers_.leader(name_, partition, in_time());
  if (!found) return std::nullopt;
  ListOffsetsRequest request;
  request.topics.push_back({name_, {{partition, -1, LookupOperation::earliest}}});
  auto response = (*found)->call<ListOffsetsResponse>(request, in_time());
  bool answered = response && response->topics.size() == 1 && response->topics[0].partitions.size() == 1 &&
                  response->topics[0].partitions[0].error_code == ErrorCode::none;
  if (!answered) {
    brokers_.doubt_leader(name_, partition);
    return std::nullopt;
  }
  const auto start = response->topics[0].partitions[0].offset;
  std::int64_t bytes = 0;
  for (const auto& sent : sent_)
    if (sent.partition == partition && (sent.offset ? *sent.offset >= start : !only_written)) bytes += sent.bytes;
  if (start > deleted_to_[partition] && !only_written && (kept_bytes_ < 0 || bytes < kept_bytes_))
    violate("too-little-kept", "partition " + std::to_string(partition) + " begins at " + std::to_string(start) +
                                   ", and " + std::to_string(bytes) + " bytes were sent since; retention.bytes is " +
                                   std::to_string(kept_bytes_));
  return bytes;
}

bool ExaminedTopic::limit_size() {
  if (kept_bytes_ >= 0) return true;
  IncrementalAlterConfigsRequest request;
  request.resources.push_back({static_cast<std::int8_t>(ConfigResource::topic),
                               name_,
                               {{"retention.bytes", 0, std::to_string(kept_bytes_wanted)}}});
  for (const auto give_up = host_.clock().now() + limited_max; host_.clock().now() < give_up; rest()) {
    auto connection = brokers_.any(in_time());
    if (!connection) continue;
    auto response = (*connection)->call<IncrementalAlterConfigsResponse>(request, in_time());
    if (!response || response->responses.size() != 1 || response->responses[0].error_code != ErrorCode::none) continue;
    kept_bytes_ = kept_bytes_wanted;
    return true;
  }
  return false;
}

void ExaminedTopic::see_it_expire() {
  const auto give_up = host_.clock().now() + expired_max;
  std::optional<std::int64_t> bytes;
  while (host_.clock().now() < give_up) {
    (void)kept(1, false);
    if (auto now = kept(1, true)) bytes = now;
    if (bytes && *bytes < kept_bytes_ + segment_bytes) return workload_.marks.reach(Mark::size_examined);
    pause(host_, random_, 1000);
  }
  if (bytes)
    violate("too-much-kept", "partition 1 has " + std::to_string(*bytes) + " bytes; retention.bytes is " +
                                 std::to_string(kept_bytes_) + ", and segments have " + std::to_string(segment_bytes));
}

}  // namespace fulmar
