#include "broker/client/producer.h"
#include "checkers/values.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"

namespace fulmar {

namespace {

constexpr Duration delivery_timeout = seconds(15);

// One batch, from invocation to completion. Runs in a fiber of its own for pipelined producers.
void send_one(Host& host, Workload& workload, Producer& producer, const ProducerOptions& options, int number,
              const TopicPartition& to, int count, std::size_t value_size) {
  auto index = workload.history.sends.size();
  {
    SendOperation send;
    send.producer = number;
    send.to = to;
    send.first_value = workload.next_value;
    send.count = count;
    send.acks = options.acks;
    send.idempotent = options.idempotent;
    send.invoked = host.clock().now();
    workload.history.sends.push_back(send);
  }
  auto first_value = std::exchange(workload.next_value, workload.next_value + static_cast<ValueId>(count));
  std::vector<Record> records;
  for (int i = 0; i < count; ++i) {
    Record record;
    record.value = make_value(first_value + static_cast<ValueId>(i), value_size);
    record.timestamp = host.clock().wall_ms();
    records.push_back(std::move(record));
  }
  auto delivery = producer.send(to.topic, to.partition, records);
  auto& send = workload.history.sends[index];
  send.completed = host.clock().now();
  send.base_offset = delivery.base_offset;
  switch (delivery.outcome) {
    case Delivery::Outcome::ok: send.outcome = Outcome::ok; break;
    case Delivery::Outcome::failed: send.outcome = Outcome::failed; break;
    case Delivery::Outcome::unknown: send.outcome = Outcome::unknown; break;
  }
}

}  // namespace

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
  options.version_max = static_cast<std::int16_t>(random.between(3, 11));
  if (random.chance(1, 3)) options.first_sequence = 2'147'483'647 - static_cast<std::int32_t>(random.below(50));
  Producer producer(host, brokers, options);
  // Each lane sends one batch after the other, to partitions of its own: together they keep several in flight.
  auto lanes = static_cast<int>(random.between(1, 3));
  workload.next_producer = base + lanes;
  FiberGroup sending;
  for (int lane = 0; lane < lanes; ++lane) {
    sending.spawn("lane", [&, lane, stream = random.split(static_cast<std::uint64_t>(lane))]() mutable {
      auto pace_ms = workload.plan.setting("producer_pace_ms");
      while (!workload.stop) {
        auto to = pick_partition(stream, workload);
        if (to.partition % lanes != lane % workload.topics.at(to.topic).partitions && stream.chance(1, 2)) continue;
        auto count = static_cast<int>(stream.between(1, workload.plan.setting("batch_records_max")));
        auto size = static_cast<std::size_t>(stream.between(8, workload.plan.setting("value_bytes_max")));
        send_one(host, workload, producer, options, base + lane, to, count, size);
        pause(host, stream, pace_ms);
      }
    });
  }
  sending.join();
  note_wrong_answer(workload, host, producer.saw_wrong_answer(), "a producer");
}

}  // namespace fulmar
