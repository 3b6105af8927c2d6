// A cluster of scripted brokers with one topic, "t", whose leaders a test can change.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/protocol/messages/metadata.h"
#include "tests/client/fake_broker.h"

namespace fulmar {

struct FakeCluster {
  // Answers Metadata from the fields below; the script answers everything else.
  FakeCluster(std::vector<ApiKey> served, int count, FakeBroker::Script script)
      : brokers(
            [&] {
              served.push_back(ApiKey::metadata);
              return served;
            }(),
            [this, script = std::move(script)](const Asked& asked) {
              return asked.api == ApiKey::metadata ? metadata(asked) : script(asked);
            },
            1, count) {
    for (int broker = 1; broker <= count; ++broker) members.push_back(broker);
  }

  static ClusterClientOptions options() {
    ClusterClientOptions chosen;
    chosen.bootstrap = {FakeBroker::address()};
    return chosen;
  }

  // Runs `body` with a client of the cluster.
  void run(std::function<void(Host&, ClusterClient&)> body, ClusterClientOptions chosen = options()) {
    brokers.run([&](Host& host) {
      ClusterClient client(host, chosen);
      body(host, client);
    });
  }

  // The broker of each request of one kind.
  std::vector<int> brokers_asked(ApiKey api) const {
    std::vector<int> found;
    for (const auto& asked : brokers.asked())
      if (asked.api == api) found.push_back(asked.broker);
    return found;
  }

  bool exists = true;
  std::vector<int> leaders{1};  // by partition; -1: none
  int controller = 1;
  std::vector<int> members;
  std::function<void()> on_metadata = [] {};
  FakeBroker brokers;

 private:
  Reaction metadata(const Asked& asked) {
    on_metadata();
    MetadataResponse response;
    for (int member : members) {
      auto address = FakeBroker::address(member);
      response.brokers.push_back({member, address.host, address.port, std::nullopt});
    }
    response.controller_id = controller;
    auto request = asked.as<MetadataRequest>();
    EXPECT_FALSE(request.allow_auto_topic_creation);
    for (const auto& topic : request.topics.value_or(std::vector<MetadataRequest::Topic>{{{}, "t"}})) {
      auto& out = response.topics.emplace_back();
      out.name = topic.name;
      if (!exists || topic.name != "t") {
        out.error_code = ErrorCode::unknown_topic_or_partition;
        continue;
      }
      for (std::size_t i = 0; i < leaders.size(); ++i) {
        auto& partition = out.partitions.emplace_back();
        partition.index = static_cast<std::int32_t>(i);
        partition.leader_id = leaders[i];
        if (leaders[i] < 0) partition.error_code = ErrorCode::leader_not_available;
      }
    }
    return answer(asked, response);
  }
};

}  // namespace fulmar
