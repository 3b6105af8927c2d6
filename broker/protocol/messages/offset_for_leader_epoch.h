// OffsetForLeaderEpoch: where an epoch ends in the leader's log, so that the client can find where its own data
// diverges (KIP-101, KIP-320).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"

namespace fulmar {

struct OffsetForLeaderEpochRequest {
  static constexpr ApiKey key = ApiKey::offset_for_leader_epoch;

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
      std::int32_t current_leader_epoch = -1;  // as known by the sender
      std::int32_t leader_epoch = 0;           // the epoch asked about
    };

    std::string name;
    std::vector<Partition> partitions;
  };

  std::int32_t replica_id = -2;  // -1: a consumer; -2: one that may read above the high watermark
  std::vector<Topic> topics;
};

struct OffsetForLeaderEpochResponse {
  static constexpr ApiKey key = ApiKey::offset_for_leader_epoch;

  struct Topic {
    struct Partition {
      ErrorCode error_code = ErrorCode::none;
      std::int32_t index = 0;
      std::int32_t leader_epoch = -1;  // the largest existing one up to the one asked about
      std::int64_t end_offset = -1;
    };

    std::string name;
    std::vector<Partition> partitions;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
};

}  // namespace fulmar
