// ClientThrottle: the quotas of the client of a connection (KIP-13, KIP-219): what it uses is counted, and if that is
// too much its connection begins no further request for a while. Responses say for how long, and are sent at once.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "broker/protocol/message.h"
#include "broker/security/client_quotas.h"
#include "broker/security/principal.h"
#include "runtime/base/time.h"

namespace fulmar {

class BrokerShard;

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
  std::array<std::optional<std::optional<QuotaLimit>>, 2> limits_;  // of produced and fetched bytes
};

}  // namespace fulmar
