// Consumers of the client library as members of one group: partitions are shared, handed over with their offsets, and
// taken over from a member that vanished.
#include "broker/client/group_consumer.h"

#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

constexpr int partitions = 4;

struct GroupConsumers : testing::Test {
  void with_records(int records, std::function<void(Host&, ClusterClient&)> body) {
    brokers.emplace(11, 3, Properties{{"group.initial.rebalance.delay.ms", "500"}});
    ASSERT_TRUE(brokers->all_ready());
    ASSERT_TRUE(brokers->as_client(
        [&](Host& host, ClusterClient& cluster) {
          create_topic(cluster, "t", partitions);
          produce(host, cluster, records);
          body(host, cluster);
        },
        seconds(300)));
  }
  void produce(Host& host, ClusterClient& cluster, int records) {
    Producer producer(host, cluster, {});
    for (int i = 0; i < records; ++i) {
      auto value = std::to_string(sent++);
      auto sent_to = producer.send("t", sent % partitions, {{std::nullopt, value, World::epoch_ms, {}}});
      ASSERT_EQ(sent_to.outcome, Delivery::Outcome::ok);
    }
  }
  static GroupConsumerOptions options(DeliveryGuarantee delivery = DeliveryGuarantee::at_least_once) {
    GroupConsumerOptions options;
    options.group = "g";
    options.topics = {"t"};
    options.delivery = delivery;
    options.session_timeout = seconds(10);
    options.heartbeat_interval = seconds(1);
    return options;
  }
  // Until all members together have `wanted` records.
  void consume(GroupConsumer& consumer, std::size_t wanted, std::int64_t at_once = 3) {
    while (seen.size() < wanted) {
      auto read = consumer.next(false, at_once);
      ASSERT_TRUE(read.has_value()) << to_string(read.error());
      if (!*read) return;
      read_by.insert(&consumer);
      for (const auto& record : (*read)->records) ++seen[std::string(record.value->view())];
    }
  }
  // Whether it becomes true within half a minute.
  static bool await(Host& host, const std::function<bool()>& is_so) {
    auto end = host.clock().now() + seconds(30);
    while (!is_so() && host.clock().now() < end) host.clock().sleep_for(milliseconds(10));  // nothing notifies
    return is_so();
  }

  std::optional<BrokerCluster> brokers;
  int sent = 0;
  std::map<std::string, int> seen;  // the number of times each value was read
  std::set<const GroupConsumer*> read_by;
};

TEST_F(GroupConsumers, ShareAndTakeOverWhatAVanishedMemberHad) {
  with_records(40, [&](Host& host, ClusterClient& cluster) {
    GroupConsumer first(host, cluster, options());
    ClusterClient apart(host, brokers->client_options());
    std::optional<GroupConsumer> second(std::in_place, host, apart, options());
    FiberGroup reading;
    reading.spawn("first", [&] { consume(first, 100); });
    reading.spawn("second", [&] { consume(*second, 100); });
    EXPECT_TRUE(await(host, [&] { return first.assigned().size() == 2 && second->assigned().size() == 2; }));
    produce(host, cluster, 40);
    EXPECT_TRUE(await(host, [&] { return seen.size() == 80 && read_by.size() == 2; }));
    second->interrupt();
    EXPECT_TRUE(await(host, [&] { return reading.size() == 1; }));
    second.reset();  // without leaving the group
    produce(host, cluster, 20);
    EXPECT_TRUE(await(host, [&] { return seen.size() == 100; }))
        << "the first has all partitions once the second's session is over";
    reading.join();
    EXPECT_TRUE(first.close().has_value());
  });
}

TEST_F(GroupConsumers, GoOnWhereTheGroupWasWhoeverCoordinatesIt) {
  with_records(30, [&](Host& host, ClusterClient& cluster) {
    {
      GroupConsumer consumer(host, cluster, options());
      consume(consumer, 12);
      EXPECT_TRUE(consumer.close().has_value());
    }
    auto coordinator = cluster.coordinator_of("g", Deadline::never());
    ASSERT_TRUE(coordinator.has_value());
    brokers->from_outside(host, [&] { brokers->broker(*coordinator).kill(); });
    GroupConsumer consumer(host, cluster, options());
    consume(consumer, 30);
    EXPECT_TRUE(consumer.close().has_value());
    for (const auto& [value, times] : seen) EXPECT_EQ(times, 1) << value << ": all was committed by close()";
  });
}

TEST_F(GroupConsumers, AtMostOnceGivesNothingTwiceAfterACrash) {
  with_records(30, [&](Host& host, ClusterClient& cluster) {
    for (int life = 0; life < 3; ++life) {
      GroupConsumer consumer(host, cluster, options(DeliveryGuarantee::at_most_once));
      consume(consumer, static_cast<std::size_t>(10 * (life + 1)), 1);
    }  // crashes: nothing is committed at the end
    EXPECT_EQ(seen.size(), 30u);
    for (const auto& [value, times] : seen) EXPECT_EQ(times, 1) << value;
  });
}

TEST_F(GroupConsumers, AtLeastOnceGivesAgainWhatACrashLeftUncommitted) {
  with_records(30, [&](Host& host, ClusterClient& cluster) {
    auto never_commits = options();
    never_commits.commit_interval = std::chrono::hours(1);
    {
      GroupConsumer consumer(host, cluster, never_commits);
      consume(consumer, 10, 1);
    }
    GroupConsumer consumer(host, cluster, options());
    std::map<std::string, int> before = std::exchange(seen, {});
    consume(consumer, 30);
    for (const auto& [value, times] : before) EXPECT_EQ(seen[value], 1) << value << " was not committed";
    auto end = consumer.next(true);
    ASSERT_TRUE(end.has_value());
    EXPECT_FALSE(end->has_value()) << "all is read that was there when it was assigned";
  });
}

}  // namespace
}  // namespace fulmar
