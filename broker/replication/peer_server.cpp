#include "broker/replication/peer_server.h"

#include <algorithm>

#include "broker/net/frame_reader.h"
#include "broker/protocol/message.h"
#include "broker/protocol/reader.h"
#include "broker/replication/cluster_secret.h"
#include "broker/security/tls/tls_connection.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"

namespace fulmar {

namespace {

constexpr std::int32_t frame_bytes_max = 128 << 20;  // the largest batch, and some
constexpr std::int32_t greeting_bytes_max = 4096;    // before the sender is authenticated
constexpr Duration hello_max = seconds(10);
constexpr Duration answer_max = seconds(30);
constexpr Duration hearing_max = seconds(1);  // for a peer to take the alert, and leave

}  // namespace

PeerServer::PeerServer(Host& host, const Peers& peers, std::size_t connections_max, Handlers handlers)
    : host_(host),
      peers_(peers),
      handlers_(std::move(handlers)),
      log_(host, host.log().named("peer")),
      connections_max_(connections_max),
      acceptor_(host, log_, [this](std::unique_ptr<Connection> accepted) { take(std::move(accepted)); }) {}

Result<SocketAddress> PeerServer::listen(const SocketAddress& at) {
  FULMAR_TRY(auto address, acceptor_.listen(at));
  acceptor_.start();
  return address;
}

void PeerServer::stop() {
  acceptor_.stop();
  serving_.cancel();
  serving_.join();
}

void PeerServer::take(std::unique_ptr<Connection> accepted) {
  if (serving_.size() >= connections_max_) {
    log_.warn("connection refused",
              {{"peer", to_string(accepted->peer())}, {"reason", "listener.name.internal.max.connections"}});
    return;
  }
  serving_.spawn("peer", [this, connection = std::move(accepted)]() mutable { serve(std::move(connection)); });
}

void PeerServer::serve(std::unique_ptr<Connection> connection) {
  const auto peer = to_string(connection->peer());
  Result<void> served;
  if (peers_.tls) {
    TlsConnection tls(host_, peers_.tls->as_server, std::move(connection));
    served = tls.handshake(host_.clock().deadline_in(hello_max));
    if (served)
      served = answer_all(tls);
    else if (served.error().code == Errc::refused)
      tls.let_peer_hear_why(host_.clock().deadline_in(hearing_max));
  } else {
    served = answer_all(*connection);
  }
  if (served) return;
  auto code = served.error().code;
  bool ordinary = code == Errc::closed || code == Errc::reset || code == Errc::timed_out;
  log_.log(ordinary ? LogLevel::debug : LogLevel::warn, "peer's connection closed",
           {{"peer", peer}, {"reason", to_string(served.error())}});
}

PeerHelloResponse PeerServer::answer(const PeerHelloRequest& hello) const {
  PeerHelloResponse response;
  response.cluster_id = peers_.cluster_id();
  response.broker_id = peers_.self.broker;
  response.versions = peers_.versions;
  response.directory_id = peers_.self.directory;
  for (const auto& first_voter : peers_.first_voters())
    response.first_voters.push_back({first_voter.broker, first_voter.directory});
  response.controller_id = peers_.controller();
  auto high = host_.entropy().next();
  response.nonce = {high, host_.entropy().next()};
  response.clock = host_.clock().now().ns;
  bool strange = !hello.cluster_id.empty() && !response.cluster_id.empty() && hello.cluster_id != response.cluster_id;
  if (strange) {
    response.error_code = ErrorCode::inconsistent_cluster_id;
    response.error_message = "this is a broker of cluster " + response.cluster_id + ", not of " + hello.cluster_id;
  } else if (hello.broker_id == peers_.self.broker) {
    response.error_code = ErrorCode::duplicate_broker_registration;
    response.error_message = "this is broker " + std::to_string(hello.broker_id) + " itself";
  }
  return response;
}

namespace {

// Reads the next request's header; its body is in `reader`. Errors: closed, at the end of the stream.
Result<RequestHeader> next_request(FrameReader& frames, Reader& reader) {
  FULMAR_TRY(auto size, frames.next_size());
  if (size == 0) return fail(Errc::closed, "the peer has closed the connection");
  FULMAR_TRY(auto frame, frames.body(size));
  reader = Reader(std::move(frame));
  return read_request_header(reader);
}

}  // namespace

// Returns once the other end has proved to be a broker of this cluster. Until then no other request is accepted.
Result<PeerHelloRequest> PeerServer::greet(Connection& connection, FrameReader& frames) {
  auto is = [](const RequestHeader& header, ApiKey key) { return header.api_key == static_cast<std::int16_t>(key); };
  Reader reader(Bytes{});
  FULMAR_TRY(auto header, next_request(frames, reader));
  if (!is(header, ApiKey::peer_hello)) return fail(Errc::unsupported, "no greeting, but a request of another key");
  // Earlier versions do not say which versions the broker speaks.
  auto version = std::min(header.api_version, greeting_version);
  FULMAR_TRY(auto hello, decode<PeerHelloRequest>(reader, version));
  if (version < greeting_version) hello.versions = {header.api_version, header.api_version};
  auto response = answer(hello);
  if (!spoken_by_both(peers_.versions, hello.versions)) {
    response.error_code = ErrorCode::unsupported_version;
    response.error_message = "there is no version of the brokers' protocol that both speak";
  }
  Challenge challenge{hello.nonce, response.nonce, {hello.broker_id, hello.directory_id}, peers_.self};
  response.proof = proof_of(peers_.secret, End::server, challenge);
  FULMAR_TRY_VOID(
      connection.write(response_frame(response, version, header.correlation_id), host_.clock().deadline_in(hello_max)));
  if (response.error_code != ErrorCode::none) return fail(Errc::refused, response.error_message);
  if (peers_.secret.empty()) return hello;
  FULMAR_TRY(auto next, next_request(frames, reader));
  if (!is(next, ApiKey::peer_proof)) return fail(Errc::refused, "it has no cluster.secret.file");
  FULMAR_TRY(auto proof, decode<PeerProofRequest>(reader, 0));
  if (!proves(peers_.secret, End::client, challenge, proof.proof))
    return fail(Errc::refused, "it does not know this cluster's secret (cluster.secret.file)");
  return hello;
}

Result<void> PeerServer::answer_all(Connection& connection) {
  auto begun = host_.clock().now();
  FrameReader frames(connection, host_.clock(), {.size_max = greeting_bytes_max, .idle_max = hello_max});
  FULMAR_TRY(auto hello, greet(connection, frames));
  frames.trust(frame_bytes_max);
  PeerConnection from{hello.broker_id, ++connections_};
  auto answered = answer_requests(connection, frames, hello, from, begun);
  handlers_.ended(from);
  return answered;
}

// Until the connection ends, which is always an error.
Result<void> PeerServer::answer_requests(Connection& connection, FrameReader& frames, const PeerHelloRequest& hello,
                                         const PeerConnection& from, Instant begun) {
  // Messages must be from the peer's directory to this one.
  auto check_ends = [&](const Uuid& from_directory, const Uuid& to_directory) -> Result<void> {
    if (from_directory != hello.directory_id) return fail(Errc::refused, "in the name of another directory");
    if (to_directory != peers_.self.directory) return fail(Errc::refused, "meant for another directory");
    return {};
  };
  auto check_time = [&](std::int64_t as_of) -> Result<void> {
    if (as_of < begun.ns || as_of > host_.clock().now().ns)
      return fail(Errc::refused, "as of a time that it was not told of");
    return {};
  };
  for (;;) {
    Reader reader(Bytes{});
    FULMAR_TRY(auto header, next_request(frames, reader));
    switch (static_cast<ApiKey>(header.api_key)) {
      case ApiKey::raft_messages: {
        FULMAR_TRY(auto request, decode<RaftMessagesRequest>(reader, 0));
        FULMAR_TRY_VOID(check_ends(request.from_directory_id, request.to_directory_id));
        FULMAR_TRY(auto messages, from_wire(std::move(request), from.broker, peers_.self.broker));
        handlers_.deliver(std::move(messages));
        break;
      }
      case ApiKey::pulses: {
        FULMAR_TRY(auto request, decode<PulsesRequest>(reader, 0));
        FULMAR_TRY_VOID(check_ends(request.from_directory_id, request.to_directory_id));
        if (request.leads) FULMAR_TRY_VOID(check_time(request.as_of));
        handlers_.pulses(from, request);
        if (!request.leads) break;
        FULMAR_TRY_VOID(
            connection.write(response_frame(PulsesResponse{host_.clock().now().ns}, 0, header.correlation_id),
                             host_.clock().deadline_in(answer_max)));
        break;
      }
      case ApiKey::leaders: {
        FULMAR_TRY(auto request, decode<LeadersRequest>(reader, 0));
        FULMAR_TRY_VOID(check_time(request.as_of));
        if (!handlers_.learn_leaders(from, request)) return fail(Errc::closed, "superseded by a later one");
        break;
      }
      case ApiKey::peer_hello:
      case ApiKey::peer_proof: return fail(Errc::unsupported, "a second greeting");
      default: {
        FULMAR_TRY(auto answer, handlers_.call(header, reader));
        FULMAR_TRY_VOID(connection.write(answer, host_.clock().deadline_in(answer_max)));
      }
    }
  }
}

}  // namespace fulmar
