// AlterUserScramCredentials and DescribeUserScramCredentials: who may authenticate with SCRAM, and by what (KIP-554).
// Passwords do not travel: clients derive what servers keep.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"
#include "runtime/base/bytes.h"

namespace fulmar {

struct AlterUserScramCredentialsRequest {
  static constexpr ApiKey key = ApiKey::alter_user_scram_credentials;

  struct Deletion {
    std::string name;
    std::int8_t mechanism = 0;  // 1: SCRAM-SHA-256; 2: SCRAM-SHA-512
  };
  struct Upsertion {
    std::string name;
    std::int8_t mechanism = 0;
    std::int32_t iterations = 0;
    Bytes salt;
    Bytes salted_password;  // Hi(password, salt, iterations)
  };

  std::vector<Deletion> deletions;
  std::vector<Upsertion> upsertions;
};

struct AlterUserScramCredentialsResponse {
  static constexpr ApiKey key = ApiKey::alter_user_scram_credentials;

  struct Result {
    std::string user;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Result> results;  // one for each user that the request names
};

struct DescribeUserScramCredentialsRequest {
  static constexpr ApiKey key = ApiKey::describe_user_scram_credentials;

  struct User {
    std::string name;
  };

  std::optional<std::vector<User>> users;  // null or empty: all
};

struct DescribeUserScramCredentialsResponse {
  static constexpr ApiKey key = ApiKey::describe_user_scram_credentials;

  struct Credential {
    std::int8_t mechanism = 0;
    std::int32_t iterations = 0;
  };
  struct Result {
    std::string user;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
    std::vector<Credential> credential_infos;
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message;
  std::vector<Result> results;
};

}  // namespace fulmar
