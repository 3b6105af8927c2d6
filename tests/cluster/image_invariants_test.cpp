// The invariants of the metadata's image: none is broken by what a controller does, and each by its opposite.
#include "broker/cluster/image_invariants.h"

#include <gtest/gtest.h>

#include "broker/cluster/metadata_records.h"
#include "broker/cluster/reassignment.h"
#include "runtime/base/random.h"

namespace fulmar {
namespace {

std::string broken(const MetadataImage& image) {
  return std::string(ImageInvariants::broken_in(image).value_or(""));
}

std::string broken(const MetadataImage& before, const MetadataImage& after) {
  return std::string(ImageInvariants::broken_between(before, after).value_or(""));
}

BrokerImage broker_with(std::uint64_t directory) {
  BrokerImage broker;
  broker.directory = {directory, 1};
  broker.features = supported_features();
  return broker;
}

ReplicaId replica(int broker) {
  return {broker, {static_cast<std::uint64_t>(broker), 1}};
}

// Brokers 1 to 3; the topic "a" of two partitions, the second of which is being reassigned.
MetadataImage sound_image() {
  MetadataImage image;
  image.cluster_id = "c";
  image.offset = 10;
  image.next_producer_id = 1000;
  for (int id = 1; id <= 3; ++id) image.brokers[id] = broker_with(static_cast<std::uint64_t>(id));
  image.retired[4] = {4, 1};
  const PartitionImage resting{{replica(1), replica(2)}, {}, {}, {3, 1}};
  image.put_topic("a", {{7, 7}, {resting, reassigned(resting, {replica(3), replica(2)})}, {}});
  return image;
}

void set_partition(MetadataImage& image, const PartitionImage& partition, std::int32_t index = 0) {
  apply_record(PartitionRecord{{7, 7}, index, partition}, image);
}

// Does at random what a controller does, as records.
class RandomController {
 public:
  explicit RandomController(std::uint64_t seed) : random_(seed) {}

  const MetadataImage& image() const { return image_; }

  void step() {
    switch (random_.between(0, 9)) {
      case 0: return register_broker(static_cast<std::int32_t>(random_.between(1, 6)));
      case 1: return unregister();
      case 2: return create_topic();
      case 3: return with_topic([&](auto&, auto& topic) { apply(DeleteTopicRecord{topic.id}); });
      case 4: return with_topic([&](auto&, auto& topic) { apply(PartitionsRecord{topic.id, {placed(), placed()}}); });
      case 5: return apply(ProducerIdsRecord{image_.next_producer_id + 1000});
      case 6: return apply(BrokerConfigsRecord{1, random_.chance(1, 2) ? Properties{{"a", "b"}} : Properties{}});
      case 7: return apply(ControllerRecord{static_cast<std::int32_t>(random_.between(1, 6)), random_.chance(1, 2)});
      default: return change_replicas();
    }
  }

 private:
  void apply(const MetadataRecord& record) {
    apply_record(record, image_);
    ++image_.offset;
  }
  // With another directory than it had, if it was unregistered; or with a new one while it is registered.
  void register_broker(std::int32_t id) { apply(BrokerRecord{id, broker_with(++directories_)}); }
  void unregister() {
    for (const auto& [id, broker] : image_.brokers) {
      bool needed = false;
      for (const auto& [name, topic] : image_.topics)
        for (const auto& partition : topic.partitions)
          for (const auto& known : partition.replicas) needed = needed || known.broker == id;
      if (!needed) return apply(UnregisterRecord{id});
    }
  }
  std::vector<ReplicaId> some_replicas() {
    std::vector<ReplicaId> all;
    for (const auto& [id, broker] : image_.brokers) all.push_back({id, broker.directory});
    random_.shuffle(std::span(all));
    all.resize(static_cast<std::size_t>(random_.between(1, std::min<std::int64_t>(3, std::ssize(all)))));
    return all;
  }
  PartitionImage placed() { return {some_replicas()}; }
  void create_topic() {
    if (image_.brokers.empty()) return;
    auto name = "t" + std::to_string(random_.between(0, 4));
    if (image_.topic(name)) return;
    apply(TopicRecord{name, {{++topics_, 9}, {placed(), placed()}, {}}});
  }
  template <class F>
  void with_topic(F&& act) {
    if (image_.topics.empty() || image_.brokers.empty()) return;
    auto skip = random_.between(0, static_cast<std::int64_t>(image_.topics.size()) - 1);
    auto at = image_.topics.begin();
    for (; skip > 0; --skip) ++at;
    const auto [name, topic] = *at;
    act(name, topic);
  }
  void change_replicas() {
    with_topic([&](const auto&, const TopicImage& topic) {
      auto index = random_.between(0, topic.partition_count() - 1);
      const auto& partition = topic.partitions[static_cast<std::size_t>(index)];
      auto next = reassigned(partition, some_replicas());
      if (random_.chance(1, 2)) {
        auto voters = replicas_wanted(partition);
        std::sort(voters.begin(), voters.end());
        auto ended = settled(partition, voters, {partition.settled.term + 1, partition.settled.version + 1});
        if (!ended) return;
        next = *ended;
      }
      apply(PartitionRecord{topic.id, static_cast<std::int32_t>(index), next});
    });
  }

  Random random_;
  MetadataImage image_;
  std::uint64_t directories_ = 0;
  std::uint64_t topics_ = 0;
};

TEST(ImageInvariants, HoldWhateverAControllerDoes) {
  std::size_t changing = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    RandomController controller(seed);
    MetadataImage first;
    for (int step = 0; step < 200; ++step) {
      const auto before = controller.image();
      controller.step();
      const auto& after = controller.image();
      ASSERT_EQ(broken(after), "") << "seed " << seed << ", step " << step;
      ASSERT_EQ(broken(before, after), "") << "seed " << seed << ", step " << step;
      ASSERT_EQ(broken(first, after), "") << "seed " << seed << ", step " << step << ", across several";
      if (step % 20 == 0) first = after;
      for (const auto& [name, topic] : after.topics)
        for (const auto& partition : topic.partitions) changing += partition.changing() ? 1 : 0;
    }
  }
  EXPECT_GT(changing, 1000u);
}

TEST(ImageInvariants, EachIsSeenToBeBrokenInAnImage) {
  ASSERT_EQ(broken(sound_image()), "");
  auto with = [](auto&& change) {
    auto image = sound_image();
    change(image);
    return broken(image);
  };
  auto partition = [&](const PartitionImage& bad) { return with([&](auto& image) { set_partition(image, bad); }); };
  EXPECT_EQ(with([](auto& image) { image.offset = -1; }), "the offset is negative");
  EXPECT_EQ(with([](auto& image) { image.next_producer_id = -1; }), "the next producer id is negative");
  EXPECT_EQ(with([](auto& image) { image.topic_names.erase(Uuid{7, 7}); }), "topics and their ids are not as many");
  EXPECT_EQ(with([](auto& image) { image.topic_names.insert_or_assign({7, 7}, "b"); }),
            "a topic is not found by its id");
  EXPECT_EQ(with([](auto& image) { image.put_topic("", {{8, 8}, {PartitionImage{{replica(1)}}}, {}}); }),
            "a topic has a name that no topic can have");
  EXPECT_EQ(with([](auto& image) { image.put_topic("b", {{8, 8}, {}, {}}); }), "a topic has no partitions");
  EXPECT_EQ(partition({{}}), "a partition has no replicas");
  EXPECT_EQ(partition({{replica(1), replica(1)}}), "a partition names a replica twice");
  EXPECT_EQ(partition({{replica(1)}, {replica(2)}}), "a partition adds a replica that it does not have");
  EXPECT_EQ(partition({{replica(1)}, {}, {replica(2)}}), "a partition removes a replica that it does not have");
  EXPECT_EQ(partition({{replica(1)}, {replica(1)}}), "all replicas of a partition are being added");
  EXPECT_EQ(partition({{replica(1)}, {}, {replica(1)}}), "all replicas of a partition are being removed");
  EXPECT_EQ(partition({{replica(1), replica(2), replica(3)}, {replica(2), replica(1)}}),
            "replicas that are added or removed are in another order than the partition's");
  EXPECT_EQ(partition({{replica(4)}}), "a replica is on a broker that is not registered");
  EXPECT_EQ(with([](auto& image) { image.brokers[-1] = broker_with(9); }), "a broker has a negative id");
  EXPECT_EQ(with([](auto& image) { image.brokers[4] = broker_with(4); }),
            "a broker is registered with the directory with which it was unregistered");
  EXPECT_EQ(with([](auto& image) { image.features["metadata.version"] = 99; }),
            "a broker is registered that does not support the cluster's features");
  EXPECT_EQ(with([](auto& image) { image.controllers[4] = true; }), "a controller is not registered");
  EXPECT_EQ(with([](auto& image) { image.broker_configs[1] = {}; }), "a broker has an entry without properties");
  EXPECT_EQ(with([](auto& image) { image.acls.add({}); }), "an access control list has an entry that none can be");
  EXPECT_EQ(with([](auto& image) { image.group_configs.insert_or_assign("g", {}); }),
            "a group has no name, or an entry without properties");
  EXPECT_EQ(with([](auto& image) { image.client_quotas.insert_or_assign({{"user", "u"}}, {}); }),
            "quotas of nobody, or an entry without quotas");
  EXPECT_EQ(with([](auto& image) { image.client_quotas.insert_or_assign({}, {{"producer_byte_rate", 1}}); }),
            "quotas of nobody, or an entry without quotas");
  EXPECT_EQ(with([](auto& image) { image.features["group.version"] = 0; }),
            "a feature is finalised at level 0 or below");
  auto credential = [&](std::int16_t level, ScramMechanism mechanism, const ScramCredential& kept) {
    return with([&](auto& image) {
      image.features["metadata.version"] = level;
      image.scram_users.put("alice", mechanism, kept);
    });
  };
  ScramCredential good{"salt", std::string(32, 'k'), std::string(32, 'l'), 4096};
  EXPECT_EQ(credential(3, ScramMechanism::sha_256, good), "");
  EXPECT_EQ(credential(2, ScramMechanism::sha_256, good),
            "there are SCRAM credentials, which brokers of this metadata.version can't read");
  EXPECT_EQ(credential(3, ScramMechanism::sha_512, good), "a SCRAM credential has keys of a wrong size");
  EXPECT_EQ(credential(3, ScramMechanism(9), good), "a SCRAM credential is of a mechanism that there is not");
  good.iterations = 4095;
  EXPECT_EQ(credential(3, ScramMechanism::sha_256, good), "a SCRAM credential has an impossible number of iterations");
}

TEST(ImageInvariants, EachIsSeenToBeBrokenBetweenTwoImages) {
  const auto before = sound_image();
  auto after = [&](auto&& change) {
    auto image = before;
    change(image);
    return broken(before, image);
  };
  auto partition = [&](const PartitionImage& next) { return after([&](auto& image) { set_partition(image, next); }); };
  ASSERT_EQ(after([](auto&) {}), "");
  EXPECT_EQ(after([](auto& image) { --image.offset; }), "the offset went back");
  EXPECT_EQ(after([](auto& image) { image.cluster_id = "d"; }), "the cluster's id changed");
  EXPECT_EQ(after([](auto& image) { --image.next_producer_id; }), "the next producer id went back");
  EXPECT_EQ(after([](auto& image) { image.features.clear(); }), "metadata.version went back");
  EXPECT_EQ(after([](auto& image) { image.retired.clear(); }), "an unregistered broker is forgotten");
  EXPECT_EQ(after([](auto& image) { image.brokers.erase(3); }), "a broker is gone that was not unregistered");
  EXPECT_EQ(after([](auto& image) { apply_record(UnregisterRecord{3}, image); }), "");
  EXPECT_EQ(after([](auto& image) {
              auto topic = *image.topic("a");
              image.remove_topic({7, 7});
              image.put_topic("b", topic);
            }),
            "a topic's id has another name");
  EXPECT_EQ(after([](auto& image) {
              auto topic = *image.topic("a");
              image.put_topic("a", {{7, 7}, {topic.partitions[0]}, {}});
            }),
            "a topic has fewer partitions than before");
  EXPECT_EQ(after([](auto& image) { image.put_topic("a", {{8, 8}, {PartitionImage{{replica(3)}}}, {}}); }), "")
      << "it is another topic";
  EXPECT_EQ(partition({{replica(1), replica(2)}, {}, {}, {2, 9}}), "a partition's settled configuration went back");
  EXPECT_EQ(partition({{replica(1), replica(3)}, {}, {}, {3, 1}}),
            "a partition has other replicas without a reassignment");
  EXPECT_EQ(partition({{replica(2), replica(1)}, {}, {}, {3, 1}}), "") << "another preferred leader";
  EXPECT_EQ(partition({{replica(1), replica(3)}, {}, {}, {3, 2}}), "") << "a reassignment that has ended";
}

}  // namespace
}  // namespace fulmar
