// Brokers whose addresses are host names, for each other and for clients.
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

TEST(HostNames, AClusterFormsServesAndOutlivesARestartByNamesAlone) {
  BrokerCluster brokers(1, 3, {}, 3, true);
  ASSERT_TRUE(brokers.all_ready());
  auto produce_one = [&] {
    return brokers.as_client([](Host&, ClusterClient& cluster) {
      EXPECT_EQ(produce_once(cluster, "t", "x"), ErrorCode::none);
      auto metadata = cluster.metadata(std::nullopt);
      ASSERT_TRUE(metadata.has_value());
      for (const auto& broker : metadata->brokers) EXPECT_EQ(broker.host, "broker" + std::to_string(broker.node_id));
    });
  };
  ASSERT_TRUE(brokers.as_client([](Host&, ClusterClient& cluster) { create_topic(cluster, "t", 1, 3); }));
  ASSERT_TRUE(produce_one());
  for (int id = 1; id <= 3; ++id) brokers.broker(id).power_loss();
  for (int id = 1; id <= 3; ++id) brokers.start(id);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(produce_one());
}

}  // namespace
}  // namespace fulmar
