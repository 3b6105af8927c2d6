// FindCoordinator: which broker coordinates a group or a transactional id.
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

struct FindCoordinatorRequest {
  static constexpr ApiKey key = ApiKey::find_coordinator;

  std::string key_name;
  std::int8_t key_type = 0;
  std::vector<std::string> coordinator_keys;
};

struct FindCoordinatorResponse {
  static constexpr ApiKey key = ApiKey::find_coordinator;

  struct Coordinator {
    std::string key;
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message;
  std::int32_t node_id = 0;
  std::string host;
  std::int32_t port = 0;
  std::vector<Coordinator> coordinators;
};

}  // namespace fulmar
