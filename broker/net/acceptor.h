// Acceptor: what comes in at a listener, each connection served in a fiber of its own.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "runtime/fiber/group.h"
#include "runtime/host/host.h"
#include "runtime/host/network.h"
#include "runtime/host/rate_limited_log.h"

namespace fulmar {

class Acceptor {
 public:
  // `name`: of the fibers, for debuggers; a literal. `connections_max`: at a time; one more is closed at once. `serve`:
  // when it returns, the connection is closed.
  Acceptor(Host& host, RateLimitedLog& log, std::string_view name, std::size_t connections_max,
           std::function<void(Connection&)> serve);

  // Takes the address, together with the other shards of this process. Errors: as Network::listen.
  Result<SocketAddress> listen(const SocketAddress& at);
  // After listen(): lets them in.
  void start();
  // Another limit from now on; who is there stays.
  void set_connections_max(std::size_t connections_max) { connections_max_ = connections_max; }
  // Nobody comes in any more, and who is served is cancelled; waits for them.
  void stop();

 private:
  void accept_connections();

  Host& host_;
  RateLimitedLog& log_;
  const std::string_view name_;
  std::size_t connections_max_;
  const std::function<void(Connection&)> serve_;
  std::unique_ptr<Listener> listener_;
  std::size_t connections_ = 0;
  FiberGroup accepting_;
  FiberGroup serving_;
};

}  // namespace fulmar
