#include "broker/console/console.h"

#include <algorithm>

#include "broker/console/page.h"
#include "broker/console/routes.h"
#include "runtime/fiber/event.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"
#include "runtime/http/server.h"

namespace fulmar {

namespace {

constexpr std::string_view page_path = "/console/";
constexpr std::string_view data_path = "/console/api/";

// No other site may show it in a frame, or take it for something else; and no cache keeps it.
HttpResponse guarded(HttpResponse response) {
  response.headers["Cache-Control"] = "no-store";
  response.headers["Content-Security-Policy"] = "frame-ancestors 'none'";
  response.headers["Cross-Origin-Resource-Policy"] = "same-origin";
  response.headers["Referrer-Policy"] = "no-referrer";
  response.headers["X-Content-Type-Options"] = "nosniff";
  return response;
}

}  // namespace

Console::Console(Host& host, ConsoleLimits limits)
    : host_(host), limits_(limits), slots_(static_cast<std::int64_t>(limits.requests_max)) {}

ClusterClientOptions Console::client_options() const {
  ClusterClientOptions options;
  options.bootstrap = {*bootstrap_};
  options.client_id = "fulmar-console";
  // A broker that has just died is in the metadata for some seconds: who looks at the console then is answered soon.
  options.connect_timeout = seconds(1);
  options.request_timeout = seconds(4);
  options.patience = seconds(2);
  options.unknown_topic_patience = milliseconds(300);
  return options;
}

bool Console::serves(std::string_view path) {
  return path == "/console" || path.starts_with(page_path);
}

bool Console::is_data(std::string_view path) {
  return path.starts_with(data_path);
}

HttpResponse Console::answer(const HttpRequest& request) {
  if (is_data(request.path)) return guarded(ask(request));
  // The page's requests are relative to the folder that it lies in.
  if (request.path == "/console") return {.status = 308, .headers = {{"Location", "console/"}}};
  if (request.path == page_path)
    return guarded({.body = std::string(console_page()), .content_type = "text/html; charset=utf-8"});
  return guarded(http_error(404, "there is no " + request.path + "; the console is at /console/"));
}

HttpResponse Console::ask(const HttpRequest& request) {
  auto route = find_route(std::string_view(request.path).substr(data_path.size()), request.query);
  if (!route) return http_error(route.error().code == Errc::not_found ? 404 : 400, route.error().detail);
  if (!bootstrap_) return http_error(503, why_not_);
  if (!slots_.acquire(1, host_.clock().deadline_in(limits_.waits_max)))
    return http_error(503, "the console answers as many requests as it may at once");
  SemaphoreUnits held(slots_, 1);
  if (!bootstrap_) return http_error(503, why_not_);
  std::optional<HttpResponse> response;
  Event done;
  FiberGroup working;
  working.spawn("console request", [&] {
    ClusterClient cluster(host_, client_options());
    response = (*route)({.host = host_, .cluster = cluster, .answer_bytes_max = limits_.answer_bytes});
    done.set();
  });
  if (done.wait(host_.clock().deadline_in(limits_.request_time)) == WaitResult::woken) return std::move(*response);
  return http_error(504, "the cluster did not answer in time");
}

bool is_own_host(std::string_view host_header, std::string_view configured_host) {
  auto named = parse_host_port(host_header);
  auto host = named ? named->host : std::string(host_header);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::ranges::transform(host, host.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (host == "localhost" || (!host.empty() && host == configured_host)) return true;
  // In a Host header these are in brackets (RFC 3986, 3.2.2).
  const bool is_v6 = host_header.starts_with('[') && host.contains(':') &&
                     host.find_first_not_of("0123456789abcdef:.") == std::string::npos;
  // A name's last label is no number, so what is digits and points is an address.
  const bool is_v4 = !host.empty() && host.find_first_not_of("0123456789.") == std::string::npos;
  return is_v4 || is_v6;
}

}  // namespace fulmar
