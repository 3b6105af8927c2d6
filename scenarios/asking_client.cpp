// Clients that look up offsets: by time, the start, the end and the maximum, and the ends of epochs; in partitions in
// use, and in idle ones.
#include <limits>

#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/offset_for_leader_epoch.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"
#include "scenarios/telling.h"

namespace fulmar {

namespace {

// Near the time of a record that was sent, or far from all.
Timestamp choose_time(Random& random, const Workload& workload, const TopicPartition& of, Timestamp now) {
  const auto& sends = workload.history.sends;
  constexpr int tries = 20;
  for (int i = 0; i < tries && !sends.empty(); ++i) {
    const auto& send = sends[random.below(sends.size())];
    if (send.to != of || send.timestamps.empty()) continue;
    auto time = send.timestamps[random.below(send.timestamps.size())];
    auto by = random.between(-2, 2);
    return time > 10 && time < std::numeric_limits<Timestamp>::max() - 10 ? time + by : std::max<Timestamp>(time, 0);
  }
  return random.chance(1, 2) ? now : random.between(0, 2 * now);
}

Timestamp choose_lookup(Random& random, const Workload& workload, const TopicPartition& of, Timestamp now) {
  switch (random.below(8)) {
    case 0: return LookupOperation::latest;
    case 1: return LookupOperation::earliest;
    case 2: return LookupOperation::maximum;
    default: return choose_time(random, workload, of, now);
  }
}

// Looks up the end of an epoch from the leader.
void ask_epoch_end(Host& host, Workload& workload, ClusterClient& brokers, const TopicPartition& of, Epoch epoch) {
  auto deadline = host.clock().deadline_in(workload.request_timeout);
  auto leader = brokers.leader(of.topic, of.partition, deadline);
  if (!leader) return;
  EpochEndOperation operation{of, epoch, host.clock().now(), {}};
  OffsetForLeaderEpochRequest request;
  request.replica_id = -1;
  request.topics.push_back({of.topic, {{of.partition, -1, epoch}}});
  auto response = (*leader)->call<OffsetForLeaderEpochResponse>(request, deadline);
  if (!response || response->topics.size() != 1 || response->topics[0].partitions.size() != 1) return;
  const auto& answer = response->topics[0].partitions[0];
  if (answer.error_code != ErrorCode::none) return brokers.doubt_leader(of.topic, of.partition);
  operation.completed = host.clock().now();
  operation.epoch = answer.leader_epoch;
  operation.end = answer.end_offset;
  workload.marks.reach(Mark::epoch_end_told);
  tell_ended(workload, operation);
  workload.history.epoch_ends.push_back(operation);
}

// Looks up epoch ends again and again: mostly that of the latest epoch it knows, whose records may not stay.
class EpochAsker {
 public:
  void ask(Host& host, Random& random, Workload& workload, ClusterClient& brokers, const TopicPartition& of) {
    auto& highest = known_.try_emplace(of, 0).first->second;
    auto before = workload.history.epoch_ends.size();
    auto epoch = highest;
    if (random.chance(1, 2)) epoch = static_cast<Epoch>(random.below(static_cast<std::uint64_t>(highest) + 2));
    ask_epoch_end(host, workload, brokers, of, epoch);
    if (workload.history.epoch_ends.size() > before) {
      const auto& told = workload.history.epoch_ends.back();
      if (told.asked < highest) workload.marks.reach(Mark::epoch_passed);
      highest = std::max(highest, told.epoch);
    } else {
      highest = highest > 0 && random.chance(1, 3) ? highest - 1 : highest;
    }
  }

 private:
  std::map<TopicPartition, Epoch> known_;
};

void ask_metadata(Host& host, Workload& workload, ClusterClient& brokers, std::int32_t broker) {
  auto deadline = host.clock().deadline_in(workload.request_timeout);
  auto connection = brokers.broker(broker, deadline);
  if (!connection) return;
  auto asked = host.clock().now();
  MetadataRequest request;
  request.topics = std::nullopt;
  auto metadata = (*connection)->call<MetadataResponse>(request, deadline);
  if (metadata) workload.on_metadata(broker, *metadata, asked);
}

}  // namespace

std::optional<LookupOperation> look_up_once(Host& host, Workload& workload, ClusterClient& brokers,
                                            const TopicPartition& of, Timestamp asked) {
  auto deadline = host.clock().deadline_in(workload.request_timeout);
  auto leader = brokers.leader(name_of(of.topic), of.partition, deadline);
  if (!leader) return std::nullopt;
  LookupOperation lookup{of, asked, host.clock().now(), {}};
  ListOffsetsRequest request;
  request.timeout_ms = 1000;
  request.topics.push_back({name_of(of.topic), {{of.partition, -1, asked}}});
  auto response = (*leader)->call<ListOffsetsResponse>(request, deadline);
  if (!response || response->topics.size() != 1 || response->topics[0].partitions.size() != 1) return std::nullopt;
  const auto& answer = response->topics[0].partitions[0];
  if (answer.error_code != ErrorCode::none) {
    brokers.doubt_leader(name_of(of.topic), of.partition);
    return std::nullopt;
  }
  lookup.completed = host.clock().now();
  lookup.offset = answer.offset;
  lookup.timestamp = answer.timestamp;
  if (asked >= 0) workload.marks.reach(answer.offset >= 0 ? Mark::lookup_by_time : Mark::lookup_past_the_last);
  if (asked == LookupOperation::maximum && answer.offset >= 0) workload.marks.reach(Mark::lookup_of_maximum);
  tell_ended(workload, lookup);
  workload.history.lookups.push_back(lookup);
  return lookup;
}

void look_up(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  ClusterClient brokers(host, cluster_options(workload, random.split("cluster")));
  EpochAsker epochs;
  while (!workload.stop) {
    pause(host, random, workload.plan.setting(settings::lookup_pace_ms));
    auto of = pick_partition(random, workload);
    if (workload.on_metadata && random.chance(1, 6)) {
      auto broker = static_cast<std::int32_t>(random.between(1, workload.plan.setting(settings::brokers)));
      ask_metadata(host, workload, brokers, broker);
      continue;
    }
    if (random.chance(1, 4)) {
      epochs.ask(host, random, workload, brokers, of);
      continue;
    }
    look_up_once(host, workload, brokers, of, choose_lookup(random, workload, of, host.clock().wall_ms()));
  }
}

void ask_epochs(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  ClusterClient brokers(host, cluster_options(workload, random.split("cluster")));
  EpochAsker epochs;
  while (!workload.stop) {
    pause(host, random, workload.plan.setting(settings::epoch_pace_ms));
    epochs.ask(host, random, workload, brokers, pick_partition(random, workload));
  }
}

void ask_idle(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  ClusterClient brokers(host, cluster_options(workload, random.split("cluster")));
  ProducerOptions options;
  options.request_timeout = workload.request_timeout;
  options.delivery_timeout = seconds(10);
  Producer producer(host, brokers, options);
  Sending sending{workload.next_producer++, options.acks, options.idempotent};
  while (!workload.stop) {
    pause(host, random, 20'000);
    if (workload.stop) return;
    auto of = pick_idle_partition(random, workload);
    if (!of) return;
    switch (random.below(4)) {
      case 0: {
        auto lookup = choose_lookup(random, workload, *of, host.clock().wall_ms());
        if (look_up_once(host, workload, brokers, *of, lookup)) workload.marks.reach(Mark::idle_lookup);
        break;
      }
      case 1: {
        auto known = look_up_once(host, workload, brokers, *of, LookupOperation::latest);
        if (!known) break;
        pause(host, random, 8000);
        auto upto = known->offset > 0 && random.chance(2, 3) ? known->offset - 1 : known->offset;
        if (delete_once(host, workload, brokers, *of, upto)) workload.marks.reach(Mark::idle_deletion);
        break;
      }
      default: send_batch(host, workload, producer, sending, *of, 1, 20, {host.clock().wall_ms()});
    }
  }
}

}  // namespace fulmar
