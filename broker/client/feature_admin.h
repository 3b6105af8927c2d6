// Administrative requests about the cluster's features. Each is retried until it succeeds, fails for good, or the
// client's patience ends.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/protocol/messages/update_features.h"

namespace fulmar {

// A feature's finalised level, 0 if it is not in use, and the range that all brokers in the metadata support, which may
// be empty.
struct FeatureLevel {
  std::int16_t finalized = 0;
  std::int16_t min = 0;
  std::int16_t max = 0;
};
// By name; includes features that only some of the brokers know.
Answer<std::map<std::string, FeatureLevel>> cluster_features(ClusterClient& cluster);

// Errors: among others INVALID_UPDATE_VERSION; then nothing has changed.
Answer<void> update_features(ClusterClient& cluster, const std::vector<UpdateFeaturesRequest::Update>& updates);

}  // namespace fulmar
