#include "broker/net/acceptor.h"

#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration retry_interval = milliseconds(100);

}  // namespace

Result<SocketAddress> Acceptor::listen(const SocketAddress& at) {
  FULMAR_TRY(listener_, host_.network().listen(at, host_.shard_count() > 1));
  return listener_->local();
}

void Acceptor::start() {
  accepting_.spawn("accept", [this] { accept_connections(); });
}

void Acceptor::stop() {
  if (listener_) listener_->close();
  accepting_.cancel();
  accepting_.join();
}

void Acceptor::accept_connections() {
  for (;;) {
    auto accepted = listener_->accept();
    if (!accepted) {
      if (accepted.error().code == Errc::closed) return;
      log_.warn("accept failed", {{"reason", to_string(accepted.error())}});
      host_.clock().sleep_for(retry_interval);  // most likely out of descriptors: waits until some are closed
      continue;
    }
    take_(std::move(*accepted));
  }
}

}  // namespace fulmar
