#include "scenarios/recovery/steady_load.h"

#include <algorithm>

#include "broker/client/cluster_client.h"
#include "broker/client/group_consumer.h"
#include "broker/client/producer.h"
#include "broker/cluster/properties.h"
#include "broker/protocol/messages/topics.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration pace = milliseconds(20);
constexpr std::int16_t replication_factor = 3;

// Requests to a broker that does not answer time out soon, so that the cluster is measured, and not its clients'
// patience.
ClusterClientOptions impatient(const std::vector<SocketAddress>& bootstrap, const ClientSecurity& security) {
  ClusterClientOptions options;
  options.security = security;
  options.bootstrap = bootstrap;
  options.connect_timeout = milliseconds(500);
  options.request_timeout = seconds(1);
  return options;
}

}  // namespace

SteadyLoad::SteadyLoad(std::vector<SocketAddress> bootstrap, ClientSecurity security, std::int32_t partition_count)
    : bootstrap_(std::move(bootstrap)),
      security_(std::move(security)),
      acknowledged_(static_cast<std::size_t>(partition_count)),
      consumed_(static_cast<std::size_t>(partition_count)) {}

void SteadyLoad::mark(Instant now) {
  since_ = now;
  for (auto* moments : {&acknowledged_, &consumed_}) std::ranges::fill(*moments, std::nullopt);
}

std::optional<Instant> SteadyLoad::last_of(const Moments& moments) {
  auto last = Instant{};
  for (const auto& moment : moments) {
    if (!moment) return std::nullopt;
    last = std::max(last, *moment);
  }
  return last;
}

int SteadyLoad::make_topic(Host& host) {
  ClusterClient cluster(host, impatient(bootstrap_, security_));
  for (;;) {
    CreateTopicsRequest request;
    auto& wanted = request.topics.emplace_back();
    wanted.name = topic;
    wanted.num_partitions = static_cast<std::int32_t>(acknowledged_.size());
    wanted.replication_factor = replication_factor;
    auto deadline = host.clock().deadline_in(seconds(3));
    if (auto connection = cluster.any(deadline)) {
      auto response = (*connection)->call<CreateTopicsResponse>(request, deadline);
      if (response && response->topics.size() == 1) {
        auto error = response->topics.front().error_code;
        if (error == ErrorCode::none || error == ErrorCode::topic_already_exists) return 0;
      }
    }
    host.clock().sleep_for(pace);
  }
}

void SteadyLoad::write_partition(Host& host, Producer& producer, std::int32_t partition) {
  for (;;) {
    auto sent = host.clock().now();
    auto delivery =
        producer.send(topic, partition, {{std::nullopt, std::to_string(sent.ns), host.clock().wall_ms(), {}}});
    auto& moment = acknowledged_[static_cast<std::size_t>(partition)];
    if (delivery.outcome == Delivery::Outcome::ok && sent >= since_ && !moment) moment = host.clock().now();
    host.clock().sleep_for(pace);
  }
}

int SteadyLoad::write(Host& host) {
  ClusterClient cluster(host, impatient(bootstrap_, security_));
  ProducerOptions options;
  options.request_timeout = cluster.options().request_timeout;
  options.retry_backoff_max = cluster.options().retry_backoff_max;
  Producer producer(host, cluster, options);
  FiberGroup writers;
  for (std::size_t partition = 0; partition < acknowledged_.size(); ++partition)
    writers.spawn("writer", [&, partition] { write_partition(host, producer, static_cast<std::int32_t>(partition)); });
  writers.join();
  return 0;
}

int SteadyLoad::read(Host& host) {
  ClusterClient cluster(host, impatient(bootstrap_, security_));
  GroupConsumerOptions options;
  options.group = "readers";
  options.topics = {topic};
  GroupConsumer consumer(host, cluster, options);
  for (;;) {
    auto read = consumer.next();
    if (!read || !*read) {  // a transient error has lasted for the client's patience: continues all the same
      host.clock().sleep_for(pace);
      continue;
    }
    auto& moment = consumed_[static_cast<std::size_t>((*read)->partition)];
    for (const auto& record : (*read)->records) {
      if (!record.value || moment) continue;
      auto sent = parse_integer(record.value->view());
      if (sent && Instant{*sent} >= since_) moment = host.clock().now();
    }
  }
}

}  // namespace fulmar
