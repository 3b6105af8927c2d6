// ListOffsets: offsets by timestamp, or by the special ones (KIP-79, KIP-734).
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

struct ListOffsetsRequest {
  static constexpr ApiKey key = ApiKey::list_offsets;

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
      std::int32_t current_leader_epoch = -1;
      std::int64_t timestamp = 0;
    };

    std::string name;
    std::vector<Partition> partitions;
  };

  std::int32_t replica_id = -1;
  std::int8_t isolation_level = 0;
  std::vector<Topic> topics;
  std::int32_t timeout_ms = 0;
};

struct ListOffsetsResponse {
  static constexpr ApiKey key = ApiKey::list_offsets;

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
      ErrorCode error_code = ErrorCode::none;
      std::int64_t timestamp = -1;
      std::int64_t offset = -1;
      std::int32_t leader_epoch = -1;
    };

    std::string name;
    std::vector<Partition> partitions;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
};

}  // namespace fulmar
