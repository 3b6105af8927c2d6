// AdminListener: the HTTP listener of a broker for those who operate it: GET /metrics, /health/live, /health/ready,
// and the console. It checks the token and the method, and knows nothing of what the pages say.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "broker/security/tls/tls_context.h"
#include "broker/server/config/admin_settings.h"
#include "runtime/fiber/group.h"
#include "runtime/host/host.h"
#include "runtime/host/rate_limited_log.h"
#include "runtime/http/server.h"

namespace fulmar {

// Each is called in a fiber of its connection, several at once; may wait.
struct AdminPages {
  std::function<HttpResponse(const HttpRequest&)> metrics;
  std::function<HttpResponse()> live;
  std::function<HttpResponse()> ready;
  std::function<HttpResponse(const HttpRequest&)> console = nullptr;  // null: there is none
};

class AdminListener {
 public:
  // `settings` outlives this; its `listen` is set.
  AdminListener(Host& host, const AdminSettings& settings, AdminPages pages);

  // For connections that begin from now on; before listen() if `settings` have TLS.
  void use_tls(std::shared_ptr<const TlsContext> context) { tls_ = std::move(context); }
  // Listens and serves from now on, until this object ends. Errors: as Network::listen.
  Result<SocketAddress> listen();

 private:
  HttpResponse answer(const HttpRequest& request) const;
  HttpResponse console(const HttpRequest& request) const;
  Result<std::unique_ptr<Connection>> secure(std::unique_ptr<Connection> connection);
  bool has_token(const HttpRequest& request) const;

  Host& host_;
  const AdminSettings& settings_;
  const AdminPages pages_;
  std::shared_ptr<const TlsContext> tls_;
  RateLimitedLog log_;
  std::optional<HttpServer> server_;
  FiberGroup fibers_;
};

// Whether the value of an Authorization header is that bearer token (RFC 6750). Takes as long whatever it is, for
// values of the same length.
bool is_bearer(std::string_view authorization, std::string_view token);

}  // namespace fulmar
