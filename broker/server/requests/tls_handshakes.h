// TlsHandshakes: the TLS handshakes under way on a shard, each in a fiber of its own. Strangers can begin as many as
// they like, so there are at most so many: a further one takes the place of the oldest, which had the most time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "broker/security/tls/tls_guard.h"
#include "runtime/fiber/group.h"
#include "runtime/host/host.h"
#include "runtime/host/rate_limited_log.h"

namespace fulmar {

struct ShardCounts;

class TlsHandshakes {
 public:
  static constexpr std::size_t under_way_max = 256;

  // Null: it failed, which has been logged.
  using Done = std::function<void(std::unique_ptr<Connection>, Principal)>;

  // All outlive this.
  TlsHandshakes(Host& host, RateLimitedLog& log, ShardCounts& counts) : host_(host), log_(log), counts_(counts) {}

  // Calls `done` once, in a fiber, unless this is stopped first.
  void begin(const std::shared_ptr<const TlsGuard>& guard, std::unique_ptr<Connection> transport, Deadline deadline,
             Done done);
  void stop();

 private:
  Result<Principal> shake_hands(const TlsGuard& guard, TlsConnection& connection, Deadline deadline);

  Host& host_;
  RateLimitedLog& log_;
  ShardCounts& counts_;
  std::map<std::uint64_t, TlsConnection*> under_way_;  // in the order in which they began
  std::uint64_t begun_ = 0;
  FiberGroup fibers_;
};

}  // namespace fulmar
