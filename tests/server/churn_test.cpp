// Five brokers whose partitions are reassigned all the time, while brokers are killed, emptied and stopped in order,
// one after the other, and records are sent: at the end every acknowledged record is on its partition's replicas.
#include <cstdio>
#include <cstdlib>

#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

constexpr int brokers_count = 5;
constexpr int partitions = 4;
constexpr Duration storm_length = seconds(60);

class Churn {
 public:
  explicit Churn(std::uint64_t seed) : brokers_(seed, brokers_count), random_(seed ^ 0x636875726eULL) {}

  void live() {
    ASSERT_TRUE(brokers_.all_ready());
    ASSERT_TRUE(brokers_.as_client([&](Host&, ClusterClient& cluster) { create_topic(cluster, "t", partitions); }));
    begun_ = brokers_.world.now();
    plan_accidents();
    ASSERT_TRUE(brokers_.as_client([&](Host& host, ClusterClient& cluster) { storm(host, cluster); },
                                   storm_length + seconds(300)));
    ASSERT_TRUE(brokers_.all_ready()) << "brokers are not back";
    ASSERT_TRUE(brokers_.as_client([&](Host& host, ClusterClient& cluster) { settle(host, cluster); }, seconds(300)));
    ASSERT_TRUE(settled_) << "it does not come to rest: " << trouble_;
    ASSERT_TRUE(brokers_.stop());
    check();
    EXPECT_GT(chronicle_.size(), 200u);
  }

 private:
  // One broker at a time is down; it is back, with everything it should have, before the next one goes down.
  void plan_accidents() {
    auto at = begun_ + seconds(2);
    while (at < begun_ + storm_length - seconds(15)) {
      int id = static_cast<int>(random_.between(1, brokers_count));
      auto kind = random_.between(0, 3);
      auto away = milliseconds(random_.between(100, 6000));
      brokers_.world.at(at, [this, id, kind] { strike(id, kind); });
      brokers_.world.at(at + away, [this, id] { come_back(id); });
      at = at + away + milliseconds(random_.between(500, 6000));
    }
    brokers_.world.at(begun_ + storm_length, [this] {
      for (int id = 1; id <= brokers_count; ++id) come_back(id);
    });
  }
  void strike(int id, std::int64_t kind) {
    if (!brokers_.broker(id).running()) return;
    // The data of an emptied disk must be elsewhere: until it is restored, no other disk is emptied.
    if (kind == 0 && brokers_.world.now() < whole_at_) kind = 1;
    switch (kind) {
      case 0:
        brokers_.lose_disk(id);
        whole_at_ = begun_ + seconds(3600);  // until the client sees that everything is restored
        break;
      case 1: brokers_.broker(id).power_loss(); break;
      case 2: brokers_.broker(id).kill(); break;
      default: brokers_.broker(id).request_stop(); break;
    }
  }
  void come_back(int id) {
    if (!brokers_.broker(id).running()) brokers_.start(id);
  }

  void storm(Host& host, ClusterClient& cluster) {
    FiberGroup fibers;
    for (std::int32_t partition = 0; partition < partitions; ++partition)
      fibers.spawn("send", [&, partition] {
        ProducerOptions options;
        options.request_timeout = seconds(2);
        options.delivery_timeout = seconds(30);
        Producer producer(host, cluster, options);
        while (host.clock().now() < begun_ + storm_length) {
          chronicle_.send(producer, "t", partition);
          host.clock().sleep_for(milliseconds(20));
        }
      });
    fibers.spawn("move", [&] {
      ClusterClient mover(host, brokers_.client_options());
      while (host.clock().now() < begun_ + storm_length) {
        host.clock().sleep_for(milliseconds(random_.between(100, 4000)));
        move_one(mover);
        watch_repairs(mover);
      }
    });
    fibers.join();
  }

  // Reassigns any partition to any one to four brokers; or cancels.
  void move_one(ClusterClient& cluster) {
    AlterPartitionReassignmentsRequest request;
    auto partition = static_cast<std::int32_t>(random_.between(0, partitions - 1));
    std::optional<std::vector<std::int32_t>> to;
    if (!random_.chance(1, 5)) {
      std::vector<std::int32_t> all{1, 2, 3, 4, 5};
      random_.shuffle(std::span(all));
      all.resize(static_cast<std::size_t>(random_.between(3, 4)));
      to = std::move(all);
    }
    request.topics.push_back({"t", {{partition, std::move(to)}}});
    // The response does not matter: there will be another move.
    (void)ask_controller<AlterPartitionReassignmentsResponse>(cluster, request);
  }

  // Whether everything is as the metadata wants it; returns what is not.
  std::string trouble(ClusterClient& cluster) {
    auto moving = ask_controller<ListPartitionReassignmentsResponse>(cluster, ListPartitionReassignmentsRequest{});
    if (!moving) return "no controller: " + to_string(moving.error());
    if (!moving->topics.empty()) return "reassignments under way";
    auto topic = cluster.topic("t");
    if (!topic) return to_string(topic.error());
    for (const auto& partition : topic->partitions) {
      if (partition.leader_id < 0) return "no leader of " + std::to_string(partition.index);
      if (partition.isr_nodes.size() != partition.replica_nodes.size())
        return "not all in sync in " + std::to_string(partition.index);
    }
    return {};
  }
  void watch_repairs(ClusterClient& cluster) {
    if (brokers_.world.now() < whole_at_ && brokers_.ready.size() == brokers_count && trouble(cluster).empty())
      whole_at_ = brokers_.world.now() + seconds(3);  // the metadata group takes its time as well
  }
  void settle(Host& host, ClusterClient& cluster) {
    for (int quiet = 0, look = 0; look < 300 && !settled_; ++look) {
      trouble_ = trouble(cluster);
      quiet = trouble_.empty() ? quiet + 1 : 0;
      settled_ = quiet == 15;  // for three seconds, so that announced leaderships are recent
      host.clock().sleep_for(milliseconds(200));
    }
    auto topic = cluster.topic("t");
    ASSERT_TRUE(topic.has_value());
    for (const auto& partition : topic->partitions) replicas_[partition.index] = partition.replica_nodes;
  }

  void check() {
    for (const auto& [partition, replicas] : replicas_)
      for (auto id : replicas) {
        auto found = brokers_.records_of(id, "t", partition);
        ASSERT_TRUE(found.has_value()) << "broker " << id << " partition " << partition;
        chronicle_.expect_in(*found, partition,
                             "broker " + std::to_string(id) + " partition " + std::to_string(partition));
      }
  }

  BrokerCluster brokers_;
  Random random_;
  Chronicle chronicle_;
  Instant begun_;
  Instant whole_at_;  // from then on another disk may be emptied
  bool settled_ = false;
  std::string trouble_;
  std::map<std::int32_t, std::vector<std::int32_t>> replicas_;
};

// The lives that showed that a replica which was removed and added again must keep its terms, and must not vote before
// it has everything again.
TEST(Churn, ARemovedReplicaThatComesBackElectsNobody) {
  for (std::uint64_t seed : {136, 137}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Churn(seed).live();
  }
}

// FULMAR_CHURN_LIVES=A..B plays other lives than the usual.
TEST(Churn, LosesNothingAndComesToRest) {
  std::uint64_t first = 1, last = 8;
  if (const char* wanted = std::getenv("FULMAR_CHURN_LIVES")) std::sscanf(wanted, "%lu..%lu", &first, &last);
  for (auto seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Churn(seed).live();
  }
}

}  // namespace
}  // namespace fulmar
