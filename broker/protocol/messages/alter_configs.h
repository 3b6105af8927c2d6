// AlterConfigs and IncrementalAlterConfigs: changes of the configuration of topics and brokers (KIP-133, KIP-339), and
// ListConfigResources (KIP-1142).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"

namespace fulmar {

// The kinds of configuration resources, as numbered by the protocol.
enum class ConfigResource : std::int8_t { topic = 2, broker = 4, broker_logger = 8, client_metrics = 16, group = 32 };

// The operations on one property, as numbered by the protocol.
enum class ConfigOperation : std::int8_t { set = 0, remove = 1, append = 2, subtract = 3 };

// Replaces all properties that are set for a resource.
struct AlterConfigsRequest {
  static constexpr ApiKey key = ApiKey::alter_configs;

  struct Resource {
    struct Config {
      std::string name;
      std::optional<std::string> value;
    };

    std::int8_t resource_type = 0;
    std::string resource_name;
    std::vector<Config> configs;
  };

  std::vector<Resource> resources;
  bool validate_only = false;
};

struct AlterConfigsResponse {
  static constexpr ApiKey key = ApiKey::alter_configs;

  struct Result {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
    std::int8_t resource_type = 0;
    std::string resource_name;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Result> responses;
};

struct IncrementalAlterConfigsRequest {
  static constexpr ApiKey key = ApiKey::incremental_alter_configs;

  struct Resource {
    struct Config {
      std::string name;
      std::int8_t operation = 0;
      std::optional<std::string> value;
    };

    std::int8_t resource_type = 0;
    std::string resource_name;
    std::vector<Config> configs;
  };

  std::vector<Resource> resources;
  bool validate_only = false;
};

struct IncrementalAlterConfigsResponse {
  static constexpr ApiKey key = ApiKey::incremental_alter_configs;

  std::int32_t throttle_time_ms = 0;
  std::vector<AlterConfigsResponse::Result> responses;
};

struct ListConfigResourcesRequest {
  static constexpr ApiKey key = ApiKey::list_config_resources;

  std::vector<std::int8_t> resource_types;  // none: all
};

struct ListConfigResourcesResponse {
  static constexpr ApiKey key = ApiKey::list_config_resources;

  struct Resource {
    std::string resource_name;
    std::int8_t resource_type = static_cast<std::int8_t>(ConfigResource::client_metrics);
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<Resource> config_resources;
};

}  // namespace fulmar
