#include "broker/server/requests/mutation_quota.h"

#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/base/mark.h"

namespace fulmar {

MutationQuota::MutationQuota(BrokerShard& shard_0, const Request& call, std::int16_t strict_since)
    : shard_(shard_0),
      limit_(quota_limit(shard_0.image()->client_quotas, QuotaKind::controller_mutations, call.session().principal.name,
                         call.header().client_id.value_or(""))),
      strict_(call.version() >= strict_since) {}

bool MutationQuota::admits(std::size_t partitions) {
  if (!limit_) return true;
  auto wait = shard_.quota_meters().admit(*limit_, static_cast<double>(partitions), strict_, shard_.now());
  if (wait == Duration(0)) return true;
  FULMAR_MARK("quota: too many partitions are made or deleted");
  if (throttle_time_ms_ == 0) ++shard_.counts().throttled.mutations;
  throttle_time_ms_ = throttle_milliseconds(wait);
  return !strict_;
}

}  // namespace fulmar
