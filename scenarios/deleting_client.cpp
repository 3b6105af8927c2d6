// Deletes records: up to some offset that was seen, exactly to its end, or all.
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/topics.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"
#include "scenarios/telling.h"

namespace fulmar {

namespace {

// The offset after the last acknowledged record.
Offset acknowledged_end(const Workload& workload, const TopicPartition& of) {
  Offset end = 0;
  for (const auto& send : workload.history.sends)
    if (send.to == of && send.outcome == Outcome::ok && send.base_offset >= 0)
      end = std::max(end, send.base_offset + send.count);
  return end;
}

// A deletion often ends inside a batch: looks up a time that both sides of the cut have.
void look_up_at_cut(Host& host, Workload& workload, ClusterClient& brokers, const TopicPartition& of, Offset cut) {
  for (const auto& send : workload.history.sends) {
    bool is_cut = send.to == of && send.outcome == Outcome::ok && send.base_offset < cut &&
                  cut < send.base_offset + send.count && !send.timestamps.empty() && send.timestamps[0] >= 0;
    if (!is_cut) continue;
    look_up_once(host, workload, brokers, of, send.timestamps[0]);
    return;
  }
}

// Asks followers that serve consumers for the log start, right after it was raised.
void ask_followers(Host& host, Random& random, Workload& workload, ClusterClient& brokers, const TopicPartition& of,
                   Offset start) {
  auto deadline = host.clock().deadline_in(workload.request_timeout);
  auto leader = brokers.leader_of(of.topic, of.partition, deadline);
  if (!leader) return;
  auto count = workload.plan.setting(settings::brokers);
  auto first = random.between(0, count - 1);
  for (std::int64_t n = 0; n < count; ++n) {
    auto broker = static_cast<std::int32_t>((first + n) % count) + 1;
    if (broker == *leader) continue;
    auto connection = brokers.broker(broker, deadline);
    if (!connection) continue;
    FetchRequest request;
    request.max_wait_ms = 0;
    request.rack_id = "any";
    FetchRequest::Topic::Partition partition;
    partition.index = of.partition;
    partition.fetch_offset = start;
    partition.max_bytes = 1;
    request.topics.push_back({of.topic, {}, {partition}});
    constexpr std::int16_t names_topics = 12;
    ReadOperation read{};
    read.from = of;
    read.invoked = host.clock().now();
    read.position = start;
    auto response = (*connection)->call<FetchResponse>(request, deadline, names_topics);
    if (!response || response->topics.size() != 1 || response->topics[0].partitions.size() != 1) continue;
    const auto& answer = response->topics[0].partitions[0];
    if (answer.error_code != ErrorCode::none) continue;
    read.completed = host.clock().now();
    read.high_watermark = answer.high_watermark;
    read.log_start = answer.log_start_offset;
    workload.marks.reach(Mark::follower_start_told);
    workload.on_read(read, broker);
  }
}

}  // namespace

Result<Offset, ErrorCode> delete_once(Host& host, Workload& workload, ClusterClient& brokers, const TopicPartition& of,
                                      Offset offset) {
  auto deadline = host.clock().deadline_in(workload.request_timeout);
  auto connection = brokers.leader(name_of(of.topic), of.partition, deadline);
  if (!connection) return std::unexpected(connection.error().code);
  auto index = workload.history.deletes.size();
  workload.history.deletes.push_back({of, offset, host.clock().now()});
  tell_begun(workload, workload.history.deletes[index]);
  DeleteRecordsRequest request;
  request.timeout_ms = 1000;
  request.topics.push_back({name_of(of.topic), {{of.partition, offset}}});
  auto response = (*connection)->call<DeleteRecordsResponse>(request, deadline);
  auto& done = workload.history.deletes[index];
  done.completed = host.clock().now();
  bool answered = response && response->topics.size() == 1 && response->topics[0].partitions.size() == 1;
  auto error = answered ? response->topics[0].partitions[0].error_code : ErrorCode::unknown_server_error;
  done.outcome = error == ErrorCode::none ? Outcome::ok : Outcome::unknown;
  if (error == ErrorCode::none) done.low_watermark = response->topics[0].partitions[0].low_watermark;
  tell_ended(workload, done);
  if (error == ErrorCode::none && workload.on_deletion) workload.on_deletion(done);
  if (error == ErrorCode::none && (offset == -1 || done.low_watermark >= acknowledged_end(workload, of)))
    workload.marks.reach(Mark::deleted_to_high_watermark);
  if (error == ErrorCode::none) return done.low_watermark;
  brokers.doubt_leader(of.topic, of.partition);
  return std::unexpected(error);
}

void delete_records(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  ClusterClient brokers(host, cluster_options(workload, random.split("cluster")));
  while (!workload.stop) {
    pause(host, random, 20'000);
    auto of = pick_partition(random, workload);
    auto end = acknowledged_end(workload, of);
    Offset offset = 0;
    // A deletion of everything may take records of unknown outcome, so it is rare.
    switch (random.below(6)) {
      case 0: offset = end; break;
      case 1: offset = end - std::min<Offset>(end, static_cast<Offset>(random.below(4))); break;
      case 2: offset = random.chance(1, 2) ? -1 : end; break;
      default: offset = static_cast<Offset>(random.below(static_cast<std::uint64_t>(end / 2) + 1));
    }
    auto start = delete_once(host, workload, brokers, of, offset);
    if (!start) continue;
    bool ask = workload.on_read && workload.plan.setting_or(settings::racks, 0) && random.chance(2, 3);
    if (ask) ask_followers(host, random, workload, brokers, of, *start);
    look_up_at_cut(host, workload, brokers, of, offset);
  }
}

}  // namespace fulmar
