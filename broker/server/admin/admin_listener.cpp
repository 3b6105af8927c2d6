#include "broker/server/admin/admin_listener.h"

#include <openssl/crypto.h>

#include "broker/console/console.h"
#include "broker/console/own_site.h"
#include "broker/security/tls/tls_connection.h"
#include "broker/server/listen_address.h"
#include "runtime/base/assert.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr HttpSizes sizes{.head_bytes_max = 16 * 1024, .body_bytes_max = 16 * 1024};
constexpr Duration request_time = seconds(10);
constexpr Duration idle_time = seconds(150);  // longer than those who scrape every two minutes are silent
constexpr Duration response_time = seconds(30);

constexpr const char* contents =
    "{\"/metrics\": \"metrics for Prometheus; ?topics=A,B shows the partitions of these topics, ?groups=A,B the lag of "
    "these consumer groups\",\n"
    " \"/health/live\": \"whether all shards work\", \"/health/ready\": \"whether clients are served\"}\n";

HttpResponse token_is_needed() {
  auto refusal = http_error(401, "the token of this broker is needed, as Authorization: Bearer");
  refusal.headers["WWW-Authenticate"] = "Bearer";
  return refusal;
}

HttpResponse other_method(const std::string& allowed) {
  auto refusal = http_error(405, "the method must be " + allowed.substr(0, allowed.find(',')));
  refusal.headers["Allow"] = allowed;
  return refusal;
}

}  // namespace

bool is_bearer(std::string_view authorization, std::string_view token) {
  constexpr std::string_view scheme = "Bearer ";
  if (!authorization.starts_with(scheme)) return false;
  authorization.remove_prefix(scheme.size());
  // The parser leaves the blanks that may follow a header's value (RFC 9112, 5.1).
  while (!authorization.empty() && (authorization.back() == ' ' || authorization.back() == '\t'))
    authorization.remove_suffix(1);
  return authorization.size() == token.size() && CRYPTO_memcmp(authorization.data(), token.data(), token.size()) == 0;
}

AdminListener::AdminListener(Host& host, const AdminSettings& settings, AdminPages pages)
    : host_(host), settings_(settings), pages_(std::move(pages)), log_(host, host.log().named("admin")) {}

Result<SocketAddress> AdminListener::listen() {
  FULMAR_TRY(auto at, listen_address(host_, *settings_.listen));
  FULMAR_TRY(auto listener, host_.network().listen(at));
  HttpLimits limits{.sizes = sizes,
                    .connections_max = settings_.connections_max,
                    .request_time = request_time,
                    .idle_time = idle_time,
                    .response_time = response_time};
  HttpServer::Secure with_tls;
  if (settings_.tls) {
    FULMAR_ASSERT(tls_);
    with_tls = [this](std::unique_ptr<Connection> connection) { return secure(std::move(connection)); };
  }
  server_.emplace(
      host_, std::move(listener), [this](const HttpRequest& request) { return answer(request); }, limits,
      std::move(with_tls));
  fibers_.spawn("admin listener", [this] { server_->run(); });
  return server_->local();
}

Result<std::unique_ptr<Connection>> AdminListener::secure(std::unique_ptr<Connection> connection) {
  auto tls = std::make_unique<TlsConnection>(host_, tls_, std::move(connection));
  auto through = tls->handshake(host_.clock().deadline_in(settings_.tls->handshake_max));
  if (through) return tls;
  log_.warn("TLS handshake failed", {{"peer", to_string(tls->peer())}, {"reason", to_string(through.error())}});
  return std::unexpected(through.error());
}

bool AdminListener::has_token(const HttpRequest& request) const {
  return settings_.token.empty() || is_bearer(request.header("authorization"), settings_.token);
}

// Without a token, a page of another site could read all records through the browser of somebody who reaches this
// listener: it would only have to give its own name this address.
HttpResponse AdminListener::console(const HttpRequest& request) const {
  if (!has_token(request)) return token_is_needed();
  if (settings_.token.empty() && !is_own_host(request.header("host"), settings_.listen->host))
    return http_error(403,
                      "without a token, the console answers to addresses, localhost and the host of "
                      "admin.http.listener only; see admin.http.token.file");
  return pages_.console(request);
}

HttpResponse AdminListener::answer(const HttpRequest& request) const {
  const bool of_console = pages_.console && Console::serves(request.path);
  const bool known = of_console || request.path == "/" || request.path == "/metrics" ||
                     request.path == "/health/live" || request.path == "/health/ready";
  if (!known) return http_error(404, "there is no " + request.path + "; GET / says what there is");
  const bool of_change = of_console && Console::is_change(request.path);
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (of_change ? request.method != "POST" : !reads) return other_method(of_change ? "POST" : "GET, HEAD");
  if (request.path == "/metrics") return has_token(request) ? pages_.metrics(request) : token_is_needed();
  if (of_console && Console::is_data(request.path)) return console(request);
  if (request.path != "/" && !request.query.empty()) return http_error(400, "this page takes no parameters");
  if (of_console) return pages_.console(request);
  if (request.path == "/health/live") return pages_.live();
  if (request.path == "/health/ready") return pages_.ready();
  return {.body = contents};
}

}  // namespace fulmar
