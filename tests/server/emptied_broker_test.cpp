// Brokers that restart with an empty disk, one after the other: each gets everything again, and nothing is lost.
#include <cstdio>
#include <cstdlib>

#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

// Whether all replicas of all partitions are on their brokers, and in sync.
bool is_whole(ClusterClient& cluster, const std::string& topic, std::size_t factor) {
  auto described = cluster.topic(topic);
  if (!described) return false;
  for (const auto& partition : described->partitions)
    if (partition.replica_nodes.size() != factor || partition.isr_nodes.size() != factor) return false;
  return true;
}

// FULMAR_EMPTIED_LIVES=A..B plays other lives than the usual.
TEST(EmptiedBroker, GetsEverythingAnew) {
  std::uint64_t first = 1, last = 6;
  if (const char* wanted = std::getenv("FULMAR_EMPTIED_LIVES")) std::sscanf(wanted, "%lu..%lu", &first, &last);
  for (auto seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    BrokerCluster brokers(seed, 3);
    ASSERT_TRUE(brokers.all_ready());
    Chronicle chronicle;
    // In the end no disk is left from when the first records were sent, or the cluster formed.
    for (int turn = 0; turn < 3; ++turn) {
      ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
        create_topic(cluster, "t", 3);
        Producer producer(host, cluster, {});
        for (int i = 0; i < 30; ++i) chronicle.send(producer, "t", i % 3);
      }));
      int id = 1 + (static_cast<int>(seed) + turn) % 3;
      brokers.lose_disk(id);
      brokers.world.run_for(seconds(2));
      brokers.start(id);
      ASSERT_TRUE(brokers.all_ready()) << "broker " << id;
      brokers.world.run_for(seconds(3));  // so that leaders have announced themselves
      bool whole = false;
      ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
        for (int look = 0; look < 100 && !whole; ++look) {
          whole = is_whole(cluster, "t", 3);
          host.clock().sleep_for(milliseconds(100));
        }
      }));
      ASSERT_TRUE(whole) << "turn " << turn;
    }
    ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) { create_topic(cluster, "afterwards", 1); }));
    EXPECT_EQ(chronicle.size(), 90u);
    ASSERT_TRUE(brokers.stop());
    for (int id = 1; id <= 3; ++id)
      for (std::int32_t partition = 0; partition < 3; ++partition) {
        auto found = brokers.records_of(id, "t", partition);
        ASSERT_TRUE(found.has_value()) << "broker " << id;
        chronicle.expect_in(*found, partition, "broker " + std::to_string(id));
      }
  }
}

}  // namespace
}  // namespace fulmar
