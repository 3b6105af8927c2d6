// Clients that write records of few keys to a compacted topic, with tombstones, and that read all of it, from the
// start, while it is compacted. In lives in which others write to it in transactions, they read committed records only.
#include "scenarios/keyed_client.h"
#include "broker/client/consumer.h"
#include "broker/client/producer.h"
#include "checkers/values.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/passing.h"
#include "scenarios/plan_settings.h"
#include "scenarios/telling.h"

namespace fulmar {

namespace {

const std::string topic_name = compacted_topic;
constexpr std::int32_t partitions = compacted_partitions;
// Keys are numbered. The lowest that are in use rise with the number of records, so that many keys have a last record,
// which stays, or a last tombstone, which goes; and some keys come back later.
constexpr std::uint64_t keys_in_use = 6;
constexpr std::uint64_t records_per_key = 8;

std::uint64_t choose_key(const History& history, Random& random) {
  auto lowest = history.keyed_sends.size() / records_per_key;
  if (random.chance(1, 16)) return random.below(lowest + keys_in_use);
  return lowest + random.below(keys_in_use);
}
constexpr Duration delivery_timeout = seconds(15);
constexpr Duration retry_interval = milliseconds(100);

bool has_transactions(const Workload& workload) {
  return workload.plan.setting_or(settings::keyed_transactions, 0) != 0;
}

// Reads from the start to the end of the partition at the time of the call; nullopt: not all could be read.
std::optional<KeyedRead> read_all(Host& host, Workload& workload, ClusterClient& brokers, std::int32_t partition,
                                  bool insist) {
  ConsumerOptions options;
  options.max_wait = milliseconds(10);
  options.min_bytes = 0;
  options.request_timeout = workload.request_timeout;
  options.committed_only = has_transactions(workload);
  Consumer consumer(host, brokers, options, topic_name);
  auto ask = [&](Timestamp which) -> std::optional<Offset> {
    for (;;) {
      ErrorCode error{};
      auto offset = consumer.list_offset(partition, which, error);
      if (offset && error == ErrorCode::none) return *offset;
      if (!insist) return std::nullopt;
      host.clock().sleep_for(retry_interval);
    }
  };
  auto begin = ask(earliest_offset);
  auto end = begin ? ask(latest_offset) : std::nullopt;
  if (!end) return std::nullopt;
  KeyedRead all{partition, {}, {}};
  consumer.assign(partition, *begin);
  while (consumer.position(partition) < *end) {
    auto polled = consumer.poll();
    bool failed = !polled;
    for (const auto& part : polled ? *polled : std::vector<Polled>{}) {
      failed = failed || part.error != ErrorCode::none || part.corrupt;
      for (const auto& record : part.records) all.records.push_back(see_keyed(record.offset, record.key, record.value));
    }
    if (failed && !insist) return std::nullopt;
    if (failed) host.clock().sleep_for(retry_interval);
  }
  all.completed = host.clock().now();
  return all;
}

void send_one(Host& host, Workload& workload, Producer& producer, Random& random, int number) {
  auto next = next_keyed(host, workload, random, number);
  auto delivery = producer.send(topic_name, next.partition, next.records);
  auto& sent = workload.history.keyed_sends[next.index];
  sent.completed = host.clock().now();
  sent.offset = delivery.base_offset;
  switch (delivery.outcome) {
    case Delivery::Outcome::ok: sent.outcome = Outcome::ok; break;
    case Delivery::Outcome::failed: sent.outcome = Outcome::failed; break;
    case Delivery::Outcome::unknown: sent.outcome = Outcome::unknown; break;
  }
  tell_ended(workload, sent);
}

}  // namespace

void make_compacted_topic(Host& host, Workload& workload, ClusterClient& brokers) {
  auto of_plan = [&](const Setting& setting) { return std::to_string(workload.plan.setting(setting)); };
  // Without "delete", what is older or more than it is to keep stays all the same.
  WantedTopic wanted = {topic_name,
                        partitions,
                        {{"cleanup.policy", "compact"},
                         {"retention.ms", "1000"},
                         {"retention.bytes", "1000"},
                         {"min.cleanable.dirty.ratio", "0." + of_plan(settings::cleanable_percent)},
                         {"delete.retention.ms", of_plan(settings::delete_retention_ms)},
                         {"segment.bytes", of_plan(settings::compacted_segment_bytes)}}};
  if (workload.plan.has(settings::max_compaction_lag_ms))
    wanted.configs.push_back({"max.compaction.lag.ms", of_plan(settings::max_compaction_lag_ms)});
  while (!create_once(host, workload, brokers, wanted)) host.clock().sleep_for(retry_interval);
}

KeyedToSend next_keyed(Host& host, Workload& workload, Random& random, int producer) {
  KeyedSend send;
  send.producer = producer;
  send.partition = static_cast<std::int32_t>(random.below(partitions));
  send.key = "key " + std::to_string(choose_key(workload.history, random));
  Record record{send.key, std::nullopt, host.clock().wall_ms(), {}};
  if (random.chance(3, 4)) {
    send.value = workload.next_value++;
    record.value = make_value(*send.value, static_cast<std::size_t>(random.between(8, 200)));
  }
  send.invoked = host.clock().now();
  workload.history.keyed_sends.push_back(send);
  tell_begun(workload, send);
  return {workload.history.keyed_sends.size() - 1, send.partition, {record}};
}

void write_keys(Host& host, Workload& workload) {
  const auto number = workload.next_producer++;
  auto random = host.entropy().stream();
  ClusterClient brokers(host, cluster_options(workload, random.split("cluster")));
  make_compacted_topic(host, workload, brokers);
  ProducerOptions options;
  options.request_timeout = workload.request_timeout;
  options.delivery_timeout = delivery_timeout;
  options.codec = static_cast<Compression>(random.chance(1, 2) ? 0 : random.below(5));
  Producer producer(host, brokers, options);
  while (!workload.stop) {
    send_one(host, workload, producer, random, number);
    pause(host, random, workload.plan.setting(settings::keyed_pace_ms));
  }
  note_wrong_answer(workload, host, producer.saw_wrong_answer(), "a producer");
}

void read_keys(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  ClusterClient brokers(host, cluster_options(workload, random.split("cluster")));
  make_compacted_topic(host, workload, brokers);
  while (!workload.stop) {
    pause(host, random, 8 * workload.plan.setting(settings::keyed_pace_ms));
    auto read = read_all(host, workload, brokers, static_cast<std::int32_t>(random.below(partitions)), false);
    if (!read) continue;
    tell_ended(workload, *read);
    workload.history.keyed_reads.push_back(std::move(*read));
  }
}

void read_keys_at_the_end(Host& host, Workload& workload, ClusterClient& brokers) {
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    if (has_transactions(workload)) wait_until_decided(host, workload, brokers, topic_name, partition);
    workload.history.keyed_final_reads[partition] = *read_all(host, workload, brokers, partition, true);
  }
}

}  // namespace fulmar
