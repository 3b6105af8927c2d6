#include "broker/client/connection.h"

#include <algorithm>

#include "broker/protocol/endian.h"
#include "broker/protocol/messages/api_versions.h"
#include "runtime/base/assert.h"
#include "runtime/host/clock.h"

namespace fulmar {

ClientConnection::ClientConnection(Host& host, std::unique_ptr<Connection> connection, std::string client_id)
    : host_(host), connection_(std::move(connection)), client_id_(std::move(client_id)) {}

ClientConnection::~ClientConnection() = default;

Result<std::unique_ptr<ClientConnection>> ClientConnection::open(Host& host, const SocketAddress& to,
                                                                 std::string client_id, Deadline deadline) {
  FULMAR_TRY(auto connection, host.network().connect(to, deadline));
  return open(host, std::move(connection), std::move(client_id), deadline);
}

Result<std::unique_ptr<ClientConnection>> ClientConnection::open(Host& host, std::unique_ptr<Connection> connection,
                                                                 std::string client_id, Deadline deadline) {
  std::unique_ptr<ClientConnection> client(new ClientConnection(host, std::move(connection), std::move(client_id)));
  client->fibers_.spawn("answers", [client = client.get()] {
    auto ended = client->read_answers();
    // Whatever it is, waiting calls get an error; such as that a certificate is needed comes after the handshake.
    if (ended.error().detail.starts_with("TLS: ")) client->told_by_tls_ = ": " + ended.error().detail;
    client->abort();
  });
  FULMAR_TRY_VOID(client->learn_versions(deadline));
  return client;
}

Result<void> ClientConnection::learn_versions(Deadline deadline) {
  constexpr std::int16_t version = 3;
  ApiVersionsRequest request{"fulmar", "1"};
  auto id = next_correlation_id_++;
  FULMAR_TRY(auto body,
             exchange(request_frame(request, version, id, client_id_), ApiKey::api_versions, version, id, deadline));
  FULMAR_TRY(auto response, decode_answer<ApiVersionsResponse>(std::move(body), version));
  for (const auto& api : response.api_keys) served_.push_back({api.api_key, api.min_version, api.max_version});
  return {};
}

Result<std::int16_t> ClientConnection::choose_version(ApiKey api, std::int16_t version_max) const {
  const auto& own = api_info(api);
  // Only brokers of this project have it, and ApiVersions does not say which versions.
  if (!own.advertised) return std::min(own.max, version_max);
  for (const auto& served : served_) {
    if (served.key != static_cast<std::int16_t>(api)) continue;
    auto version = std::min({served.max, own.max, version_max});
    if (version >= std::max(served.min, own.min)) return version;
  }
  return fail(Errc::unsupported, own.name);
}

ClientConnection::Alone::Alone(ClientConnection& connection) : connection_(connection) {
  FULMAR_ASSERT(!connection_.alone_);
  connection_.alone_ = true;
}

ClientConnection::Alone::~Alone() {
  connection_.alone_ = false;
  connection_.not_alone_.notify_all();
}

Result<LockGuard> ClientConnection::begin_writing(bool alone, Deadline deadline) {
  auto may_write = [&] { return alone || !alone_ || broken_; };
  for (;;) {
    if (!may_write() && not_alone_.wait(may_write, deadline) == WaitResult::timed_out)
      return fail(Errc::timed_out, "the connection to " + to_string(connection_->peer()) + " is authenticated again");
    LockGuard one_at_a_time(writing_);
    if (may_write()) return one_at_a_time;
  }
}

Result<void> ClientConnection::write(const ByteChain& frame, Deadline deadline) {
  FULMAR_TRY(auto one_at_a_time, begin_writing(false, deadline));
  if (broken_) return fail(Errc::closed, "the connection is broken");
  auto written = connection_->write(frame, deadline);
  if (!written) abort();  // part of a request may have been sent
  return written;
}

Result<Bytes> ClientConnection::exchange(ByteChain frame, ApiKey api, std::int16_t version, std::int32_t id,
                                         Deadline deadline, bool alone) {
  Promise<Bytes> promise;
  auto answer = promise.future();
  {
    FULMAR_TRY(auto one_at_a_time, begin_writing(alone, deadline));
    if (broken_) return fail(Errc::closed, "the connection is broken");
    waiting_.push_back({api, version, id, std::move(promise)});
    auto written = connection_->write(frame, deadline);
    if (!written) {
      abort();
      return std::unexpected(written.error());
    }
  }
  auto body = answer.get(deadline);
  if (body) return std::move(*body);
  auto peer = to_string(connection_->peer());
  if (broken_) return fail(Errc::reset, "the connection to " + peer + " broke before the answer came" + told_by_tls_);
  return fail(Errc::timed_out, "no answer from " + peer + " in time");
}

Result<void> ClientConnection::read_answers() {
  for (;;) {
    char prefix[4];
    for (std::size_t have = 0; have < sizeof prefix;) {
      FULMAR_TRY(auto read, connection_->read(std::span(prefix).subspan(have)));
      if (read == 0) return fail(Errc::closed, "the broker closed the connection");
      have += read;
    }
    auto size = load_big<std::int32_t>(prefix);
    if (size < 4 || size > answer_bytes_max) return fail(Errc::corrupt, "an answer of impossible size");
    MutableBytes frame(static_cast<std::size_t>(size));
    for (std::size_t have = 0; have < frame.size();) {
      FULMAR_TRY(auto read, connection_->read(frame.span(have)));
      if (read == 0) return fail(Errc::closed, "the broker closed the connection");
      have += read;
    }
    auto body = std::move(frame).freeze();
    wrong_answer_ =
        wrong_answer_ || waiting_.empty() || load_big<std::int32_t>(body.data()) != waiting_.front().correlation_id;
    if (wrong_answer_) return fail(Errc::corrupt, "an answer out of order");
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    Reader reader(body);
    read_response_header(reader, next.api, next.version);
    if (reader.failed()) return fail(Errc::corrupt, reader.error());
    next.promise.set(body.slice(reader.position()));
  }
}

void ClientConnection::abort() {
  if (broken_) return;
  broken_ = true;
  connection_->abort();
  not_alone_.notify_all();
  waiting_.clear();  // destroying the promises wakes the waiting calls
}

}  // namespace fulmar
