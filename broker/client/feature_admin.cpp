#include "broker/client/feature_admin.h"

#include <algorithm>

#include "broker/protocol/messages/api_versions.h"

namespace fulmar {

namespace {

constexpr const char* software_version = "1";

Answer<ApiVersionsResponse> versions_of(ClusterClient& cluster, std::int32_t broker, Deadline deadline) {
  FULMAR_TRY(auto connection, cluster.broker(broker, deadline));
  ApiVersionsRequest request;
  request.client_software_name = "fulmar";
  request.client_software_version = software_version;
  FULMAR_TRY(auto response, connection->call<ApiVersionsResponse>(request, deadline));
  if (response.error_code != ErrorCode::none)
    return refuse(response.error_code, "the versions of broker " + std::to_string(broker));
  return response;
}

}  // namespace

Answer<std::map<std::string, FeatureLevel>> cluster_features(ClusterClient& cluster) {
  using Features = std::map<std::string, FeatureLevel>;
  return cluster.retry([&](Deadline deadline) -> Answer<Features> {
    FULMAR_TRY(auto metadata, cluster.metadata(std::vector<std::string>()));
    Features features;
    std::map<std::string, std::size_t> known_by;
    std::int64_t newest = -1;
    for (const auto& broker : metadata.brokers) {
      FULMAR_TRY(auto versions, versions_of(cluster, broker.node_id, deadline));
      for (const auto& [name, min, max] : versions.supported_features) {
        auto [entry, is_new] = features.try_emplace(name, FeatureLevel{0, min, max});
        entry->second.min = std::max(entry->second.min, min);
        entry->second.max = std::min(entry->second.max, max);
        ++known_by[name];
      }
      // A broker may not have the latest change yet.
      if (versions.finalized_features_epoch <= newest) continue;
      newest = versions.finalized_features_epoch;
      for (auto& [name, feature] : features) feature.finalized = 0;
      for (const auto& level : versions.finalized_features) features[level.name].finalized = level.max_version_level;
    }
    for (auto& [name, feature] : features)
      if (known_by[name] < metadata.brokers.size()) feature.min = feature.max = 0;
    return features;
  });
}

Answer<void> update_features(ClusterClient& cluster, const std::vector<UpdateFeaturesRequest::Update>& updates) {
  UpdateFeaturesRequest request;
  request.timeout_ms = cluster.options().broker_timeout_ms();
  request.updates = updates;
  return cluster.retry([&](Deadline deadline) -> Answer<void> {
    FULMAR_TRY(auto controller, cluster.controller(deadline));
    FULMAR_TRY(auto response, controller->call<UpdateFeaturesResponse>(request, deadline));
    if (response.error_code == ErrorCode::none) return {};
    return refuse(response.error_code, response.error_message.value_or("the features"));
  });
}

}  // namespace fulmar
