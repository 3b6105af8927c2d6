// A broker that restarts with another directory gets its replicas again.
#include "broker/server/controller/lost_directories.h"

#include <gtest/gtest.h>

#include "broker/cluster/reassignment.h"

namespace fulmar {
namespace {

Uuid directory(std::int32_t broker, std::uint64_t life) {
  return {life, static_cast<std::uint64_t>(broker)};
}

// Three brokers, and topics on brokers 1 and 2.
struct ReplacedReplicas : testing::Test {
  ReplacedReplicas() {
    for (std::int32_t id = 1; id <= 3; ++id) image.brokers[id].directory = directory(id, 1);
    make("a", 3);
    make("b", 2);
  }
  void make(const std::string& name, int partitions) {
    TopicImage topic{.id = {7, ++topics}, .partitions = {}, .configs = {}};
    for (int i = 0; i < partitions; ++i) topic.partitions.push_back({{{1, directory(1, 1)}, {2, directory(2, 1)}}});
    image.put_topic(name, std::move(topic));
  }
  std::vector<PartitionRecord> look() { return lost.replacements(std::make_shared<const MetadataImage>(image)); }
  void make_it_so(const std::vector<PartitionRecord>& records) {
    for (const auto& record : records) apply_record(record, image);
  }

  LostDirectories lost;
  MetadataImage image;
  std::uint64_t topics = 0;
};

TEST_F(ReplacedReplicas, AreNoneWhereAllDirectoriesAreThere) {
  EXPECT_TRUE(look().empty());
  EXPECT_TRUE(look().empty());
}

TEST_F(ReplacedReplicas, AreAllThatABrokerHadThatCameBackWithAnotherDirectory) {
  ASSERT_TRUE(look().empty());
  image.brokers[2].directory = directory(2, 2);
  image.brokers[3].directory = directory(3, 2);  // it had no replicas
  auto records = look();
  ASSERT_EQ(records.size(), 5u);
  EXPECT_EQ(look().size(), 5u) << "until it is done";
  for (const auto& record : records) {
    const std::vector<ReplicaId> wanted{{1, directory(1, 1)}, {2, directory(2, 2)}};
    EXPECT_EQ(replicas_wanted(record.image), wanted);
    EXPECT_TRUE(record.image.removes({2, directory(2, 1)}));
  }
  make_it_so(records);
  EXPECT_TRUE(look().empty());
}

// By a request that was planned before the broker restarted.
TEST_F(ReplacedReplicas, AreAlsoThoseThatAreMadeOnTheOldDirectoryLater) {
  image.brokers[2].directory = directory(2, 2);
  make_it_so(look());
  ASSERT_TRUE(look().empty());
  make("c", 1);
  auto records = look();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].topic_id, image.topic("c")->id);
  make_it_so(records);
  EXPECT_TRUE(look().empty());
  apply_record(PartitionRecord{image.topic("a")->id, 1, {{{2, directory(2, 1)}}}}, image);
  records = look();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].partition, 1);
}

TEST_F(ReplacedReplicas, AreNotThoseOfABrokerThatWasUnregistered) {
  ASSERT_TRUE(look().empty());
  image.brokers.erase(2);
  EXPECT_TRUE(look().empty());
  image.brokers[2].directory = directory(2, 2);
  EXPECT_EQ(look().size(), 5u) << "the id is taken by another";
}

}  // namespace
}  // namespace fulmar
