#include "broker/net/acceptor.h"

#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration retry_interval = milliseconds(100);

}  // namespace

Acceptor::Acceptor(Host& host, RateLimitedLog& log, std::string_view name, std::size_t connections_max,
                   std::function<void(Connection&)> serve)
    : host_(host), log_(log), name_(name), connections_max_(connections_max), serve_(std::move(serve)) {}

Result<SocketAddress> Acceptor::listen(const SocketAddress& at) {
  TRY(listener_, host_.network().listen(at, host_.shard_count() > 1));
  return listener_->local();
}

void Acceptor::start() {
  accepting_.spawn("accept", [this] { accept_connections(); });
}

void Acceptor::stop() {
  if (listener_) listener_->close();
  accepting_.join();
  serving_.cancel();
  serving_.join();
}

void Acceptor::accept_connections() {
  for (;;) {
    auto accepted = listener_->accept();
    if (!accepted) {
      if (accepted.error().code == Errc::closed) return;
      log_.warn("accept failed", {{"reason", to_string(accepted.error())}});
      host_.clock().sleep_for(retry_interval);  // out of descriptors, most likely: until some are closed
      continue;
    }
    if (connections_ >= connections_max_) {
      log_.warn("connection refused", {{"peer", to_string((*accepted)->peer())}, {"reason", "max.connections"}});
      continue;
    }
    ++connections_;
    serving_.spawn(name_, [this, connection = std::move(*accepted)] {
      struct Count {
        std::size_t& connections;
        ~Count() { --connections; }
      } count{connections_};
      serve_(*connection);
    });
  }
}

}  // namespace fulmar
