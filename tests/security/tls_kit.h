// Both ends of a TLS connection in one process of a simulated world.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "broker/security/tls/tls_connection.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"
#include "sim/world.h"
#include "tests/security/test_certificates.h"

namespace fulmar {

inline TlsSettings server_settings() {
  TlsSettings settings;
  settings.certificate_chain = test_certificates::server_certificate;
  settings.key = test_certificates::server_key;
  return settings;
}
inline TlsSettings client_settings() {
  TlsSettings settings;
  settings.trusted = test_certificates::test_ca;
  return settings;
}
inline TlsSettings mutual(TlsSettings settings, ClientAuth auth = ClientAuth::required) {
  settings.trusted = test_certificates::test_ca;
  settings.client_auth = auth;
  return settings;
}
inline TlsSettings with_certificate(TlsSettings settings, const char* certificate, const char* key) {
  settings.certificate_chain = certificate;
  settings.key = key;
  return settings;
}

// Runs the body as a process with both ends of a plain connection.
inline void with_ends(
    const std::function<void(Host&, std::unique_ptr<Connection> client, std::unique_ptr<Connection> server)>& body,
    std::uint64_t seed = 1) {
  World world(seed, LogLevel::error);
  auto& node = world.add_node("node");
  node.start(1, [&](Host& host) {
    auto listener = host.network().listen({"127.0.0.1", 0}).value();
    std::unique_ptr<Connection> server;
    FiberGroup accepting;
    accepting.spawn("accept", [&] { server = listener->accept().value(); });
    auto client = host.network().connect(listener->local(), host.clock().deadline_in(seconds(5))).value();
    accepting.join();
    body(host, std::move(client), std::move(server));
    return 0;
  });
  EXPECT_TRUE(world.run_until([&] { return !node.running(); }, Instant{} + seconds(10'000))) << "stuck";
  node.kill();
  EXPECT_TRUE(world.leaks().empty());
}

struct TlsEnds {
  std::unique_ptr<TlsConnection> client;
  std::unique_ptr<TlsConnection> server;
  Result<void> client_through;
  Result<void> server_through;
};

inline std::shared_ptr<const TlsContext> context(Host& host, const TlsSettings& settings, TlsEnd end) {
  auto made = TlsContext::make(settings, end, host.entropy());
  EXPECT_TRUE(made) << (made ? "" : made.error().detail);
  return made.value();
}

// Both handshakes, each in its fiber.
inline TlsEnds shake_hands(Host& host, std::unique_ptr<Connection> client, std::unique_ptr<Connection> server,
                           const std::shared_ptr<const TlsContext>& of_client,
                           const std::shared_ptr<const TlsContext>& of_server,
                           const std::string& server_name = "broker.example") {
  TlsEnds ends;
  ends.client = std::make_unique<TlsConnection>(host, of_client, std::move(client), server_name);
  ends.server = std::make_unique<TlsConnection>(host, of_server, std::move(server));
  FiberGroup fibers;
  fibers.spawn("server", [&] { ends.server_through = ends.server->handshake(host.clock().deadline_in(seconds(10))); });
  ends.client_through = ends.client->handshake(host.clock().deadline_in(seconds(10)));
  fibers.join();
  return ends;
}

inline void with_tls(const TlsSettings& of_client, const TlsSettings& of_server,
                     const std::function<void(Host&, TlsEnds&)>& body,
                     const std::string& server_name = "broker.example", std::uint64_t seed = 1) {
  with_ends(
      [&](Host& host, std::unique_ptr<Connection> client, std::unique_ptr<Connection> server) {
        auto ends = shake_hands(host, std::move(client), std::move(server), context(host, of_client, TlsEnd::client),
                                context(host, of_server, TlsEnd::server), server_name);
        body(host, ends);
      },
      seed);
}

inline ByteChain chain_of(const std::string& text) {
  return ByteChain(Bytes::copy_of(text));
}

// Everything up to the end of the stream; the error, if there is one, in its place.
inline Result<std::string> read_to_end(Connection& connection, Deadline deadline = Deadline::never()) {
  std::string text;
  char piece[10'000];
  for (;;) {
    FULMAR_TRY(auto got, connection.read(piece, deadline));
    if (got == 0) return text;
    text.append(piece, got);
  }
}

}  // namespace fulmar
