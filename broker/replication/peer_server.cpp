#include "broker/replication/peer_server.h"

#include <limits>

#include "broker/net/frame_reader.h"
#include "broker/protocol/message.h"
#include "broker/protocol/reader.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::int32_t frame_bytes_max = 128 << 20;  // the largest batch, and some
constexpr Duration hello_max = seconds(10);
constexpr Duration answer_max = seconds(30);
constexpr std::size_t connections_max = std::numeric_limits<std::size_t>::max();

}  // namespace

PeerServer::PeerServer(Host& host, const Peers& peers, Handlers handlers)
    : host_(host),
      peers_(peers),
      handlers_(std::move(handlers)),
      log_(host, host.log().named("peer")),
      acceptor_(host, log_, "peer", connections_max, [this](Connection& connection) { serve(connection); }) {}

Result<SocketAddress> PeerServer::listen(const SocketAddress& at) {
  TRY(auto address, acceptor_.listen(at));
  acceptor_.start();
  return address;
}

void PeerServer::serve(Connection& connection) {
  auto served = answer_all(connection);
  if (served) return;
  auto code = served.error().code;
  bool ordinary = code == Errc::closed || code == Errc::reset || code == Errc::timed_out;
  log_.log(ordinary ? LogLevel::debug : LogLevel::warn, "peer's connection closed",
           {{"peer", to_string(connection.peer())}, {"reason", to_string(served.error())}});
}

PeerHelloResponse PeerServer::answer(const PeerHelloRequest& hello) const {
  PeerHelloResponse response;
  response.cluster_id = peers_.cluster_id();
  response.broker_id = peers_.self.broker;
  response.directory_id = peers_.self.directory;
  for (const auto& founder : peers_.founders()) response.founders.push_back({founder.broker, founder.directory});
  response.controller_id = peers_.controller();
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

Result<void> PeerServer::answer_all(Connection& connection) {
  FrameReader frames(connection, host_.clock(), {.size_max = frame_bytes_max, .idle_max = hello_max});
  std::optional<std::int32_t> from;
  auto number = ++connections_;
  for (;;) {
    TRY(auto size, frames.next_size());
    if (size == 0) return {};
    TRY(auto frame, frames.body(size));
    Reader reader(std::move(frame));
    TRY(auto header, read_request_header(reader));
    auto key = static_cast<ApiKey>(header.api_key);
    if (!from && key == ApiKey::peer_hello) {
      TRY(auto hello, decode<PeerHelloRequest>(reader, 0));
      auto response = answer(hello);
      TRY_VOID(
          connection.write(response_frame(response, 0, header.correlation_id), host_.clock().deadline_in(hello_max)));
      if (response.error_code != ErrorCode::none) return fail(Errc::refused, response.error_message);
      from = hello.broker_id;
      frames.wait_for_ever();
    } else if (from && key == ApiKey::raft_messages) {
      TRY(auto request, decode<RaftMessagesRequest>(reader, 0));
      if (request.to_directory_id != peers_.self.directory) return fail(Errc::refused, "meant for another directory");
      TRY(auto messages, from_wire(std::move(request), *from, peers_.self.broker));
      handlers_.deliver(std::move(messages));
    } else if (from && key == ApiKey::pulses) {
      TRY(auto request, decode<PulsesRequest>(reader, 0));
      if (request.to_directory_id != peers_.self.directory) return fail(Errc::refused, "meant for another directory");
      handlers_.pulses({*from, number}, request);
    } else if (from && key == ApiKey::leaders) {
      TRY(auto request, decode<LeadersRequest>(reader, 0));
      if (!handlers_.learn_leaders({*from, number}, request)) return fail(Errc::closed, "superseded by a later one");
    } else if (from) {
      TRY(auto answer, handlers_.call(header, reader));
      TRY_VOID(connection.write(answer, host_.clock().deadline_in(answer_max)));
    } else {
      return fail(Errc::unsupported, "a request of key " + std::to_string(header.api_key));
    }
  }
}

}  // namespace fulmar
