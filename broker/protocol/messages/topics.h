// CreateTopics, DeleteTopics, CreatePartitions, DeleteRecords: changes of topics.
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

struct CreateTopicsRequest {
  static constexpr ApiKey key = ApiKey::create_topics;

  struct Topic {
    struct Assignment {
      std::int32_t partition_index = 0;
      std::vector<std::int32_t> broker_ids;
    };

    struct Config {
      std::string name;
      std::optional<std::string> value;
    };

    std::string name;
    std::int32_t num_partitions = 0;
    std::int16_t replication_factor = 0;
    std::vector<Assignment> assignments;
    std::vector<Config> configs;
  };

  std::vector<Topic> topics;
  std::int32_t timeout_ms = 60000;
  bool validate_only = false;
};

struct CreateTopicsResponse {
  static constexpr ApiKey key = ApiKey::create_topics;

  struct Topic {
    struct Config {
      std::string name;
      std::optional<std::string> value;
      bool read_only = false;
      std::int8_t config_source = -1;
      bool is_sensitive = false;
    };

    std::string name;
    Uuid topic_id;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
    ErrorCode topic_config_error_code = ErrorCode::none;
    std::int32_t num_partitions = -1;
    std::int16_t replication_factor = -1;
    std::optional<std::vector<Config>> configs;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
};

struct DeleteTopicsRequest {
  static constexpr ApiKey key = ApiKey::delete_topics;

  struct Topic {
    std::optional<std::string> name;
    Uuid topic_id;
  };

  std::vector<Topic> topics;
  std::vector<std::string> topic_names;
  std::int32_t timeout_ms = 0;
};

struct DeleteTopicsResponse {
  static constexpr ApiKey key = ApiKey::delete_topics;

  struct Topic {
    std::optional<std::string> name;
    Uuid topic_id;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> responses;
};

struct CreatePartitionsRequest {
  static constexpr ApiKey key = ApiKey::create_partitions;

  struct Topic {
    struct Assignment {
      std::vector<std::int32_t> broker_ids;
    };

    std::string name;
    std::int32_t count = 0;
    std::optional<std::vector<Assignment>> assignments;
  };

  std::vector<Topic> topics;
  std::int32_t timeout_ms = 0;
  bool validate_only = false;
};

struct CreatePartitionsResponse {
  static constexpr ApiKey key = ApiKey::create_partitions;

  struct Result {
    std::string name;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Result> results;
};

struct DeleteRecordsRequest {
  static constexpr ApiKey key = ApiKey::delete_records;

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
      std::int64_t offset = 0;
    };

    std::string name;
    std::vector<Partition> partitions;
  };

  std::vector<Topic> topics;
  std::int32_t timeout_ms = 0;
};

struct DeleteRecordsResponse {
  static constexpr ApiKey key = ApiKey::delete_records;

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
      std::int64_t low_watermark = 0;
      ErrorCode error_code = ErrorCode::none;
    };

    std::string name;
    std::vector<Partition> partitions;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
};

}  // namespace fulmar
