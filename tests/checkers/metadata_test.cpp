// The checkers of images and topics, on hand-made stories.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkers/metadata_images.h"

namespace fulmar {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

struct Images {
  MetadataImages images{[] { return Instant{}; }};

  void shows(int broker, Offset offset, const std::map<std::string, Uuid>& topics) {
    MetadataImage image;
    image.offset = offset;
    image.brokers[1].features = supported_features();
    for (const auto& [name, id] : topics) image.put_topic(name, {id, {PartitionImage{{{1, {}}}}}, {}});
    images.shows({broker, {}}, image);
  }
  std::vector<std::string> anomalies() const {
    std::vector<std::string> names;
    for (const auto& violation : images.violations()) names.push_back(violation.anomaly);
    return names;
  }
};

TEST(MetadataImages, AreOneHistory) {
  Images sound;
  sound.shows(1, 1, {{"a", {1, 1}}});
  sound.shows(2, 1, {{"a", {1, 1}}});
  sound.shows(1, 2, {});
  sound.shows(1, 3, {{"a", {1, 2}}});
  sound.images.ended(1);
  sound.shows(1, 2, {});
  EXPECT_THAT(sound.anomalies(), IsEmpty());
  sound.shows(2, 3, {{"b", {1, 3}}});
  EXPECT_THAT(sound.anomalies(), Contains("two-histories"));
}

TEST(MetadataImages, TellSinceWhenABrokerIsKnownToBeFenced) {
  Instant now{};
  MetadataImages images([&] { return now; });
  auto shows = [&](Offset offset, bool fenced) {
    now = now + seconds(1);
    MetadataImage image;
    image.offset = offset;
    image.brokers[2].fenced = fenced;
    images.shows({1, {}}, image);
  };
  shows(1, false);
  EXPECT_FALSE(images.fenced_since(1, 2));
  shows(2, true);
  auto fenced = now;
  shows(3, true);
  EXPECT_EQ(images.fenced_since(1, 2), fenced);
  EXPECT_FALSE(images.fenced_since(3, 2)) << "that one has shown nothing";
  shows(4, false);
  EXPECT_FALSE(images.fenced_since(1, 2));
  shows(5, true);
  images.ended(1);
  EXPECT_FALSE(images.fenced_since(1, 2));
}

TEST(MetadataImages, DoNotGoBackNorGiveAnIdTwiceNorBringBackWhatWasDeleted) {
  Images back;
  back.shows(1, 2, {});
  back.shows(1, 1, {});
  EXPECT_THAT(back.anomalies(), Contains("image-back"));
  Images twice;
  twice.shows(1, 1, {{"a", {1, 1}}});
  twice.shows(1, 2, {{"b", {1, 1}}});
  EXPECT_THAT(twice.anomalies(), Contains("id-twice"));
  Images again;
  again.shows(1, 1, {{"a", {1, 1}}});
  again.shows(1, 2, {});
  again.shows(1, 3, {{"a", {1, 1}}});
  EXPECT_THAT(again.anomalies(), Contains("undeleted"));
}

TEST(MetadataImages, BreakNoInvariantByThemselvesNorAgainstThoseBeforeAndAfter) {
  auto image_at = [](Offset offset, ProducerId next) {
    MetadataImage image;
    image.offset = offset;
    image.next_producer_id = next;
    return image;
  };
  Images alone;
  auto image = image_at(1, 0);
  image.put_topic("a", {{1, 1}, {PartitionImage{}}, {}});
  alone.images.shows({1, {}}, image);
  EXPECT_THAT(alone.anomalies(), ElementsAre("broken-image")) << "a partition without replicas";
  Images history;
  history.images.shows({1, {}}, image_at(1, 0));
  history.images.shows({1, {}}, image_at(3, 1000));
  EXPECT_THAT(history.anomalies(), IsEmpty());
  history.images.shows({2, {}}, image_at(2, 2000));
  EXPECT_THAT(history.anomalies(), ElementsAre("broken-image")) << "producer ids went back after it";
  history.images.shows({2, {}}, image_at(4, 999));
  EXPECT_THAT(history.anomalies(), ElementsAre("broken-image", "broken-image"));
}

std::vector<std::string> topic_anomalies(const History& history) {
  Violations found;
  check_topics(history, found);
  std::vector<std::string> names;
  for (const auto& violation : found) names.push_back(violation.anomaly);
  return names;
}

TEST(Topics, AreThereFromTheirMakingToTheirDeletion) {
  using Kind = TopicOperation::Kind;
  History history;
  history.topic_operations = {
      {Kind::create, "kept", {}, {}, Outcome::ok},    {Kind::create, "unsure", {}, {}, Outcome::unknown},
      {Kind::create, "gone", {}, {}, Outcome::ok},    {Kind::remove, "gone", {}, {}, Outcome::ok},
      {Kind::create, "perhaps", {}, {}, Outcome::ok}, {Kind::remove, "perhaps", {}, {}, Outcome::unknown}};
  history.final_topics = {{1, {"kept", "perhaps"}}, {2, {"kept", "perhaps"}}};
  EXPECT_THAT(topic_anomalies(history), IsEmpty());
  history.final_topics = {{1, {"perhaps"}}};
  EXPECT_THAT(topic_anomalies(history), Contains("lost-topic"));
  history.final_topics = {{1, {"kept", "gone"}}};
  EXPECT_THAT(topic_anomalies(history), Contains("undeleted-topic"));
  history.final_topics = {{1, {"kept"}}, {2, {"kept", "unsure"}}};
  EXPECT_THAT(topic_anomalies(history), Contains("topics-differ"));
}

TEST(Topics, MayBeMadeAgain) {
  using Kind = TopicOperation::Kind;
  History history;
  history.topic_operations = {{Kind::create, "again", {}, {}, Outcome::ok},
                              {Kind::remove, "again", {}, {}, Outcome::ok},
                              {Kind::create, "again", {}, {}, Outcome::ok}};
  history.final_topics = {{1, {"again"}}};
  EXPECT_THAT(topic_anomalies(history), IsEmpty());
  history.final_topics = {{1, {}}};
  EXPECT_THAT(topic_anomalies(history), Contains("lost-topic"));
  history.topic_operations.back().outcome = Outcome::failed;
  EXPECT_THAT(topic_anomalies(history), IsEmpty());
  history.final_topics = {{1, {"again"}}};
  EXPECT_THAT(topic_anomalies(history), Contains("undeleted-topic"));
}

TEST(Fencing, ServesNobodyWithAnEpochOfThePastOrOfTheFuture) {
  History history;
  history.epoch_probes = {{{"t", 0}, 2, 3, {}, false}};
  EXPECT_THAT(topic_anomalies(history), IsEmpty());
  history.epoch_probes[0].served = true;
  EXPECT_THAT(topic_anomalies(history), Contains("unfenced"));
  history.epoch_probes[0].claimed = 1'000'003;
  EXPECT_THAT(topic_anomalies(history), Contains("unfenced"));
  history.epoch_probes[0].served = false;
  EXPECT_THAT(topic_anomalies(history), IsEmpty());
}

}  // namespace
}  // namespace fulmar
