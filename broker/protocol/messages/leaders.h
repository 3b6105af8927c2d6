// ElectLeaders: elects leaders of partitions (KIP-183, KIP-460).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"

namespace fulmar {

struct ElectLeadersRequest {
  static constexpr ApiKey key = ApiKey::elect_leaders;

  struct Topic {
    std::string name;
    std::vector<std::int32_t> partitions;
  };

  std::int8_t election_type = 0;             // 0: the preferred replica; 1: any live one
  std::optional<std::vector<Topic>> topics;  // null is all
  std::int32_t timeout_ms = 60000;
};

struct ElectLeadersResponse {
  static constexpr ApiKey key = ApiKey::elect_leaders;

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
      ErrorCode error_code = ErrorCode::none;
      std::optional<std::string> error_message;
    };

    std::string name;
    std::vector<Partition> partitions;
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<Topic> topics;
};

}  // namespace fulmar
