#include "runtime/http/server.h"

#include <http_parser.h>

#include <array>
#include <string>
#include <utility>

#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::size_t read_bytes = 16 * 1024;
constexpr Duration accept_again_after = milliseconds(100);  // if there are no descriptors left
// After an error the rest of the request is read, so that the client gets the response before it sees the close.
constexpr std::size_t unread_bytes_max = 4 * 1024 * 1024;
constexpr Duration unread_time = seconds(2);

// Adds what comes to the request; the error is `timed_out` if the rest did not come in time.
Result<void> read_more(Connection& connection, std::string& unused, Deadline deadline) {
  std::array<char, read_bytes> buffer;
  FULMAR_TRY(auto count, connection.read(buffer, deadline));
  if (count == 0) return fail(Errc::closed, "the client has closed the connection");
  unused.append(buffer.data(), count);
  return {};
}

void read_the_rest(Host& host, Connection& connection) {
  std::string unused;
  auto deadline = host.clock().deadline_in(unread_time);
  for (std::size_t count = 0; count < unread_bytes_max; count += unused.size()) {
    unused.clear();
    if (!read_more(connection, unused, deadline)) return;
  }
}

}  // namespace

std::string http_json_string(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string quoted = "\"";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      quoted += std::string("\\") + c;
    else if (byte < 0x20)
      quoted += std::string("\\u00") + digits[byte >> 4] + digits[byte & 15];
    else
      quoted += c;
  }
  return quoted + "\"";
}

HttpResponse http_error(int status, std::string_view sentence) {
  return {.status = status, .body = "{\"error\": " + http_json_string(sentence) + "}\n"};
}

std::string http_status_line(int status) {
  return std::to_string(status) + " " + http_status_str(static_cast<http_status>(status));
}

HttpServer::HttpServer(Host& host, std::unique_ptr<Listener> listener, Handler handler, HttpLimits limits,
                       Secure secure)
    : host_(host),
      listener_(std::move(listener)),
      handler_(std::move(handler)),
      limits_(limits),
      secure_(std::move(secure)) {}

void HttpServer::run() {
  FiberGroup connections;
  for (;;) {
    auto accepted = listener_->accept();
    if (!accepted) {
      if (accepted.error().code == Errc::closed) break;
      host_.clock().sleep_for(accept_again_after);
      continue;
    }
    connections.spawn("http connection",
                      [this, connection = std::move(*accepted)]() mutable { begin(std::move(connection)); });
  }
  connections.join();
}

void HttpServer::begin(std::unique_ptr<Connection> connection) {
  struct Count {
    explicit Count(std::size_t& c) : count(c) { ++count; }
    ~Count() { --count; }
    std::size_t& count;
  } counted(connections_);
  const bool too_many = connections_ > limits_.connections_max;
  if (secure_) {
    if (too_many) return;  // a handshake is more than whoever is refused gets
    auto secured = secure_(std::move(connection));
    if (!secured) return;
    connection = std::move(*secured);
  }
  if (too_many)
    refuse(*connection, 503, "there are too many connections");
  else
    serve(*connection);
  if (secure_) connection->shutdown_write();  // else it would look cut
}

void HttpServer::serve(Connection& connection) {
  HttpRequestParser parser(limits_.sizes);
  std::string unused;  // bytes that have come, and that the parser has not taken
  for (;;) {
    auto deadline = host_.clock().deadline_in(limits_.idle_time);
    bool begun = false;
    while (!parser.complete()) {
      unused.erase(0, parser.feed(unused));
      if (parser.error_status() != 0) return refuse(connection, parser.error_status(), parser.error());
      if (parser.complete()) break;
      if (!begun && parser.begun()) {
        begun = true;
        deadline = host_.clock().deadline_in(limits_.request_time);
      }
      if (parser.take_wish_to_continue() &&
          !connection.write(ByteChain(Bytes::of_static("HTTP/1.1 100 Continue\r\n\r\n")), deadline))
        return;
      auto more = read_more(connection, unused, deadline);
      if (more) continue;
      if (more.error().code == Errc::timed_out && parser.begun())
        refuse(connection, 408, "the request did not come to its end in time");
      return;
    }
    auto request = parser.take();
    auto response = handler_(request);
    if (!respond(connection, response, request.keep_alive, request.method != "HEAD") || !request.keep_alive) return;
  }
}

Result<void> HttpServer::respond(Connection& connection, const HttpResponse& response, bool keep_alive,
                                 bool with_body) {
  std::string head = "HTTP/1.1 " + http_status_line(response.status) + "\r\n";
  auto add = [&head](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  add("Content-Type", response.content_type);
  add("Content-Length", std::to_string(response.body.size()));
  add("Connection", keep_alive ? "keep-alive" : "close");
  for (const auto& [name, value] : response.headers) add(name, value);
  head += "\r\n";
  ByteChain all(Bytes::copy_of(head));
  if (with_body) all.append(Bytes::copy_of(response.body));
  return connection.write(all, host_.clock().deadline_in(limits_.response_time));
}

void HttpServer::refuse(Connection& connection, int status, std::string_view sentence) {
  if (!respond(connection, http_error(status, sentence), false, true)) return;
  connection.shutdown_write();
  read_the_rest(host_, connection);
}

}  // namespace fulmar
