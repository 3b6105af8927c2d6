// OffsetCommit, OffsetFetch, OffsetDelete: the committed offsets of groups. Several groups at once from OffsetFetch 8
// on (KIP-709), member epochs from OffsetFetch 9 on (KIP-848), topic ids instead of names from version 10 on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"
#include "broker/protocol/uuid.h"

namespace fulmar {

struct OffsetCommitRequest {
  static constexpr ApiKey key = ApiKey::offset_commit;

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
      std::int64_t committed_offset = 0;
      std::int32_t committed_leader_epoch = -1;
      std::optional<std::string> committed_metadata;
    };

    std::string name;
    Uuid topic_id;
    std::vector<Partition> partitions;
  };

  std::string group_id;
  std::int32_t generation_id_or_member_epoch = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::int64_t retention_time_ms = -1;  // -1: the broker's configuration
  std::vector<Topic> topics;
};

struct OffsetCommitResponse {
  static constexpr ApiKey key = ApiKey::offset_commit;

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
      ErrorCode error_code = ErrorCode::none;
    };

    std::string name;
    Uuid topic_id;
    std::vector<Partition> partitions;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
};

struct OffsetFetchRequest {
  static constexpr ApiKey key = ApiKey::offset_fetch;

  struct Topic {
    std::string name;
    std::vector<std::int32_t> partition_indexes;
  };

  struct Group {
    struct Topic {
      std::string name;
      Uuid topic_id;
      std::vector<std::int32_t> partition_indexes;
    };

    std::string group_id;
    std::optional<std::string> member_id;
    std::int32_t member_epoch = -1;
    std::optional<std::vector<Topic>> topics;  // null is all
  };

  // Until version 7, one group:
  std::string group_id;
  std::optional<std::vector<Topic>> topics;  // null is all, from version 2; written as none before
  // From version 8:
  std::vector<Group> groups;

  bool require_stable = false;
};

struct OffsetFetchResponse {
  static constexpr ApiKey key = ApiKey::offset_fetch;

  struct Partition {
    std::int32_t index = 0;
    std::int64_t committed_offset = 0;  // -1: none
    std::int32_t committed_leader_epoch = -1;
    std::optional<std::string> metadata;
    ErrorCode error_code = ErrorCode::none;
  };

  struct Topic {
    std::string name;
    std::vector<Partition> partitions;
  };

  struct Group {
    struct Topic {
      std::string name;
      Uuid topic_id;
      std::vector<Partition> partitions;
    };

    std::string group_id;
    std::vector<Topic> topics;
    ErrorCode error_code = ErrorCode::none;
  };

  std::int32_t throttle_time_ms = 0;
  // Until version 7, one group:
  std::vector<Topic> topics;
  ErrorCode error_code = ErrorCode::none;  // from version 2; before, it is in the partitions alone
  // From version 8:
  std::vector<Group> groups;
};

struct OffsetDeleteRequest {
  static constexpr ApiKey key = ApiKey::offset_delete;

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
    };

    std::string name;
    std::vector<Partition> partitions;
  };

  std::string group_id;
  std::vector<Topic> topics;
};

struct OffsetDeleteResponse {
  static constexpr ApiKey key = ApiKey::offset_delete;

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
      ErrorCode error_code = ErrorCode::none;
    };

    std::string name;
    std::vector<Partition> partitions;
  };

  ErrorCode error_code = ErrorCode::none;
  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
};

}  // namespace fulmar
