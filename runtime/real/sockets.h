// RealNetwork: TCP sockets, non-blocking, through the shard's engine.
#pragma once

#include "runtime/host/network.h"
#include "runtime/real/reactor.h"
#include "runtime/real/resolver.h"

namespace fulmar {

class RealNetwork final : public Network {
 public:
  explicit RealNetwork(Reactor& reactor) : reactor_(reactor), resolver_(reactor) {}

  Result<std::unique_ptr<Listener>> listen(const SocketAddress& at, bool shared) override;
  Result<std::unique_ptr<Connection>> connect(const SocketAddress& to, Deadline deadline) override;
  Result<std::vector<SocketAddress>> resolve(const std::string& host, std::uint16_t port, Deadline deadline) override;

 private:
  Reactor& reactor_;
  Resolver resolver_;
};

}  // namespace fulmar
