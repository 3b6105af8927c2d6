#include "broker/server/requests/client_throttle.h"

#include <algorithm>

#include "broker/server/shard/broker_shard.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

constexpr Duration held_max = seconds(3600);
// What a client that has used nothing may fetch at once: what fills all of its windows but the running one.
constexpr double windows_in_one_response = 10;
constexpr Duration held_for_time_max = RateWindowSettings().sample;
constexpr double percent = 100;

// Of the kinds that are counted here.
std::size_t index_of(QuotaKind kind) {
  FULMAR_ASSERT(kind <= QuotaKind::request_time);
  return static_cast<std::size_t>(kind);
}

std::int64_t& counter_of(ShardCounts::Throttled& throttled, QuotaKind kind) {
  switch (kind) {
    case QuotaKind::produced_bytes: return throttled.produces;
    case QuotaKind::fetched_bytes: return throttled.fetches;
    default: return throttled.requests;
  }
}

}  // namespace

const QuotaLimit* ClientThrottle::limit(BrokerShard& shard, const Principal& client, const RequestHeader& request,
                                        QuotaKind kind) {
  const auto& quotas = shard.image()->client_quotas;
  if (quotas.empty()) return nullptr;
  const auto id = request.client_id ? std::string_view(*request.client_id) : std::string_view();
  if (user_ != client.name || client_id_ != id || !known_.is_same_version(quotas)) {
    limits_ = {};
    known_ = quotas;
    user_ = client.name;
    client_id_ = id;
  }
  auto& found = limits_[index_of(kind)];
  if (!found) found = quota_limit(quotas, kind, user_, client_id_);
  return *found ? &**found : nullptr;
}

std::int32_t throttle_milliseconds(Duration time) {
  return static_cast<std::int32_t>((std::min(time, held_max) + milliseconds(1) - nanoseconds(1)) / milliseconds(1));
}

void ClientThrottle::hold(BrokerShard& shard, Duration time) {
  held_until_ = std::max(held_until_, shard.now() + std::min(time, held_max));
}

std::int32_t ClientThrottle::held(BrokerShard& shard, QuotaKind kind, Duration time) {
  if (time == Duration(0)) return 0;
  FULMAR_MARK("quota: client is held back");
  hold(shard, time);
  ++counter_of(shard.counts().throttled, kind);
  return throttle_milliseconds(time);
}

std::int32_t ClientThrottle::count(BrokerShard& shard, const Principal& client, const RequestHeader& request,
                                   QuotaKind kind, double amount) {
  const auto* found = limit(shard, client, request, kind);
  if (!found) return 0;
  // A copy: while this waits another request may look for its limits.
  return held(shard, kind, shard.on(0, [limit = *found, kind, amount](BrokerShard& first) {
    return first.quota_meters().count(kind, limit, amount, first.now());
  }));
}

std::int32_t ClientThrottle::excess(BrokerShard& shard, const Principal& client, const RequestHeader& request,
                                    QuotaKind kind) {
  const auto* found = limit(shard, client, request, kind);
  if (!found) return 0;
  return held(shard, kind, shard.on(0, [limit = *found, kind](BrokerShard& first) {
    return first.quota_meters().excess(kind, limit, first.now());
  }));
}

std::optional<double> ClientThrottle::largest(BrokerShard& shard, const Principal& client, const RequestHeader& request,
                                              QuotaKind kind) {
  const auto* found = limit(shard, client, request, kind);
  return found ? std::optional(found->rate * windows_in_one_response) : std::nullopt;
}

std::shared_ptr<LimitedTime> ClientThrottle::limited_time(BrokerShard& shard, const Principal& client,
                                                          const RequestHeader& request) {
  const auto* found = limit(shard, client, request, QuotaKind::request_time);
  return found ? std::make_shared<LimitedTime>(*found) : nullptr;
}

std::int32_t ClientThrottle::count(BrokerShard& shard, const LimitedTime& time) {
  constexpr auto kind = QuotaKind::request_time;
  const double used = static_cast<double>(time.taken.count()) / 1e9 * percent;
  auto excess =
      shard.on(0, [&](BrokerShard& first) { return first.quota_meters().count(kind, time.limit, used, first.now()); });
  return held(shard, kind, std::min(excess, held_for_time_max));
}

}  // namespace fulmar
