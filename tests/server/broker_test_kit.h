// A broker in a simulated world, and a client connection that sends whole frames or arbitrary bytes.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "broker/protocol/endian.h"
#include "broker/protocol/message.h"
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/init_producer_id.h"
#include "broker/protocol/messages/metadata.h"
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/messages/topics.h"
#include "broker/protocol/reader.h"
#include "broker/protocol/record_builder.h"
#include "broker/server/broker.h"
#include "runtime/host/clock.h"
#include "runtime/host/network.h"
#include "sim/world.h"

namespace fulmar {

inline const SocketAddress broker_address{"10.0.0.1", 9092};

// Versions for tests that are not about versions.
inline constexpr std::int16_t produce_version = 9;
inline constexpr std::int16_t fetch_version = 12;  // the last with topic names
inline constexpr std::int16_t fetch_by_id_version = 13;

// A broker on a machine of its own, and a machine for clients.
class BrokerWorld {
 public:
  explicit BrokerWorld(Properties properties = {}, unsigned shards = 2, std::uint64_t seed = 1)
      : world(seed, LogLevel::error), broker(world.add_node("broker")), client(world.add_node("client")) {
    properties.try_emplace("listeners", "PLAINTEXT://" + to_string(broker_address));
    config = BrokerConfig::from(std::move(properties)).value();
    start(shards);
  }
  ~BrokerWorld() {
    client.kill();
    broker.kill();
    EXPECT_TRUE(world.leaks().empty()) << world.leaks().front();
    for (const auto& stall : world.stalls()) ADD_FAILURE() << stall.where << " was stalled by fiber " << stall.fiber;
  }

  void start(unsigned shards) {
    ready = false;
    failure.clear();
    broker.start(shards, [this](Host& host) {
      auto ran = run_broker(host, config, {.ready = [this](const SocketAddress&) { ready = true; }});
      if (!ran) failure = ran.error().detail;
      return ran ? 0 : 1;
    });
    world.run_until([this] { return ready || !broker.running(); }, world.now() + seconds(60));
  }
  // Restarts it, in order or not. Its partitions, which open after it is ready, are open when this returns.
  void restart(bool orderly, unsigned shards = 2) {
    orderly ? stop() : broker.power_loss();
    start(shards);
    EXPECT_TRUE(ready) << failure;
    world.run_for(seconds(1));
  }
  void stop() {
    broker.request_stop();
    EXPECT_TRUE(world.run_until([this] { return !broker.running(); }, world.now() + seconds(60)));
    EXPECT_EQ(broker.exit_code(), 0);
  }

  // Runs `body` as a process of the client's machine, to its end.
  void run(std::function<void(Host&)> body) {
    client.start(1, [body = std::move(body)](Host& host) {
      body(host);
      return 0;
    });
    EXPECT_TRUE(world.run_until([this] { return !client.running(); }, world.now() + seconds(600))) << "stuck";
    client.kill();
  }

  World world;
  Node& broker;
  Node& client;
  BrokerConfig config;
  bool ready = false;
  std::string failure;
};

// One connection to the broker. Responses must be valid, or the test fails.
class Peer {
 public:
  explicit Peer(Host& host) : host_(host) {
    auto connected = host.network().connect(broker_address, host.clock().deadline_in(seconds(5)));
    EXPECT_TRUE(connected.has_value());
    if (connected) connection_ = std::move(*connected);
  }

  template <class Request>
  std::int32_t send(const Request& request, std::int16_t version) {
    auto id = next_id_++;
    EXPECT_TRUE(connection_->write(request_frame(request, version, id, "test")).has_value());
    return id;
  }
  void send_raw(std::string bytes) { EXPECT_TRUE(connection_->write(ByteChain(Bytes::copy_of(bytes))).has_value()); }
  // The next frame, without its size; empty when the broker has closed the connection, or sends nothing for that long.
  Bytes frame(Duration patience = seconds(60)) {
    auto deadline = host_.clock().deadline_in(patience);
    MutableBytes size(4);
    if (!fill(size.span(), deadline)) return {};
    MutableBytes body(static_cast<std::size_t>(load_big<std::int32_t>(size.data())));
    if (!fill(body.span(), deadline)) return {};
    return std::move(body).freeze();
  }
  template <class Response>
  Response receive(std::int32_t id, std::int16_t version) {
    Reader reader(frame());
    EXPECT_EQ(read_response_header(reader, Response::key, version), id);
    auto response = decode<Response>(reader, version);
    EXPECT_TRUE(response.has_value()) << reader.error();
    EXPECT_EQ(reader.remaining(), 0u);
    return response ? std::move(*response) : Response{};
  }
  template <class Response, class Request>
  Response call(const Request& request, std::int16_t version) {
    auto id = send(request, version);
    return receive<Response>(id, version);
  }
  // Whether the broker closes the connection within this time without sending another byte.
  bool is_closed(Duration within = seconds(5)) {
    char byte = 0;
    auto read = connection_->read({&byte, 1}, host_.clock().deadline_in(within));
    return read ? *read == 0 : read.error().code != Errc::timed_out;
  }
  Connection& connection() { return *connection_; }
  Host& host() { return host_; }

 private:
  bool fill(std::span<char> into, Deadline deadline) {
    while (!into.empty()) {
      auto read = connection_->read(into, deadline);
      if (!read || *read == 0) return false;
      into = into.subspan(*read);
    }
    return true;
  }

  Host& host_;
  std::unique_ptr<Connection> connection_;
  std::int32_t next_id_ = 1;
};

inline Bytes batch_of(int records, const std::string& value, BatchOptions options = {}) {
  std::vector<Record> list;
  for (int i = 0; i < records; ++i) list.push_back({std::nullopt, value, World::epoch_ms + i, {}});
  return build_batch(list, options);
}

inline ProduceRequest produce_request(const std::string& topic, std::int32_t partition, Bytes batch,
                                      std::int16_t acks = -1) {
  ProduceRequest request;
  request.acks = acks;
  request.timeout_ms = 5000;
  request.topics.push_back({topic, {{partition, ByteChain(std::move(batch))}}});
  return request;
}

inline ProduceResponse::Topic::Partition produce(Peer& peer, const std::string& topic, std::int32_t partition,
                                                 Bytes batch, std::int16_t acks = -1) {
  auto response =
      peer.call<ProduceResponse>(produce_request(topic, partition, std::move(batch), acks), produce_version);
  EXPECT_EQ(response.topics.size(), 1u);
  return response.topics.at(0).partitions.at(0);
}

struct FetchFrom {
  std::string topic;
  std::int32_t partition = 0;
  Offset offset = 0;
  std::int32_t bytes_max = 1 << 20;
};

inline FetchRequest fetch_request(const std::vector<FetchFrom>& from, std::int32_t wait_ms = 0,
                                  std::int32_t bytes_min = 1) {
  FetchRequest request;
  request.max_wait_ms = wait_ms;
  request.min_bytes = bytes_min;
  for (const auto& one : from) {
    FetchRequest::Topic::Partition partition;
    partition.index = one.partition;
    partition.fetch_offset = one.offset;
    partition.max_bytes = one.bytes_max;
    if (request.topics.empty() || request.topics.back().name != one.topic)
      request.topics.push_back({one.topic, {}, {}});
    request.topics.back().partitions.push_back(partition);
  }
  return request;
}

// Fetches one partition once, without a session.
inline FetchResponse::Topic::Partition fetch(Peer& peer, const FetchFrom& from, std::int32_t wait_ms = 0,
                                             std::int32_t bytes_min = 1) {
  auto response = peer.call<FetchResponse>(fetch_request({from}, wait_ms, bytes_min), fetch_version);
  EXPECT_EQ(response.topics.size(), 1u);
  return response.topics.at(0).partitions.at(0);
}

// The same for a partition that may not be open yet.
inline FetchResponse::Topic::Partition fetch_once_open(Peer& peer, const FetchFrom& from) {
  auto& clock = peer.host().clock();
  auto give_up = clock.now() + seconds(10);
  for (;;) {
    auto fetched = fetch(peer, from);
    if (fetched.error_code != ErrorCode::not_leader_or_follower || clock.now() >= give_up) return fetched;
    clock.sleep_for(milliseconds(10));
  }
}

// The values of all records in a fetch response.
inline std::vector<std::string> values_of(const ByteChain& records) {
  std::vector<std::string> values;
  for (Bytes rest = records.flatten(); !rest.empty();) {
    auto header = read_batch_header(rest.view());
    EXPECT_TRUE(header.has_value());
    if (!header || header->size() > rest.size()) break;
    auto read = read_records(rest.slice(0, header->size()), 1 << 24);
    EXPECT_TRUE(read.has_value());
    if (!read) break;
    for (auto& record : *read) values.emplace_back(record.value->view());
    rest = rest.slice(header->size());
  }
  return values;
}

inline CreateTopicsResponse::Topic create_topic(Peer& peer, const std::string& name, std::int32_t partitions,
                                                std::vector<CreateTopicsRequest::Topic::Config> configs = {}) {
  CreateTopicsRequest request;
  request.topics.push_back({name, partitions, 1, {}, std::move(configs)});
  auto response = peer.call<CreateTopicsResponse>(request, 7);
  EXPECT_EQ(response.topics.size(), 1u);
  return response.topics.at(0);
}

inline MetadataResponse metadata(Peer& peer, std::vector<std::string> names, bool create = false) {
  MetadataRequest request;
  request.allow_auto_topic_creation = create;
  request.topics.emplace();
  for (auto& name : names) request.topics->push_back({{}, std::move(name)});
  return peer.call<MetadataResponse>(request, 12);
}

}  // namespace fulmar
