#include "broker/replication/greeting.h"

#include "broker/net/frame_reader.h"
#include "broker/protocol/message.h"
#include "broker/protocol/reader.h"
#include "broker/replication/cluster_secret.h"
#include "broker/security/tls/tls_connection.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"

namespace fulmar {

namespace {

constexpr std::int32_t answer_bytes_max = 64 * 1024;

std::string to_text(const PeerVersions& versions) {
  return std::to_string(versions.min) + " to " + std::to_string(versions.max);
}

Uuid random_nonce(Entropy& entropy) {
  auto high = entropy.next();
  return {high, entropy.next()};
}

Result<std::unique_ptr<Connection>> connect(Host& host, const Peers& peers, const SocketAddress& address,
                                            Deadline deadline) {
  FULMAR_TRY(auto connection, connect_by_name(host.network(), address, deadline));
  if (!peers.tls) return connection;
  auto tls = std::make_unique<TlsConnection>(host, peers.tls->as_client, std::move(connection), address.host);
  FULMAR_TRY_VOID(tls->handshake(deadline));
  return tls;
}

}  // namespace

Result<Greeted> hail(Host& host, const Peers& peers, const SocketAddress& address, Deadline deadline) {
  FULMAR_TRY(auto connection, connect(host, peers, address, deadline));
  PeerHelloRequest hello{peers.cluster_id(), peers.self.broker, peers.self.directory, random_nonce(host.entropy()),
                         peers.versions};
  FULMAR_TRY_VOID(connection->write(request_frame(hello, greeting_version, 0, ""), deadline));
  FrameReader frames(*connection, host.clock(),
                     {.size_max = answer_bytes_max, .idle_max = deadline.at - host.clock().now()});
  FULMAR_TRY(auto size, frames.next_size());
  if (size == 0) return fail(Errc::closed, "no answer to the greeting");
  FULMAR_TRY(auto frame, frames.body(size));
  Reader reader(std::move(frame));
  read_response_header(reader, ApiKey::peer_hello, greeting_version);
  auto decoded = decode<PeerHelloResponse>(reader, greeting_version);
  // A broker from before version 3 does not say which versions it speaks.
  if (!decoded)
    return fail(Errc::refused, "it speaks none of the versions " + to_text(peers.versions) +
                                   " of the brokers' protocol, but those of an earlier release");
  if (!spoken_by_both(peers.versions, decoded->versions))
    return fail(Errc::refused, "it speaks versions " + to_text(decoded->versions) +
                                   " of the brokers' protocol, and this broker " + to_text(peers.versions) +
                                   ": there is none that both do");
  auto& answer = *decoded;
  if (!peers.secret.empty() && answer.error_code == ErrorCode::none) {
    Challenge challenge{hello.nonce, answer.nonce, peers.self, {answer.broker_id, answer.directory_id}};
    if (!proves(peers.secret, End::server, challenge, answer.proof))
      return fail(Errc::refused, "it does not know this cluster's secret (cluster.secret.file)");
    PeerProofRequest proof{proof_of(peers.secret, End::client, challenge)};
    FULMAR_TRY_VOID(connection->write(request_frame(proof, 0, 0, ""), deadline));
  }
  return Greeted{std::move(connection), std::move(answer)};
}

Result<Greeted> greet(Host& host, const Peers& peers, const SocketAddress& address, Deadline deadline) {
  FULMAR_TRY(auto greeted, hail(host, peers, address, deadline));
  const auto& answer = greeted.answer;
  if (answer.error_code != ErrorCode::none)
    return fail(Errc::refused, std::string(error_code_name(answer.error_code)) + ": " + answer.error_message);
  return greeted;
}

}  // namespace fulmar
