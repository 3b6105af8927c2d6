// MutationQuota: controller_mutation_rate (KIP-599): how many partitions the client of one request may make or delete.
#pragma once

#include <cstdint>
#include <optional>

#include "broker/security/client_quotas.h"

namespace fulmar {

class BrokerShard;
class Request;

// On shard 0, which has the meters.
class MutationQuota {
 public:
  static constexpr const char* exceeded_message = "The throttling quota has been exceeded.";

  // `strict_since`: the first version whose clients know THROTTLING_QUOTA_EXCEEDED. Requests of earlier versions are
  // carried out whatever the quota, and their clients held back afterwards.
  MutationQuota(BrokerShard& shard_0, const Request& call, std::int16_t strict_since);

  // Whether so many partitions more may be made or deleted; if so, they count.
  bool admits(std::size_t partitions);
  // For the response, and for how long the client is to be held back; 0 if it is within its quota.
  std::int32_t throttle_time_ms() const { return throttle_time_ms_; }

 private:
  BrokerShard& shard_;
  std::optional<QuotaLimit> limit_;
  const bool strict_;
  std::int32_t throttle_time_ms_ = 0;
};

}  // namespace fulmar
