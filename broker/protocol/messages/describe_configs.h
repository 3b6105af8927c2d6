// DescribeConfigs: the configuration of topics and brokers, and the source of each value (KIP-226).
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

struct DescribeConfigsRequest {
  static constexpr ApiKey key = ApiKey::describe_configs;

  struct Resource {
    std::int8_t resource_type = 0;
    std::string resource_name;
    std::optional<std::vector<std::string>> configuration_keys;
  };

  std::vector<Resource> resources;
  bool include_synonyms = false;
  bool include_documentation = false;
};

struct DescribeConfigsResponse {
  static constexpr ApiKey key = ApiKey::describe_configs;

  struct Result {
    struct Config {
      struct Synonym {
        std::string name;
        std::optional<std::string> value;
        std::int8_t source = 0;
      };

      std::string name;
      std::optional<std::string> value;
      bool read_only = false;
      bool is_default = false;
      std::int8_t config_source = -1;
      bool is_sensitive = false;
      std::vector<Synonym> synonyms;
      std::int8_t config_type = 0;
      std::optional<std::string> documentation;
    };

    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
    std::int8_t resource_type = 0;
    std::string resource_name;
    std::vector<Config> configs;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Result> results;
};

}  // namespace fulmar
