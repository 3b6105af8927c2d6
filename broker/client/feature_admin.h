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

// A feature's levels: that at which it is finalised, 0 if it is not in use; and those that all brokers support that
// the cluster names, of which there may be none.
struct FeatureLevel {
  std::int16_t finalized = 0;
  std::int16_t min = 0;
  std::int16_t max = 0;
};
// By name; with features that only some of the brokers know.
Answer<std::map<std::string, FeatureLevel>> cluster_features(ClusterClient& cluster);

// Errors: among others INVALID_UPDATE_VERSION; then nothing has changed.
Answer<void> update_features(ClusterClient& cluster, const std::vector<UpdateFeaturesRequest::Update>& updates);

}  // namespace fulmar
