// ClientThrottle: the quotas of the client of a connection (KIP-13, KIP-219): what it uses is counted, and if that is
// too much its connection begins no further request for a while. Responses say for how long, and are sent at once.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "broker/protocol/message.h"
#include "broker/security/client_quotas.h"
#include "broker/security/principal.h"
#include "runtime/base/time.h"
#include "runtime/fiber/work_meter.h"

namespace fulmar {

class BrokerShard;

// What requests may take of a processor's time, and what one has taken so far.
struct LimitedTime {
  QuotaLimit limit;
  Duration taken{0};
};

// Calls `work` and counts for how long that computes, unless `time` is null. In a fiber.
template <class F>
auto take_time(LimitedTime* time, F&& work) {
  if (!time) return work();
  WorkMeter meter;
  auto result = work();
  time->taken += meter.elapsed();
  return result;
}

// For a response, rounded up: a client that waits for as long is not early.
std::int32_t throttle_milliseconds(Duration time);

// Belongs to a connection; on its shard. It must be in a fiber where it waits for the meters, which are on shard 0.
class ClientThrottle {
 public:
  // Counts what the request used, and holds the connection back if that was too much. Returns the milliseconds for the
  // response; 0 if the client has no such quota. May wait.
  std::int32_t count(BrokerShard& shard, const Principal& client, const RequestHeader& request, QuotaKind kind,
                     double amount);
  // The same before anything is used: whether the client has used too much already.
  std::int32_t excess(BrokerShard& shard, const Principal& client, const RequestHeader& request, QuotaKind kind);
  // The most that one response may have; nullopt: there is no limit. Never waits.
  std::optional<double> largest(BrokerShard& shard, const Principal& client, const RequestHeader& request,
                                QuotaKind kind);
  // For a client whose requests' time is limited; null: it is not. Never waits.
  std::shared_ptr<LimitedTime> limited_time(BrokerShard& shard, const Principal& client, const RequestHeader& request);
  // Counts what a request has taken, and holds the connection back if that was too much, though for no longer than a
  // window, as Kafka does (KIP-124). Returns the milliseconds for the response. May wait.
  std::int32_t count(BrokerShard& shard, const LimitedTime& time);
  // Holds the connection back for so long.
  void hold(BrokerShard& shard, Duration time);
  // Until then the connection begins no request.
  Instant held_until() const { return held_until_; }

 private:
  // Null: there is none. Valid until the next call.
  const QuotaLimit* limit(BrokerShard& shard, const Principal& client, const RequestHeader& request, QuotaKind kind);
  std::int32_t held(BrokerShard& shard, QuotaKind kind, Duration time);

  Instant held_until_{};
  // What was found last, and for whom.
  ClientQuotas known_;
  std::string user_;
  std::string client_id_;
  std::array<std::optional<std::optional<QuotaLimit>>, 3> limits_;  // of produced and fetched bytes, and of time
};

}  // namespace fulmar
