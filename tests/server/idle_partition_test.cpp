// Requests for idle partitions, whose groups no longer send heartbeats.
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

constexpr int partitions = 6;

TEST(IdlePartition, ADeletionIsAcknowledged) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    BrokerCluster brokers(seed, 3);
    ASSERT_TRUE(brokers.all_ready());
    ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
      create_topic(cluster, "t", partitions);
      Producer producer(host, cluster, {});
      for (int i = 0; i < 10 * partitions; ++i)
        producer.send("t", i % partitions, {{std::nullopt, "value", World::epoch_ms, {}}});
      for (Offset offset : {4, 10}) {
        host.clock().sleep_for(seconds(5));  // long enough to be quiesced
        for (std::int32_t partition = 0; partition < partitions; ++partition) {
          DeleteRecordsRequest request;
          request.timeout_ms = 2000;
          request.topics.push_back({"t", {{partition, offset}}});
          auto answer = cluster.retry([&](Deadline deadline) -> Answer<DeleteRecordsResponse> {
            FULMAR_TRY(auto connection, cluster.leader("t", partition, deadline));
            return connection->call<DeleteRecordsResponse>(request, deadline);
          });
          ASSERT_TRUE(answer.has_value());
          const auto& deleted = answer->topics.at(0).partitions.at(0);
          EXPECT_EQ(deleted.error_code, ErrorCode::none) << "partition " << partition << ", to " << offset;
          EXPECT_EQ(deleted.low_watermark, offset);
        }
      }
    }));
    ASSERT_TRUE(brokers.stop());
  }
}

}  // namespace
}  // namespace fulmar
