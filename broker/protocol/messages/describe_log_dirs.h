// DescribeLogDirs: the contents of each data directory of a broker, and its volume (KIP-113, KIP-827).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"

namespace fulmar {

struct DescribeLogDirsRequest {
  static constexpr ApiKey key = ApiKey::describe_log_dirs;

  struct Topic {
    std::string name;
    std::vector<std::int32_t> partitions;
  };

  std::optional<std::vector<Topic>> topics;  // null is all
};

struct DescribeLogDirsResponse {
  static constexpr ApiKey key = ApiKey::describe_log_dirs;

  struct LogDir {
    struct Topic {
      struct Partition {
        std::int32_t index = 0;
        std::int64_t size = 0;
        std::int64_t offset_lag = 0;
        bool is_future = false;  // a copy that is being moved here from another directory
      };

      std::string name;
      std::vector<Partition> partitions;
    };

    ErrorCode error_code = ErrorCode::none;
    std::string path;
    std::vector<Topic> topics;
    std::int64_t total_bytes = -1;   // of the volume
    std::int64_t usable_bytes = -1;  // of the volume
    bool is_cordoned = false;        // given no new partitions (KIP-1066)
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<LogDir> log_dirs;
};

}  // namespace fulmar
