// The end of a life: reads everything from every partition.
#include "broker/client/consumer.h"
#include "checkers/values.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

namespace {

constexpr Duration retry_interval = milliseconds(100);

// Repeats until there is an answer; if there never is one, the liveness checker reports it.
Offset insist_on_offset(Host& host, Consumer& consumer, std::int32_t partition, Timestamp which) {
  for (;;) {
    ErrorCode error{};
    auto offset = consumer.list_offset(partition, which, error);
    if (offset && error == ErrorCode::none) return *offset;
    host.clock().sleep_for(retry_interval);
  }
}

// Reads up to `all.end`. Returns false if the partition can't be read.
bool read_to_end(Host& host, Workload& workload, Consumer& consumer, const TopicPartition& tp, FinalRead& all) {
  bool expires = workload.history.promise(tp).retention_ms >= 0;
  consumer.assign(tp.partition, all.log_start);
  while (consumer.position(tp.partition) < all.end) {
    auto polled = consumer.poll();
    if (!polled) {
      host.clock().sleep_for(retry_interval);
      continue;
    }
    for (auto& part : *polled) {
      if (part.error == ErrorCode::offset_out_of_range && expires) {
        // Retention removed records that were about to be read.
        auto start = insist_on_offset(host, consumer, tp.partition, earliest_offset);
        if (start > all.log_start) {
          all.log_start = start;
          consumer.assign(tp.partition, start);
          continue;
        }
      }
      for (const auto& record : part.records) {
        all.records.push_back(see_value(record.offset, record.value ? record.value->view() : std::string_view()));
        all.records.back().numbering = {record.producer_id, record.producer_epoch};
      }
      if (part.error != ErrorCode::none && is_retriable(part.error)) {
        host.clock().sleep_for(retry_interval);
      } else if (part.error != ErrorCode::none || part.corrupt) {
        workload.seen.push_back({"durability", part.corrupt ? "corrupt" : "unseen",
                                 "the final read of " + to_string(tp) + " at offset " +
                                     std::to_string(consumer.position(tp.partition)) + ": " +
                                     error_code_name(part.error),
                                 host.clock().now()});
        return false;
      }
    }
  }
  return true;
}

}  // namespace

int read_everything(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  ClusterClient brokers(host, cluster_options(workload, random.split("cluster")));
  std::vector<TopicPartition> partitions;
  for (const auto& [topic, spec] : workload.topics)
    for (std::int32_t partition = 0; partition < spec.partitions; ++partition) partitions.push_back({topic, partition});
  for (const auto& [name, topic] : workload.remade) partitions.push_back({topic.key, 0});
  for (const auto& tp : partitions) {
    ConsumerOptions options;
    options.max_wait = milliseconds(10);
    options.min_bytes = 0;
    options.request_timeout = workload.request_timeout;
    Consumer consumer(host, brokers, options, name_of(tp.topic));
    FinalRead all;
    all.log_start = insist_on_offset(host, consumer, tp.partition, earliest_offset);
    all.end = insist_on_offset(host, consumer, tp.partition, latest_offset);
    if (!read_to_end(host, workload, consumer, tp, all)) return 1;
    workload.history.final_reads[tp] = std::move(all);
  }
  if (workload.plan.setting_or(settings::keyed_clients, 0)) read_keys_at_the_end(host, workload, brokers);
  return 0;
}

}  // namespace fulmar
