// ApiVersions: the APIs and features that the broker serves (KIP-35, KIP-511, KIP-584).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"
#include "broker/protocol/uuid.h"
#include "runtime/base/bytes.h"

namespace fulmar {

struct ApiVersionsRequest {
  static constexpr ApiKey key = ApiKey::api_versions;

  std::string client_software_name;
  std::string client_software_version;
  // The cluster and node that the client wants to reach (KIP-1242); null and -1: not given.
  std::optional<std::string> cluster_id = std::nullopt;
  std::int32_t node_id = -1;
};

struct ApiVersionsResponse {
  static constexpr ApiKey key = ApiKey::api_versions;

  struct ApiVersion {
    std::int16_t api_key = 0;
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;
  };

  struct SupportedFeature {
    std::string name;
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;

    bool operator==(const SupportedFeature&) const = default;
  };

  struct FinalizedFeature {
    std::string name;
    std::int16_t max_version_level = 0;
    std::int16_t min_version_level = 0;

    bool operator==(const FinalizedFeature&) const = default;
  };

  ErrorCode error_code = ErrorCode::none;
  std::vector<ApiVersion> api_keys;
  std::int32_t throttle_time_ms = 0;
  std::vector<SupportedFeature> supported_features;
  std::int64_t finalized_features_epoch = -1;
  std::vector<FinalizedFeature> finalized_features;
};

}  // namespace fulmar
