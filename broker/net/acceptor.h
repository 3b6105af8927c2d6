// Acceptor: hands over what comes in at a listener.
#pragma once

#include <functional>
#include <memory>

#include "runtime/fiber/group.h"
#include "runtime/host/host.h"
#include "runtime/host/network.h"
#include "runtime/host/rate_limited_log.h"

namespace fulmar {

class Acceptor {
 public:
  // `take` is called with each connection, one after the other, and may wait: others wait behind it.
  Acceptor(Host& host, RateLimitedLog& log, std::function<void(std::unique_ptr<Connection>)> take)
      : host_(host), log_(log), take_(std::move(take)) {}

  // Takes the address, together with the other shards of this process. Errors: as Network::listen.
  Result<SocketAddress> listen(const SocketAddress& at);
  // After listen(): lets them in.
  void start();
  // Nobody comes in any more.
  void stop();

 private:
  void accept_connections();

  Host& host_;
  RateLimitedLog& log_;
  const std::function<void(std::unique_ptr<Connection>)> take_;
  std::unique_ptr<Listener> listener_;
  FiberGroup accepting_;
};

}  // namespace fulmar
