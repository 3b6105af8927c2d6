#include "broker/server/requests/tls_handshakes.h"

#include "broker/server/shard/shard_counts.h"

namespace fulmar {

void TlsHandshakes::begin(const std::shared_ptr<const TlsGuard>& guard, std::unique_ptr<Connection> transport,
                          Deadline deadline, Done done) {
  if (under_way_.size() >= under_way_max) {
    auto oldest = under_way_.begin();
    oldest->second->abort();
    under_way_.erase(oldest);
  }
  auto connection = std::make_unique<TlsConnection>(host_, guard->context(), std::move(transport));
  auto number = begun_++;
  under_way_.emplace(number, connection.get());
  fibers_.spawn("TLS handshake",
                [this, number, guard, connection = std::move(connection), deadline, done = std::move(done)]() mutable {
                  auto principal = shake_hands(*guard, *connection, deadline);
                  under_way_.erase(number);
                  if (principal) return done(std::move(connection), std::move(*principal));
                  ++counts_.tls_handshakes_failed;
                  log_.warn("TLS handshake failed",
                            {{"peer", to_string(connection->peer())}, {"reason", to_string(principal.error())}});
                  connection.reset();
                  done(nullptr, {});
                });
}

void TlsHandshakes::stop() {
  fibers_.cancel();
  fibers_.join();
  under_way_.clear();
}

Result<Principal> TlsHandshakes::shake_hands(const TlsGuard& guard, TlsConnection& connection, Deadline deadline) {
  FULMAR_TRY_VOID(connection.handshake(deadline));
  ++counts_.tls_handshakes;
  if (connection.resumed()) ++counts_.tls_sessions_resumed;
  return guard.principal_of(connection);
}

}  // namespace fulmar
