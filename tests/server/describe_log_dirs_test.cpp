// DescribeLogDirs: the contents of a broker's data directory.
#include "broker/protocol/messages/describe_log_dirs.h"

#include "broker_test_kit.h"

namespace fulmar {
namespace {

TEST(DescribeLogDirs, SaysHowLargeEveryPartitionIsAndHowMuchRoomThereIs) {
  BrokerWorld cluster;
  cluster.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "a", 3);
    create_topic(peer, "b", 1);
    auto batch = batch_of(1, "some bytes");
    auto size = static_cast<std::int64_t>(batch.size());
    produce(peer, "a", 2, batch);
    produce(peer, "a", 2, batch);
    auto response = peer.call<DescribeLogDirsResponse>(DescribeLogDirsRequest{}, 4);
    ASSERT_EQ(response.log_dirs.size(), 1u);
    const auto& directory = response.log_dirs[0];
    EXPECT_EQ(directory.error_code, ErrorCode::none);
    EXPECT_FALSE(directory.path.empty());
    ASSERT_EQ(directory.topics.size(), 2u);
    EXPECT_EQ(directory.topics[0].name, "a");
    ASSERT_EQ(directory.topics[0].partitions.size(), 3u);
    for (std::int32_t index = 0; index < 3; ++index) {
      const auto& partition = directory.topics[0].partitions[static_cast<std::size_t>(index)];
      EXPECT_EQ(partition.index, index);
      EXPECT_EQ(partition.size, index == 2 ? 2 * size : 0);
      EXPECT_EQ(partition.offset_lag, 0);
      EXPECT_FALSE(partition.is_future);
    }
    EXPECT_EQ(directory.topics[1].partitions.size(), 1u);
    EXPECT_EQ(directory.total_bytes, std::int64_t{1} << 40);
    EXPECT_LT(directory.usable_bytes, directory.total_bytes);
    EXPECT_GT(directory.usable_bytes, 0);
  });
}

TEST(DescribeLogDirs, OfThePartitionsAskedFor) {
  BrokerWorld cluster;
  cluster.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "a", 3);
    create_topic(peer, "b", 1);
    DescribeLogDirsRequest request;
    request.topics = {{"a", {1, 7}}, {"nothing", {0}}};
    auto response = peer.call<DescribeLogDirsResponse>(request, 1);
    ASSERT_EQ(response.log_dirs.size(), 1u);
    ASSERT_EQ(response.log_dirs[0].topics.size(), 1u);
    ASSERT_EQ(response.log_dirs[0].topics[0].partitions.size(), 1u);
    EXPECT_EQ(response.log_dirs[0].topics[0].partitions[0].index, 1);
  });
}

}  // namespace
}  // namespace fulmar
