// Acceptor: accepts the connections of a listener.
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
  // `take` is called with each connection, one after the other. While it waits, further connections wait too.
  Acceptor(Host& host, RateLimitedLog& log, std::function<void(std::unique_ptr<Connection>)> take)
      : host_(host), log_(log), take_(std::move(take)) {}

  // Binds the address, which the shards of this process share. Errors: as Network::listen.
  Result<SocketAddress> listen(const SocketAddress& at);
  // After listen(): begins to accept.
  void start();
  // Accepts no more connections.
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
