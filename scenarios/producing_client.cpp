#include "broker/client/producer.h"

#include <limits>

#include "checkers/values.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"
#include "scenarios/telling.h"

namespace fulmar {

namespace {

constexpr Duration delivery_timeout = seconds(15);

// Times of a batch's records, of one of the kinds that clients send: most are right.
std::vector<Timestamp> choose_times(Random& random, Workload& workload, Timestamp now, int count) {
  constexpr Timestamp year_ms = Timestamp{365} * 24 * 3600 * 1000;
  std::vector<Timestamp> times(static_cast<std::size_t>(count), now);
  // The kind stays for a while, so that whole segments have it.
  if (workload.time_kind_left-- == 0) {
    workload.time_kind = static_cast<int>(random.below(12));
    workload.time_kind_left = static_cast<int>(random.below(40));
  }
  auto kind = workload.time_kind;
  auto far = random.between(1, 5) * year_ms;
  for (int i = 0; i < count; ++i) {
    auto& time = times[static_cast<std::size_t>(i)];
    switch (kind) {
      case 0: time = -1; break;
      case 1: time = now - far + i; break;
      case 2: time = now + far + i; break;
      case 3:
      case 10: time = now - i * 100; break;
      case 4: time = now * 1000 + i; break;
      case 5: time = now * 1'000'000 + i; break;
      case 6: time = std::numeric_limits<Timestamp>::max() - count + 1 + i; break;
      case 7: time = i; break;
      case 8: time = now - now % 4000; break;
      case 9: time = i % 2 == 0 ? -1 : now; break;
      default: time = now + i; break;
    }
  }
  if (kind == 0 || kind == 9) workload.marks.reach(Mark::record_without_time);
  if (kind == 1 || kind == 7) workload.marks.reach(Mark::record_from_the_past);
  if (kind == 2 || (kind >= 4 && kind <= 6)) workload.marks.reach(Mark::record_from_the_future);
  return times;
}

}  // namespace

bool send_batch(Host& host, Workload& workload, Producer& producer, const Sending& sending, const TopicPartition& to,
                int count, std::size_t value_size, std::vector<Timestamp> timestamps) {
  auto index = workload.history.sends.size();
  auto first_value = std::exchange(workload.next_value, workload.next_value + static_cast<ValueId>(count));
  SendOperation begun;
  begun.producer = sending.producer;
  begun.to = to;
  begun.first_value = first_value;
  begun.count = count;
  begun.acks = sending.acks;
  begun.idempotent = sending.idempotent;
  begun.invoked = host.clock().now();
  begun.timestamps = std::move(timestamps);
  std::vector<Record> records;
  for (int i = 0; i < count; ++i) {
    Record record;
    record.value = make_value(first_value + static_cast<ValueId>(i), value_size);
    record.timestamp = begun.timestamps[static_cast<std::size_t>(i)];
    records.push_back(std::move(record));
  }
  workload.history.sends.push_back(std::move(begun));
  tell_begun(workload, workload.history.sends[index]);
  auto delivery = producer.send(name_of(to.topic), to.partition, records);
  auto& send = workload.history.sends[index];
  send.completed = host.clock().now();
  send.base_offset = delivery.base_offset;
  switch (delivery.outcome) {
    case Delivery::Outcome::ok: send.outcome = Outcome::ok; break;
    case Delivery::Outcome::failed: send.outcome = Outcome::failed; break;
    case Delivery::Outcome::unknown: send.outcome = Outcome::unknown; break;
  }
  tell_ended(workload, send);
  if (delivery.refusals.contains(ErrorCode::not_enough_replicas) ||
      delivery.refusals.contains(ErrorCode::not_enough_replicas_after_append))
    workload.marks.reach(Mark::too_few_in_sync);
  if (delivery.refusals.contains(ErrorCode::invalid_timestamp)) workload.marks.reach(Mark::timestamp_refused);
  return send.outcome == Outcome::ok;
}

void produce(Host& host, Workload& workload) {
  int base = workload.next_producer;
  auto random = host.entropy().stream();
  ClusterClient brokers(host, cluster_options(workload, random.split("cluster")));
  ProducerOptions options;
  options.request_timeout = workload.request_timeout;
  options.delivery_timeout = delivery_timeout;
  switch (random.below(6)) {
    case 0: options.acks = 0; break;
    case 1: options.acks = 1; break;
    case 2: options.acks = -1; break;
    default: options.acks = -1; break;
  }
  options.idempotent = options.acks == -1 && random.chance(3, 4);
  options.codec = static_cast<Compression>(random.chance(1, 2) ? 0 : random.below(5));
  // Versions with topic names that allow the codec.
  options.version_max = static_cast<std::int16_t>(random.between(options.codec == Compression::zstd ? 7 : 3, 12));
  if (random.chance(1, 3)) options.first_sequence = 2'147'483'647 - static_cast<std::int32_t>(random.below(50));
  // Some clients omit the maximum of a batch's times, or set a wrong one.
  if (workload.plan.setting_or(settings::false_maxima, 0)) {
    constexpr Timestamp claims[] = {-1, 0, 1'000'000, std::numeric_limits<Timestamp>::max()};
    if (random.chance(1, 3)) options.claimed_max_timestamp = claims[random.below(std::size(claims))];
  }
  if (options.claimed_max_timestamp) workload.marks.reach(Mark::false_maximum);
  Producer producer(host, brokers, options);
  // Each lane sends one batch after the other, to its own partitions: together the lanes keep several in flight.
  auto lanes = static_cast<int>(random.between(1, 3));
  workload.next_producer = base + lanes;
  FiberGroup sending;
  for (int lane = 0; lane < lanes; ++lane) {
    sending.spawn("lane", [&, lane, stream = random.split(static_cast<std::uint64_t>(lane))]() mutable {
      auto pace_ms = workload.plan.setting(settings::producer_pace_ms);
      while (!workload.stop) {
        auto to = pick_partition(stream, workload);
        if (to.partition % lanes != lane % workload.topics.at(to.topic).partitions && stream.chance(1, 2)) continue;
        auto count = static_cast<int>(stream.between(1, workload.plan.setting(settings::batch_records_max)));
        auto size = static_cast<std::size_t>(stream.between(8, workload.plan.setting(settings::value_bytes_max)));
        bool any_time = workload.topics.at(to.topic).promise.any_time;
        std::vector<Timestamp> times(static_cast<std::size_t>(count), host.clock().wall_ms());
        if (any_time) times = choose_times(stream, workload, host.clock().wall_ms(), count);
        send_batch(host, workload, producer, {base + lane, options.acks, options.idempotent}, to, count, size,
                   std::move(times));
        pause(host, stream, pace_ms);
      }
    });
  }
  sending.join();
  note_wrong_answer(workload, host, producer.saw_wrong_answer(), "a producer");
}

}  // namespace fulmar
