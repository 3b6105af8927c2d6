// UpdateFeatures: changes the finalised levels of the cluster's features (KIP-584, KIP-778).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"

namespace fulmar {

struct UpdateFeaturesRequest {
  static constexpr ApiKey key = ApiKey::update_features;

  static constexpr std::int8_t upgrade = 1;           // the level may only rise
  static constexpr std::int8_t safe_downgrade = 2;    // it may only fall, without loss of data
  static constexpr std::int8_t unsafe_downgrade = 3;  // it may only fall

  struct Update {
    std::string feature;
    std::int16_t max_version_level = 0;  // 0: the feature is not in use any more
    bool allow_downgrade = false;        // version 0, instead of the type
    std::int8_t upgrade_type = upgrade;
  };

  std::int32_t timeout_ms = 60000;
  std::vector<Update> updates;
  bool validate_only = false;
};

struct UpdateFeaturesResponse {
  static constexpr ApiKey key = ApiKey::update_features;

  struct Result {
    std::string feature;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;  // of all updates: all are made, or none
  std::optional<std::string> error_message;
  std::vector<Result> results;  // until version 1, and only if all are made
};

}  // namespace fulmar
