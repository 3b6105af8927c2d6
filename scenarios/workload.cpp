#include "scenarios/workload.h"

#include "broker/client/consumer.h"
#include "broker/client/producer.h"
#include "broker/protocol/messages/topics.h"
#include "checkers/values.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"

namespace fulmar {

namespace {

constexpr Duration request_timeout = seconds(3);
constexpr Duration delivery_timeout = seconds(15);

TopicPartition pick_partition(Random& random, const Workload& workload) {
  auto topic = std::next(workload.topics.begin(), static_cast<std::ptrdiff_t>(random.below(workload.topics.size())));
  auto partition = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(topic->second.partitions)));
  return {topic->first, partition};
}

void pause(Host& host, Random& random, std::int64_t ms_max) {
  host.clock().sleep_for(microseconds(random.between(0, ms_max * 1000)));
}

void note_wrong_answer(Workload& workload, Host& host, bool wrong, const char* who) {
  if (!wrong) return;
  workload.seen.push_back(
      {"answers in order", "wrong-answer", std::string(who) + " got an answer to another request", host.clock().now()});
}

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

void produce(Host& host, Workload& workload) {
  int base = workload.next_producer;
  auto random = host.entropy().stream();
  ProducerOptions options;
  options.bootstrap = workload.broker;
  options.request_timeout = request_timeout;
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
  Producer producer(host, options);
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

void consume(Host& host, Workload& workload) {
  int number = workload.next_consumer++;
  auto random = host.entropy().stream();
  auto topic = pick_partition(random, workload).topic;
  ConsumerOptions options;
  options.bootstrap = workload.broker;
  options.request_timeout = request_timeout;
  options.max_wait = milliseconds(random.between(1, 1000));
  options.min_bytes = static_cast<std::int32_t>(random.between(0, 2000));
  options.max_bytes = static_cast<std::int32_t>(random.between(1, 100'000));
  options.partition_max_bytes = static_cast<std::int32_t>(random.between(1, 20'000));
  options.version_max = static_cast<std::int16_t>(random.between(4, 12));
  Consumer consumer(host, options, topic);
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

// Deletes records up to somewhere that was seen.
void delete_records(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  std::unique_ptr<ClientConnection> connection;
  while (!workload.stop) {
    pause(host, random, 20'000);
    auto deadline = host.clock().deadline_in(request_timeout);
    if (!connection || connection->broken()) {
      auto opened = ClientConnection::open(host, workload.broker, "deleter", deadline);
      if (!opened) continue;
      connection = std::move(*opened);
    }
    auto of = pick_partition(random, workload);
    Offset seen = 0;
    for (const auto& send : workload.history.sends)
      if (send.to == of && send.outcome == Outcome::ok && send.base_offset >= 0)
        seen = std::max(seen, send.base_offset + 1);
    DeleteOperation deletion{of, static_cast<Offset>(random.below(static_cast<std::uint64_t>(seen / 2) + 1)),
                             host.clock().now(), Instant::max(), Outcome::pending};
    auto index = workload.history.deletes.size();
    workload.history.deletes.push_back(deletion);
    DeleteRecordsRequest request;
    request.timeout_ms = 1000;
    request.topics.push_back({of.topic, {{of.partition, deletion.offset}}});
    auto response = connection->call<DeleteRecordsResponse>(request, deadline);
    auto& done = workload.history.deletes[index];
    done.completed = host.clock().now();
    bool answered = response && response->topics.size() == 1 && response->topics[0].partitions.size() == 1;
    auto error = answered ? response->topics[0].partitions[0].error_code : ErrorCode::unknown_server_error;
    done.outcome = error == ErrorCode::none ? Outcome::ok : Outcome::unknown;
  }
}

}  // namespace

int create_topics(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  for (;;) {
    auto deadline = host.clock().deadline_in(request_timeout);
    auto connection = ClientConnection::open(host, workload.broker, "admin", deadline);
    if (connection) {
      CreateTopicsRequest request;
      for (const auto& [name, spec] : workload.topics) {
        auto& topic = request.topics.emplace_back();
        topic.name = name;
        topic.num_partitions = spec.partitions;
        topic.replication_factor = 1;
        for (const auto& [key, value] : spec.configs) topic.configs.push_back({key, value});
      }
      auto response = (*connection)->call<CreateTopicsResponse>(request, deadline);
      bool all = response.has_value();
      if (response)
        for (const auto& topic : response->topics)
          all = all && (topic.error_code == ErrorCode::none || topic.error_code == ErrorCode::topic_already_exists);
      if (all) return 0;
    }
    pause(host, random, 300);
  }
}

int run_clients(Host& host, Workload& workload) {
  FiberGroup clients;
  for (std::int64_t i = 0; i < workload.plan.setting("producers"); ++i)
    clients.spawn("producer", [&] { produce(host, workload); });
  for (std::int64_t i = 0; i < workload.plan.setting("consumers"); ++i)
    clients.spawn("consumer", [&] { consume(host, workload); });
  if (workload.plan.setting("deletes")) clients.spawn("deleter", [&] { delete_records(host, workload); });
  clients.join();
  return 0;
}

int read_everything(Host& host, Workload& workload) {
  for (const auto& [topic, spec] : workload.topics) {
    ConsumerOptions options;
    options.bootstrap = workload.broker;
    options.max_wait = milliseconds(10);
    options.min_bytes = 0;
    for (std::int32_t partition = 0; partition < spec.partitions; ++partition) {
      Consumer consumer(host, options, topic);
      ErrorCode error{};
      FinalRead all;
      for (;;) {
        auto start = consumer.list_offset(partition, earliest_offset, error);
        if (start && error == ErrorCode::none) {
          all.log_start = *start;
          break;
        }
        host.clock().sleep_for(milliseconds(100));
      }
      for (;;) {
        auto end = consumer.list_offset(partition, latest_offset, error);
        if (end && error == ErrorCode::none) {
          all.end = *end;
          break;
        }
        host.clock().sleep_for(milliseconds(100));
      }
      consumer.assign(partition, all.log_start);
      while (consumer.position(partition) < all.end) {
        auto polled = consumer.poll();
        if (!polled) {
          host.clock().sleep_for(milliseconds(100));
          continue;
        }
        for (auto& part : *polled) {
          if (part.error == ErrorCode::offset_out_of_range && spec.promise.retention_ms >= 0) {
            // Retention took what was about to be read.
            auto start = consumer.list_offset(partition, earliest_offset, error);
            if (start && error == ErrorCode::none && *start > all.log_start) {
              all.log_start = *start;
              consumer.assign(partition, *start);
              continue;
            }
          }
          for (const auto& record : part.records)
            all.records.push_back(see_value(record.offset, record.value ? record.value->view() : std::string_view()));
          if (part.error != ErrorCode::none || part.corrupt) {
            workload.seen.push_back({"durability", part.corrupt ? "corrupt" : "unseen",
                                     "the final read of " + topic + "-" + std::to_string(partition) + " at offset " +
                                         std::to_string(consumer.position(partition)) + ": " +
                                         error_code_name(part.error),
                                     host.clock().now()});
            return 1;
          }
        }
      }
      workload.history.final_reads[{topic, partition}] = std::move(all);
    }
  }
  return 0;
}

}  // namespace fulmar
