// UnregisterBroker: decommissions a broker.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"

namespace fulmar {

struct UnregisterBrokerRequest {
  static constexpr ApiKey key = ApiKey::unregister_broker;

  std::int32_t broker_id = 0;
};

struct UnregisterBrokerResponse {
  static constexpr ApiKey key = ApiKey::unregister_broker;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message;
};

}  // namespace fulmar
