// InitProducerId: a producer id and epoch for an idempotent or transactional producer (KIP-98, KIP-360).
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

struct InitProducerIdRequest {
  static constexpr ApiKey key = ApiKey::init_producer_id;

  std::optional<std::string> transactional_id;
  std::int32_t transaction_timeout_ms = 0;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
};

struct InitProducerIdResponse {
  static constexpr ApiKey key = ApiKey::init_producer_id;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = 0;
};

}  // namespace fulmar
