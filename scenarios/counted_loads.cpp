#include "scenarios/counted_loads.h"

#include <string>
#include <vector>

#include "broker/client/admin.h"
#include "broker/client/group_consumer.h"
#include "broker/client/producer.h"
#include "broker/client/transactional_producer.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"
#include "scenarios/counted_cluster.h"

namespace fulmar {

namespace {

constexpr const char* topic = "counted";
constexpr std::int16_t replication_factor = 3;
constexpr std::size_t value_bytes = 100;
constexpr int idle_seconds = 60;

bool make_topic(ClusterClient& cluster, std::int32_t partitions) {
  CreateTopicsRequest::Topic wanted;
  wanted.name = topic;
  wanted.num_partitions = partitions;
  wanted.replication_factor = replication_factor;
  return create_topic(cluster, wanted).has_value();
}

std::vector<Record> records(Host& host, std::size_t count) {
  std::vector<Record> all;
  for (std::size_t n = 0; n < count; ++n)
    all.push_back({std::nullopt, std::string(value_bytes, 'v'), host.clock().wall_ms(), {}});
  return all;
}

// To each partition, one after the other; the partitions at once.
bool write(Host& host, ClusterClient& cluster, std::int32_t partitions, int batches, std::size_t records_per_batch) {
  Producer producer(host, cluster, {});
  bool well = true;
  FiberGroup writers;
  for (std::int32_t partition = 0; partition < partitions; ++partition)
    writers.spawn("writer", [&, partition] {
      for (int n = 0; n < batches && well; ++n)
        well =
            producer.send(topic, partition, records(host, records_per_batch)).outcome == Delivery::Outcome::ok && well;
    });
  writers.join();
  return well;
}

CountedWork count_writes(std::int32_t partitions, int batches, std::size_t records_per_batch) {
  CountedCluster cluster;
  bool ready = cluster.prepare([&](Host& host, ClusterClient& brokers) {
    return make_topic(brokers, partitions) && write(host, brokers, partitions, 1, 1);
  });
  if (!ready) return {};
  auto units = static_cast<std::uint64_t>(partitions * batches) * records_per_batch;
  return cluster.count(units, [&](Host& host, ClusterClient& brokers) {
    return write(host, brokers, partitions, batches, records_per_batch);
  });
}

CountedWork count_singles() {
  return count_writes(1, 500, 1);
}

CountedWork count_batches() {
  return count_writes(6, 50, 100);
}

bool transact(Host& host, ClusterClient& cluster, int transactions) {
  TransactionalProducer producer(host, cluster, {.transactional_id = "counted"});
  if (!producer.init()) return false;
  for (int n = 0; n < transactions; ++n) {
    for (std::int32_t partition = 0; partition < 2; ++partition)
      if (!producer.send(topic, partition, records(host, 5))) return false;
    if (!producer.end(true)) return false;
  }
  return true;
}

CountedWork count_transactions() {
  constexpr int transactions = 100;
  CountedCluster cluster;
  bool ready = cluster.prepare(
      [](Host& host, ClusterClient& brokers) { return make_topic(brokers, 2) && transact(host, brokers, 1); });
  if (!ready) return {};
  return cluster.count(transactions,
                       [](Host& host, ClusterClient& brokers) { return transact(host, brokers, transactions); });
}

// Reads to the end as the only member of the group, and commits.
bool consume(Host& host, ClusterClient& cluster, const char* group, std::size_t expected) {
  GroupConsumerOptions options;
  options.group = group;
  options.topics = {topic};
  GroupConsumer consumer(host, cluster, options);
  std::size_t read = 0;
  for (;;) {
    auto next = consumer.next(true);
    if (!next) return false;
    if (!*next) break;
    read += (*next)->records.size();
  }
  return consumer.close().has_value() && read == expected;
}

CountedWork count_consumption() {
  constexpr std::int32_t partitions = 6;
  constexpr int batches = 20;
  constexpr std::size_t batch = 50;
  constexpr std::size_t all = std::size_t{partitions} * batches * batch;
  CountedCluster cluster;
  bool ready = cluster.prepare([](Host& host, ClusterClient& brokers) {
    return make_topic(brokers, partitions) && write(host, brokers, partitions, batches, batch) &&
           consume(host, brokers, "first", all);
  });
  if (!ready) return {};
  return cluster.count(all, [](Host& host, ClusterClient& brokers) { return consume(host, brokers, "second", all); });
}

CountedWork count_idleness() {
  CountedCluster cluster;
  bool ready = cluster.prepare([](Host& host, ClusterClient& brokers) {
    if (!make_topic(brokers, 60)) return false;
    host.clock().sleep_for(seconds(10));
    return true;
  });
  if (!ready) return {};
  return cluster.count(idle_seconds, [](Host& host, ClusterClient&) {
    host.clock().sleep_for(seconds(idle_seconds));
    return true;
  });
}

const CountedLoad loads[] = {
    {"singles", "record", "records of 100 bytes, each acknowledged by all before the next is sent, to one partition",
     count_singles},
    {"batches", "record", "batches of 100 records to six partitions at once, each acknowledged before the next",
     count_batches},
    {"transactions", "transaction", "transactions of ten records in two partitions, one after the other",
     count_transactions},
    {"consumption", "record", "a group of one member reads six partitions to their ends, and commits",
     count_consumption},
    {"idleness", "second", "60 partitions that nobody uses", count_idleness},
};

}  // namespace

std::span<const CountedLoad> counted_loads() {
  return loads;
}

}  // namespace fulmar
