// HttpServer: answers HTTP/1.1 requests on a listener, each connection in a fiber of its own, in any world.
//
//   HttpServer server(host, std::move(listener), [](const HttpRequest& request) { return HttpResponse{...}; });
//   server.run();  // until the listener is closed, or the fiber is cancelled
//
// What a client may take of it is bounded: connections, sizes, and the time for each step. Malformed requests are
// answered with a status and a sentence as {"error": ...}, then the connection is closed.
#pragma once

#include <functional>
#include <memory>

#include "runtime/host/host.h"
#include "runtime/host/network.h"
#include "runtime/http/request_parser.h"

namespace fulmar {

struct HttpLimits {
  HttpSizes sizes = {};
  std::size_t connections_max = 64;     // others are answered with 503
  Duration request_time = seconds(10);  // for a whole request, from its first byte on; then 408
  Duration idle_time = seconds(60);     // without a request, after which a connection is closed
  Duration response_time = seconds(30);
};

class HttpServer {
 public:
  // May wait, and is called by several fibers at once. Must not throw, but for cancellation.
  using Handler = std::function<HttpResponse(const HttpRequest& request)>;
  // Makes a secure connection of one that has come, in its fiber; may wait. On an error the connection is closed.
  using Secure = std::function<Result<std::unique_ptr<Connection>>(std::unique_ptr<Connection>)>;

  // `secure`: null where connections are served as they come.
  HttpServer(Host& host, std::unique_ptr<Listener> listener, Handler handler, HttpLimits limits = {},
             Secure secure = nullptr);

  // Serves until the listener is closed. A cancellation point.
  void run();
  // Accepts no more connections; run() returns once those that there are have ended.
  void close() { listener_->close(); }
  const SocketAddress& local() const { return listener_->local(); }

 private:
  void begin(std::unique_ptr<Connection> connection);
  void serve(Connection& connection);
  Result<void> respond(Connection& connection, const HttpResponse& response, bool keep_alive, bool with_body);
  void refuse(Connection& connection, int status, std::string_view sentence);

  Host& host_;
  std::unique_ptr<Listener> listener_;
  Handler handler_;
  HttpLimits limits_;
  Secure secure_;
  std::size_t connections_ = 0;
};

// {"error": SENTENCE}
HttpResponse http_error(int status, std::string_view sentence);
// The text as a JSON string, in quotes.
std::string http_json_string(std::string_view text);
// "404 Not Found"
std::string http_status_line(int status);

}  // namespace fulmar
