// Request: a client's request as a value: the session, the header, and the body, which is decoded on demand.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "broker/protocol/message.h"
#include "broker/protocol/reader.h"
#include "broker/protocol/work.h"
#include "broker/security/principal.h"
#include "broker/security/security_protocol.h"
#include "broker/server/requests/client_throttle.h"
#include "broker/server/requests/errors_in.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/network.h"

namespace fulmar {

class RequestCounts;

// The client of a connection; lives as long as the connection or any of its requests.
struct Session {
  SocketAddress peer;  // empty: the request is a broker's own
  // The request is a broker's own, not a client's: it may do everything.
  bool of_broker = false;
  // Where the client came in, and who it is. Its name: as in listener.security.protocol.map.
  std::string listener = "PLAINTEXT";
  SecurityProtocol protocol = SecurityProtocol::plaintext;
  Principal principal;
  ClientThrottle throttle;
  // As given in ApiVersions, version 3 or later (KIP-511); else empty.
  std::string software_name;
  std::string software_version;
  RequestCounts* answered =
      nullptr;  // of that software, in the shard's ClientCounts; null: the request is the broker's

  ApiCounts* apis = nullptr;  // of the shard; null: errors in the responses are not counted

  // For people.
  std::string software() const { return software_name.empty() ? "unknown" : software_name + "/" + software_version; }
};

class Request {
 public:
  // `frame`: the whole request without its size. Errors: corrupt, as read_request_header().
  static Result<Request> read(std::shared_ptr<Session> session, Bytes frame);

  Session& session() const { return *session_; }
  // For work that outlives the request.
  const std::shared_ptr<Session>& shared_session() const { return session_; }
  const RequestHeader& header() const { return header_; }
  std::int16_t version() const { return header_.api_version; }
  const Bytes& frame() const { return frame_; }

  // Errors: corrupt, as decode(). A cancellation point.
  template <class Message>
  Result<Message> body() const {
    Reader reader = body_;
    // Produce's records are not read here.
    if (Message::key != ApiKey::produce) work_in_slices(message_work(frame_.size()));
    return decode<Message>(reader, version());
  }
  // The whole frame of a response, whose errors are counted. A cancellation point.
  template <class Response>
  ByteChain answer(const Response& response) const {
    if (session_->apis) count_errors(*session_->apis, response);
    auto frame = response_frame(response, version(), header_.correlation_id);
    work_in_slices(message_work(frame.size()));
    return frame;
  }

 private:
  Request(std::shared_ptr<Session> session, RequestHeader header, Bytes frame, Reader body)
      : session_(std::move(session)), header_(std::move(header)), frame_(std::move(frame)), body_(std::move(body)) {}

  std::shared_ptr<Session> session_;
  RequestHeader header_;
  Bytes frame_;
  Reader body_;  // at its first byte
};

}  // namespace fulmar
