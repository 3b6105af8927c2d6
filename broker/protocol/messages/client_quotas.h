// DescribeClientQuotas, AlterClientQuotas (KIP-546).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"

namespace fulmar {

struct QuotaEntityPart {
  std::string entity_type;                 // "user", "client-id" or "ip"
  std::optional<std::string> entity_name;  // null: the default
};

struct DescribeClientQuotasRequest {
  static constexpr ApiKey key = ApiKey::describe_client_quotas;

  enum class Match : std::int8_t { exact = 0, default_name = 1, any_name = 2 };
  struct Component {
    std::string entity_type;
    Match match_type = Match::exact;
    std::optional<std::string> match;  // for `exact` only
  };

  std::vector<Component> components;
  bool strict = false;  // whether entities with other types than those are left out
};

struct DescribeClientQuotasResponse {
  static constexpr ApiKey key = ApiKey::describe_client_quotas;

  struct Value {
    std::string key;
    double value = 0;
  };
  struct Entry {
    std::vector<QuotaEntityPart> entity;
    std::vector<Value> values;
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message;
  std::optional<std::vector<Entry>> entries;  // null if there is an error
};

struct AlterClientQuotasRequest {
  static constexpr ApiKey key = ApiKey::alter_client_quotas;

  struct Op {
    std::string key;
    double value = 0;
    bool remove = false;  // the value is then ignored
  };
  struct Entry {
    std::vector<QuotaEntityPart> entity;
    std::vector<Op> ops;
  };

  std::vector<Entry> entries;
  bool validate_only = false;
};

struct AlterClientQuotasResponse {
  static constexpr ApiKey key = ApiKey::alter_client_quotas;

  struct Entry {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
    std::vector<QuotaEntityPart> entity;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Entry> entries;
};

}  // namespace fulmar
