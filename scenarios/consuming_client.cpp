#include "broker/client/consumer.h"
#include "checkers/values.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"

namespace fulmar {

void consume(Host& host, Workload& workload) {
  int number = workload.next_consumer++;
  auto random = host.entropy().stream();
  auto topic = pick_partition(random, workload).topic;
  ClusterClient brokers(host, cluster_options(workload, random.split("cluster")));
  ConsumerOptions options;
  options.request_timeout = workload.request_timeout;
  options.max_wait = milliseconds(random.between(1, 1000));
  options.min_bytes = static_cast<std::int32_t>(random.between(0, 2000));
  options.max_bytes = static_cast<std::int32_t>(random.between(1, 100'000));
  options.partition_max_bytes = static_cast<std::int32_t>(random.between(1, 20'000));
  options.version_max = static_cast<std::int16_t>(random.between(4, 12));
  Consumer consumer(host, brokers, options, topic);
  auto partitions = workload.topics.at(topic).partitions;
  std::map<std::int32_t, bool> sought;
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    consumer.assign(partition, 0);
    sought[partition] = true;
  }
  while (!workload.stop) {
    std::map<std::int32_t, Offset> positions;
    for (std::int32_t partition = 0; partition < partitions; ++partition)
      positions[partition] = consumer.position(partition);
    auto invoked = host.clock().now();
    auto polled = consumer.poll();
    if (!polled) {
      pause(host, random, 500);
      continue;
    }
    for (auto& part : *polled) {
      ReadOperation read;
      read.consumer = number;
      read.from = {topic, part.partition};
      read.invoked = invoked;
      read.completed = host.clock().now();
      read.position = positions[part.partition];
      read.corrupt = part.corrupt;
      if (part.error == ErrorCode::none) {
        read.sought = std::exchange(sought[part.partition], false);
        read.high_watermark = part.high_watermark;
        read.log_start = part.log_start;
      }
      for (const auto& record : part.records)
        read.records.push_back(see_value(record.offset, record.value ? record.value->view() : std::string_view()));
      if (part.error == ErrorCode::none || read.corrupt) workload.history.reads.push_back(std::move(read));
      if (part.error == ErrorCode::offset_out_of_range) {
        ErrorCode error{};
        auto earliest = consumer.list_offset(part.partition, earliest_offset, error);
        if (earliest && error == ErrorCode::none) {
          consumer.assign(part.partition, *earliest);
          sought[part.partition] = true;
        }
      }
    }
    // At times from the start, or from the middle.
    if (random.chance(1, 20)) {
      auto partition = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(partitions)));
      consumer.assign(partition,
                      static_cast<Offset>(random.below(static_cast<std::uint64_t>(consumer.position(partition)) + 1)));
      sought[partition] = true;
    }
    pause(host, random, workload.plan.setting("consumer_pace_ms"));
  }
  note_wrong_answer(workload, host, consumer.saw_wrong_answer(), "a consumer");
}

}  // namespace fulmar
