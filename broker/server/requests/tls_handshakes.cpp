#include "broker/server/requests/tls_handshakes.h"

#include "broker/server/shard/shard_counts.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration hearing_max = seconds(1);  // for a client to take the alert, and leave

}  // namespace

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
                  if (!principal && principal.error().code == Errc::refused)
                    connection->let_peer_hear_why(host_.clock().deadline_in(hearing_max));
                  under_way_.erase(number);
                  if (principal) return done(std::move(connection), std::move(*principal));
                  // Whoever only looks whether somebody listens, such as a load balancer, says nothing and goes.
                  const bool strange = connection->heard();
                  if (strange) ++counts_.tls_handshakes_failed;
                  log_.log(strange ? LogLevel::warn : LogLevel::debug, "TLS handshake failed",
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
