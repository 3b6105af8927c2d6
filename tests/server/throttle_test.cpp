// leader.replication.throttled.rate: replicas that catch up receive no more than that, and nothing else is delayed.
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

constexpr int emptied = 3;
constexpr int batches = 120;
constexpr int batch_records = 1000;
constexpr std::size_t lacking = 10'000'000;  // bytes, at least, that an emptied broker lacks
constexpr std::int64_t rate = 1'000'000;
constexpr Duration acknowledged_in = milliseconds(100);  // for unthrottled work; a throttled append is worth a second

class EmptiedFollower {
 public:
  // For a partition led by broker `leader`: 1 has two shards, 2 has one.
  EmptiedFollower(int leader, std::optional<std::int64_t> throttled_rate)
      : brokers_(1, 3, properties(throttled_rate)), leader_(leader), other_(emptied - leader) {}

  void live() {
    ASSERT_TRUE(brokers_.all_ready());
    ASSERT_TRUE(brokers_.as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "t", 1, 3, {{leader_, other_, emptied}});
      Producer producer(host, cluster, {});
      std::vector<Record> records(batch_records, {std::nullopt, value(), World::epoch_ms, {}});
      for (int n = 0; n < batches; ++n)
        ASSERT_EQ(producer.send("t", 0, records).outcome, Delivery::Outcome::ok) << "batch " << n;
    }));
    ASSERT_GT(kept(leader_), lacking);
    bool leads = false;
    ASSERT_TRUE(brokers_.as_client([&](Host& host, ClusterClient& cluster) {
      for (int look = 0; look < 100 && !leads; ++look) {
        auto described = cluster.topic("t");
        leads = described && described->partitions.at(0).leader_id == leader_;
        host.clock().sleep_for(milliseconds(100));
      }
    }));
    ASSERT_TRUE(leads);
    brokers_.client().start(1, [&](Host& host) {
      ClusterClient cluster(host, brokers_.client_options());
      write_on(host, cluster);
      return 0;
    });
    brokers_.world.run_for(seconds(2));
    quiet_ = std::exchange(slowest_, Duration{0});
    brokers_.lose_disk(emptied);
    brokers_.world.run_for(seconds(2));
    brokers_.start(emptied);
    ASSERT_TRUE(reaches(lacking / 5));
    slowest_ = Duration{0};
    auto at = brokers_.world.now();
    auto had = kept(emptied);
    ASSERT_TRUE(reaches(lacking * 9 / 10));
    busy_ = slowest_;
    auto took = static_cast<double>((brokers_.world.now() - at).count()) / 1e9;
    speed_ = static_cast<double>(kept(emptied) - had) / took;
    written_enough_ = true;
    ASSERT_TRUE(
        brokers_.world.run_until([&] { return !brokers_.client().running(); }, brokers_.world.now() + seconds(10)));
    ASSERT_TRUE(reaches(kept(leader_)));
    ASSERT_TRUE(brokers_.stop());
    auto all = written_to(leader_);
    EXPECT_GE(all.size(), static_cast<std::size_t>(batches * batch_records + acknowledged_));
    EXPECT_TRUE(all == written_to(emptied)) << "they do not have the same";
  }

  double speed() const { return speed_; }    // bytes per second that the emptied broker receives
  Duration quiet() const { return quiet_; }  // the slowest acknowledgement while all are in sync
  Duration busy() const { return busy_; }    // and while one catches up

 private:
  static Properties properties(std::optional<std::int64_t> throttled_rate) {
    // Whoever leads at first, the first of the replicas leads soon.
    Properties chosen{{"leader.imbalance.check.interval.seconds", "1"}};
    if (throttled_rate) chosen["leader.replication.throttled.rate"] = std::to_string(*throttled_rate);
    return chosen;
  }
  std::size_t kept(int id) {
    std::size_t bytes = 0;
    const auto& image = brokers_.broker(id).disk().image();
    for (const auto& name : image.names("t-0", false))
      if (name.ends_with(".log")) bytes += image.file("t-0/" + name, false)->current().size();
    return bytes;
  }
  bool reaches(std::size_t bytes) {
    return brokers_.world.run_until([&] { return kept(emptied) >= bytes; }, brokers_.world.now() + seconds(60));
  }
  // The clients' records among those of a stopped broker: leaders may have changed at the end.
  std::map<Offset, std::string> written_to(int id) {
    auto records = brokers_.records_of(id, "t", 0).value_or(std::map<Offset, std::string>());
    std::erase_if(records, [](const auto& record) { return record.second != value() && record.second != "more"; });
    return records;
  }
  static std::string value() { return std::string(90, 'x'); }
  // One record after the other, each once all in-sync replicas have the last.
  void write_on(Host& host, ClusterClient& cluster) {
    while (!written_enough_) {
      auto begun = host.clock().now();
      EXPECT_EQ(produce_once(cluster, "t", "more"), ErrorCode::none);
      ++acknowledged_;
      slowest_ = std::max(slowest_, host.clock().now() - begun);
      host.clock().sleep_for(milliseconds(5));
    }
  }

  BrokerCluster brokers_;
  const int leader_, other_;
  int acknowledged_ = 0;
  bool written_enough_ = false;
  double speed_ = 0;
  Duration slowest_{0}, quiet_{0}, busy_{0};
};

TEST(Throttle, AnEmptiedFollowerCatchesUpAtTheRateAndNobodyInSyncWaitsForIt) {
  EmptiedFollower life(2, rate);
  life.live();
  EXPECT_GT(life.speed(), 0.8 * rate);
  EXPECT_LT(life.speed(), 1.2 * rate);
  EXPECT_LT(life.quiet(), acknowledged_in);
  EXPECT_LT(life.busy(), acknowledged_in);
}

TEST(Throttle, EachShardHasAnEvenPartOfTheRate) {
  EmptiedFollower life(1, rate);
  life.live();
  EXPECT_GT(life.speed(), 0.8 * rate / 2);
  EXPECT_LT(life.speed(), 1.2 * rate / 2);
}

TEST(Throttle, WithoutARateItCatchesUpFarFaster) {
  EmptiedFollower life(2, std::nullopt);
  life.live();
  EXPECT_GT(life.speed(), 10 * rate);
}

}  // namespace
}  // namespace fulmar
