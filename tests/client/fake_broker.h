// Brokers whose responses a test scripts, on a simulated machine, and a machine for the client under test. Several
// brokers are several ports of one machine.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/client/connection.h"
#include "broker/protocol/endian.h"
#include "broker/protocol/message.h"
#include "broker/protocol/messages/api_versions.h"
#include "broker/protocol/reader.h"
#include "runtime/host/clock.h"
#include "runtime/host/network.h"
#include "sim/world.h"

namespace fulmar {

// A request as the broker received it.
struct Asked {
  int broker = 1;
  int connection = 0;  // 1 for the first that was accepted
  ApiKey api{};
  std::int16_t version = 0;
  std::int32_t id = 0;
  Bytes body;

  template <class Request>
  Request as() const {
    Reader reader(body);
    auto request = decode<Request>(reader, version);
    EXPECT_TRUE(request.has_value()) << reader.error();
    return request ? std::move(*request) : Request{};
  }
};

// The broker's reaction: writes these bytes, if any, and then may close the connection.
struct Reaction {
  ByteChain bytes;
  bool hang_up = false;
};

template <class Response>
Reaction answer(const Asked& asked, const Response& response) {
  return {response_frame(response, asked.version, asked.id), false};
}
inline Reaction say_nothing() {
  return {};
}
inline Reaction hang_up() {
  return {{}, true};
}
inline Reaction raw(const std::string& bytes, bool then_hang_up = false) {
  return {ByteChain(Bytes::copy_of(bytes)), then_hang_up};
}
inline std::string size_prefix(std::int32_t size) {
  std::string bytes(4, '\0');
  store_big(bytes.data(), size);
  return bytes;
}

// Answers ApiVersions with all versions of these APIs that the project has.
inline Reaction answer_versions(const Asked& asked, const std::vector<ApiKey>& apis) {
  ApiVersionsResponse response;
  for (auto api : apis) {
    const auto& info = api_info(api);
    response.api_keys.push_back({static_cast<std::int16_t>(api), info.min, info.max});
  }
  return answer(asked, response);
}

class FakeBroker {
 public:
  using Script = std::function<Reaction(const Asked&)>;

  // ApiVersions is answered with `served`; if that is empty the script has to.
  FakeBroker(std::vector<ApiKey> served, Script script, std::uint64_t seed = 1, int brokers = 1)
      : world(seed, LogLevel::error), served_(std::move(served)), script_(std::move(script)), brokers_(brokers) {
    broker_ = &world.add_node("broker");
    client_ = &world.add_node("client");
    start();
  }
  ~FakeBroker() {
    client_->kill();
    broker_->kill();
    EXPECT_TRUE(world.leaks().empty()) << world.leaks().front();
  }

  // Runs `body` as a process of the client's machine, to its end; `patience` is in virtual time.
  void run(std::function<void(Host&)> body, Duration patience = seconds(600)) {
    client_->start(1, [body = std::move(body)](Host& host) {
      body(host);
      return 0;
    });
    EXPECT_TRUE(world.run_until([this] { return !client_->running(); }, world.now() + patience)) << "stuck";
    client_->kill();
  }
  void stop() { broker_->kill(); }

  // Brokers are numbered from 1. At other addresses nobody listens.
  static SocketAddress address(int broker = 1) {
    return {SimNetwork::address_of(0), static_cast<std::uint16_t>(9091 + broker)};
  }
  int connections() const { return connections_; }
  // All requests except ApiVersions, in order.
  const std::vector<Asked>& asked() const { return asked_; }

  World world;

 private:
  void start() {
    broker_->start(1, [this](Host& host) {
      FiberGroup serving;
      FiberGroup accepting;
      for (int broker = 1; broker <= brokers_; ++broker)
        accepting.spawn("accept", [this, broker, &host, &serving] {
          auto listener = host.network().listen(address(broker));
          EXPECT_TRUE(listener.has_value());
          while (auto accepted = (*listener)->accept())
            serving.spawn("serve", [this, broker, number = ++connections_, connection = std::move(*accepted)] {
              serve(*connection, broker, number);
            });
        });
      accepting.join();
      return 1;
    });
  }

  static bool fill(Connection& connection, std::span<char> into) {
    while (!into.empty()) {
      auto read = connection.read(into);
      if (!read || *read == 0) return false;
      into = into.subspan(*read);
    }
    return true;
  }

  void serve(Connection& connection, int broker, int number) {
    for (;;) {
      char prefix[4];
      if (!fill(connection, prefix)) return;
      MutableBytes frame(static_cast<std::size_t>(load_big<std::int32_t>(prefix)));
      if (!fill(connection, frame.span())) return;
      auto bytes = std::move(frame).freeze();
      Reader reader(bytes);
      auto header = read_request_header(reader);
      ASSERT_TRUE(header.has_value());
      Asked asked{broker,
                  number,
                  static_cast<ApiKey>(header->api_key),
                  header->api_version,
                  header->correlation_id,
                  bytes.slice(reader.position())};
      bool of_versions = asked.api == ApiKey::api_versions;
      if (!of_versions) asked_.push_back(asked);
      auto reaction = of_versions && !served_.empty() ? answer_versions(asked, served_) : script_(asked);
      if (!reaction.bytes.empty() && !connection.write(reaction.bytes)) return;
      if (!reaction.hang_up) continue;
      connection.shutdown_write();
      return;
    }
  }

  std::vector<ApiKey> served_;
  Script script_;
  int brokers_;
  Node* broker_ = nullptr;
  Node* client_ = nullptr;
  int connections_ = 0;
  std::vector<Asked> asked_;
};

}  // namespace fulmar
