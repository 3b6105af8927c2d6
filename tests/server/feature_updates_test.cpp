// Allowed updates of features, and Kafka's errors for the others.
#include "broker/server/controller/feature_updates.h"

#include <gtest/gtest.h>

namespace fulmar {
namespace {

const std::string metadata{metadata_version};

// Broker 1, the controller, supports more than broker 2.
MetadataImage two_brokers() {
  MetadataImage image;
  image.features = {{metadata, 2}, {"a.version", 1}};
  image.brokers[1].features = {{metadata, 1, 4}, {"a.version", 0, 3}, {"b.version", 0, 1}};
  image.brokers[2].features = {{metadata, 1, 3}, {"a.version", 0, 2}};
  return image;
}

// "name=level ..." of the records, or the error.
std::string planned(const std::vector<FeatureUpdate>& updates) {
  auto image = two_brokers();
  auto records = plan_feature_updates(image, 1, image.brokers.at(1).features, updates);
  if (!records) return records.error().detail;
  std::string text;
  for (const auto& [name, level] : *records) text += name + "=" + std::to_string(level) + " ";
  return text;
}

TEST(FeatureUpdates, WhatEveryBrokerSupportsMayBeMade) {
  using enum UpdateType;
  EXPECT_EQ(planned({}), "");
  EXPECT_EQ(planned({{metadata, 3, upgrade}, {"a.version", 2, upgrade}}), "a.version=2 metadata.version=3 ");
  EXPECT_EQ(planned({{metadata, 2, upgrade}, {"a.version", 1, safe_downgrade}}), "") << "as it is";
  EXPECT_EQ(planned({{"a.version", 0, safe_downgrade}}), "a.version=0 ");
  EXPECT_EQ(planned({{"a.version", 0, unsafe_downgrade}}), "a.version=0 ");
  EXPECT_EQ(planned({{"a.version", 9, upgrade}, {"a.version", 2, upgrade}}), "a.version=2 ") << "the last one counts";
}

TEST(FeatureUpdates, WhatIsRefusedIsSaidInKafkasWords) {
  using enum UpdateType;
  auto invalid = [](int level, const std::string& name, const std::string& why) {
    return "Invalid update version " + std::to_string(level) + " for feature " + name + ". " + why;
  };
  EXPECT_EQ(planned({{metadata, 9, upgrade}}), invalid(9, metadata, "Local controller 1 only supports versions 1-4"));
  EXPECT_EQ(planned({{metadata, 4, upgrade}}), invalid(4, metadata, "Broker 2 only supports versions 1-3"));
  EXPECT_EQ(planned({{metadata, 0, unsafe_downgrade}}),
            invalid(0, metadata, "Local controller 1 only supports versions 1-4"));
  EXPECT_EQ(planned({{"b.version", 1, upgrade}}), invalid(1, "b.version", "Broker 2 does not support this feature."));
  EXPECT_EQ(planned({{"c.version", 1, upgrade}}),
            invalid(1, "c.version", "Local controller 1 does not support this feature."));
  EXPECT_EQ(planned({{"c.version", 0, upgrade}}),
            invalid(0, "c.version", "Local controller 1 does not support this feature."));
  EXPECT_EQ(planned({{metadata, -1, safe_downgrade}}),
            invalid(-1, metadata, "A feature version cannot be less than 0."));
  EXPECT_EQ(planned({{metadata, 3, unknown}}),
            invalid(3, metadata, "The controller does not support the given upgrade type."));
  EXPECT_EQ(planned({{"a.version", 2, safe_downgrade}}),
            invalid(2, "a.version", "Can't downgrade to a newer version."));
  EXPECT_EQ(planned({{"a.version", 0, upgrade}}),
            invalid(0, "a.version",
                    "Can't downgrade the version of this feature without setting the upgrade type to either safe or "
                    "unsafe downgrade."));
  EXPECT_EQ(planned({{metadata, 1, safe_downgrade}}),
            "Invalid metadata.version 1. Refusing to perform the requested downgrade because it might delete metadata "
            "information.");
  EXPECT_EQ(planned({{metadata, 1, unsafe_downgrade}}),
            "Invalid metadata.version 1. Unsafe metadata downgrade is not supported in this version.");
  EXPECT_NE(planned({{"a.version", 2, upgrade}, {metadata, 9, upgrade}}), "a.version=2 ") << "all or none";
}

}  // namespace
}  // namespace fulmar
