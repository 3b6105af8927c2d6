// Brokers of several releases in one cluster: it uses the finalised levels, and refuses brokers that do not support
// them. A broker acts as another release by the levels that it supports.
#include "broker/cluster/features.h"

#include <map>

#include "broker/client/feature_admin.h"
#include "broker/protocol/messages/alter_configs.h"
#include "broker/protocol/messages/api_versions.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

const std::string metadata{metadata_version};
const std::int16_t newest = range_of(supported_features(), metadata_version).max;
const auto next_level = static_cast<std::int16_t>(newest + 1);

ApiVersionsResponse versions_of(BrokerCluster& brokers, int id) {
  ApiVersionsResponse versions;
  EXPECT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    auto connection = cluster.broker(id, host.clock().deadline_in(seconds(10)));
    ASSERT_TRUE(connection.has_value());
    auto answer =
        (*connection)
            ->call<ApiVersionsResponse>(ApiVersionsRequest{"test", "1"}, host.clock().deadline_in(seconds(10)));
    ASSERT_TRUE(answer.has_value());
    versions = *answer;
  }));
  return versions;
}

using Supported = std::vector<ApiVersionsResponse::SupportedFeature>;
using Finalized = std::vector<ApiVersionsResponse::FinalizedFeature>;

// Another release: supports what this one does, except for these features.
FeatureRanges release_with(const FeatureRanges& others) {
  std::map<std::string, FeatureRange> by_name;
  for (const auto& range : supported_features()) by_name.insert_or_assign(range.name, range);
  for (const auto& range : others) by_name.insert_or_assign(range.name, range);
  FeatureRanges ranges;
  for (const auto& [name, range] : by_name) ranges.push_back(range);
  return ranges;
}

Supported told_as_supported(const FeatureRanges& ranges) {
  Supported told;
  for (const auto& [name, min, max] : ranges) told.push_back({name, min, max});
  return told;
}

// The levels of a cluster that was created by this release, except for these features.
Finalized told_as_finalized(const FeatureLevels& others) {
  auto levels = newest_levels(supported_features());
  for (const auto& [name, level] : others) levels[name] = level;
  Finalized told;
  for (const auto& [name, level] : levels) told.push_back({name, level, level});
  return told;
}

void restart_as(BrokerCluster& brokers, int id, const FeatureRanges& supported) {
  brokers.broker(id).request_stop();
  ASSERT_TRUE(
      brokers.world.run_until([&] { return !brokers.broker(id).running(); }, brokers.world.now() + seconds(60)));
  brokers.features[id] = supported;
  brokers.start(id);
  ASSERT_TRUE(brokers.all_ready()) << brokers.failures[id];
}

ErrorCode update(ClusterClient& cluster, const std::string& name, std::int16_t level,
                 std::int8_t type = UpdateFeaturesRequest::upgrade) {
  auto updated = update_features(cluster, {{name, level, false, type}});
  return updated ? ErrorCode::none : updated.error().code;
}

TEST(Features, BrokersOfTheNextReleaseReplaceThoseOfThisOneByOneAndThenItsFeaturesAreUsed) {
  BrokerCluster brokers(1, 3);
  ASSERT_TRUE(brokers.all_ready());
  auto refused = [&] {
    ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) {
      EXPECT_EQ(update(cluster, metadata, next_level), ErrorCode::invalid_update_version)
          << "not all brokers support it";
      EXPECT_EQ(update(cluster, "next.version", 1), ErrorCode::invalid_update_version);
    }));
  };
  auto next = release_with({{metadata, 1, next_level}, {"next.version", 0, 1}});
  for (int id = 1; id <= 3; ++id) {
    refused();
    restart_as(brokers, id, next);
  }
  auto told = versions_of(brokers, 2);
  EXPECT_EQ(told.supported_features, told_as_supported(next));
  EXPECT_EQ(told.finalized_features, told_as_finalized({{metadata, newest}}))
      << "it stays as agreed until it is upgraded";
  ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) {
    EXPECT_EQ(update(cluster, metadata, next_level), ErrorCode::none);
    EXPECT_EQ(update(cluster, metadata, next_level), ErrorCode::none) << "it is";
    EXPECT_EQ(update(cluster, "next.version", 1), ErrorCode::none);
    EXPECT_EQ(update(cluster, metadata, newest, UpdateFeaturesRequest::safe_downgrade),
              ErrorCode::invalid_update_version);
    auto features = cluster_features(cluster);
    ASSERT_TRUE(features.has_value());
    ASSERT_EQ(features->size(), next.size());
    EXPECT_EQ(features->at(metadata).finalized, next_level);
    EXPECT_EQ(features->at(metadata).min, 1);
    EXPECT_EQ(features->at(metadata).max, next_level);
    EXPECT_EQ(features->at("next.version").finalized, 1);
  }));
  brokers.world.run_for(seconds(3));
  EXPECT_EQ(versions_of(brokers, 3).finalized_features,
            told_as_finalized({{metadata, next_level}, {"next.version", 1}}));
  ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) {
    EXPECT_EQ(update(cluster, "next.version", 0), ErrorCode::invalid_update_version) << "that is no upgrade";
    EXPECT_EQ(update(cluster, "next.version", 0, UpdateFeaturesRequest::safe_downgrade), ErrorCode::none);
  }));
  // It was down meanwhile, and restarts with this release, which can't read what the others write now.
  brokers.broker(1).power_loss();
  brokers.features.erase(1);
  brokers.start(1);
  EXPECT_TRUE(brokers.world.run_until([&] { return !brokers.broker(1).running(); }, brokers.world.now() + seconds(60)));
  EXPECT_NE(brokers.failures[1].find("the cluster uses metadata.version " + std::to_string(next_level) +
                                     ", of which this broker's release supports 1 to " + std::to_string(newest)),
            std::string::npos)
      << brokers.failures[1];
  EXPECT_TRUE(brokers.stop());
}

// The log also has the earlier levels, which the broker does not support.
TEST(Features, ABrokerThatOnlySupportsWhatIsFinalisedNowReadsWhatWasBefore) {
  BrokerCluster brokers(2, 3);
  ASSERT_TRUE(brokers.all_ready());
  for (int id = 1; id <= 3; ++id) restart_as(brokers, id, release_with({{metadata, 1, next_level}}));
  ASSERT_TRUE(brokers.as_client(
      [&](Host&, ClusterClient& cluster) { EXPECT_EQ(update(cluster, metadata, next_level), ErrorCode::none); }));
  for (int id = 1; id <= 3; ++id) restart_as(brokers, id, release_with({{metadata, next_level, next_level}}));
  EXPECT_TRUE(brokers.stop());
}

TEST(Features, AnUpdateThatIsOnlyValidatedChangesNothingAndOldVersionsSayItOfEachFeature) {
  BrokerCluster brokers(3, 1);
  brokers.broker(1).power_loss();
  brokers.features[1] = {{metadata, 1, 1}, {"next.version", 0, 2}};
  brokers.start(1);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) {
    auto ask = [&](UpdateFeaturesRequest request) {
      auto answer = ask_controller<UpdateFeaturesResponse>(cluster, request);
      EXPECT_TRUE(answer.has_value());
      return answer ? answer->error_code : ErrorCode::unknown_server_error;
    };
    auto level = [&] { return cluster_features(cluster).value().at("next.version").finalized; };
    EXPECT_EQ(level(), 2) << "a new cluster begins with the newest";
    UpdateFeaturesRequest down{1000, {{"next.version", 1, false, UpdateFeaturesRequest::safe_downgrade}}, true};
    EXPECT_EQ(ask(down), ErrorCode::none);
    EXPECT_EQ(level(), 2);
    down.validate_only = false;
    EXPECT_EQ(ask(down), ErrorCode::none);
    EXPECT_EQ(level(), 1);
    down.updates[0].upgrade_type = 9;
    EXPECT_EQ(ask(down), ErrorCode::invalid_update_version);
    EXPECT_EQ(ask({}), ErrorCode::none) << "nothing asked for";
  }));
  EXPECT_TRUE(brokers.stop());
}

TEST(Features, ABrokerThatDoesNotSupportWhatTheClusterUsesIsRefusedWithBoth) {
  for (int stranger : {4, 3}) {  // an observer, and a controller that has the metadata on its disk
    for (const FeatureRanges& supported : {release_with({{metadata, next_level, next_level}}), FeatureRanges{}}) {
      SCOPED_TRACE(std::to_string(stranger) + ", " + std::to_string(supported.size()));
      BrokerCluster brokers(1, 4, {}, 3);
      ASSERT_TRUE(brokers.all_ready());
      brokers.lose_disk(4);
      brokers.broker(stranger).power_loss();
      brokers.features[stranger] = supported;
      brokers.start(stranger);
      EXPECT_TRUE(brokers.world.run_until([&] { return !brokers.broker(stranger).running(); },
                                          brokers.world.now() + seconds(60)));
      EXPECT_EQ(brokers.broker(stranger).exit_code(), 1);
      EXPECT_FALSE(brokers.ready.contains(stranger));
      const auto& why = brokers.failures[stranger];
      EXPECT_NE(why.find("the cluster uses "), std::string::npos) << why;
      EXPECT_NE(
          why.find(supported.empty() ? std::string("knows nothing")
                                     : "supports " + std::to_string(next_level) + " to " + std::to_string(next_level)),
          std::string::npos)
          << why;
      ASSERT_TRUE(brokers.as_client([](Host&, ClusterClient& cluster) { create_topic(cluster, "t", 1); }));
      EXPECT_TRUE(brokers.stop());
    }
  }
}

TEST(Features, GroupsHaveConfigurationsOnceNoBrokerNeedsToReadTheirRecordsThatCannot) {
  BrokerCluster brokers(4, 1);
  brokers.lose_disk(1);
  brokers.features[1] = release_with({{metadata, 1, 1}});
  brokers.start(1);
  ASSERT_TRUE(brokers.all_ready());
  restart_as(brokers, 1, supported_features());
  EXPECT_EQ(versions_of(brokers, 1).finalized_features, told_as_finalized({{metadata, 1}}))
      << "a restart raises no level";
  ASSERT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) {
    auto alter = [&] {
      IncrementalAlterConfigsRequest request;
      request.resources.push_back({32, "g", {{"consumer.session.timeout.ms", 0, "50000"}}});
      auto answer = ask_controller<IncrementalAlterConfigsResponse>(cluster, request);
      EXPECT_TRUE(answer.has_value());
      return answer ? answer->responses.at(0).error_code : ErrorCode::unknown_server_error;
    };
    EXPECT_EQ(alter(), ErrorCode::unsupported_version);
    EXPECT_EQ(update(cluster, metadata, metadata_with_group_configs), ErrorCode::none);
    EXPECT_EQ(alter(), ErrorCode::none);
  }));
  EXPECT_TRUE(brokers.stop());
}

}  // namespace
}  // namespace fulmar
