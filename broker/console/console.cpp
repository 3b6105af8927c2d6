#include "broker/console/console.h"

#include "broker/console/changes.h"
#include "broker/console/own_site.h"
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
constexpr std::size_t logged_max = 300;  // bytes of what a change is about
constexpr std::string_view change_path = "/console/api/changes/";

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

Console::Console(Host& host, ConsoleLimits limits, ConsoleChanges changes)
    : host_(host),
      limits_(limits),
      changes_(changes),
      log_(host.log().named("console")),
      slots_(static_cast<std::int64_t>(limits.requests_max)) {}

ClusterClientOptions Console::options_of_questions() const {
  ClusterClientOptions options;
  if (bootstrap_) options.bootstrap = {*bootstrap_};
  options.client_id = "fulmar-console";
  // A broker that has just died is in the metadata for some seconds: who looks at the console then is answered soon.
  options.connect_timeout = seconds(1);
  options.request_timeout = seconds(4);
  options.patience = seconds(2);
  options.unknown_topic_patience = milliseconds(300);
  return options;
}

// To create many partitions takes a while, and so does it until another controller is in charge.
ClusterClientOptions Console::options_of_changes() const {
  auto options = options_of_questions();
  options.request_timeout = seconds(10);
  options.patience = seconds(20);
  return options;
}

bool Console::serves(std::string_view path) {
  return path == "/console" || path.starts_with(page_path);
}

bool Console::is_data(std::string_view path) {
  return path.starts_with(data_path);
}

bool Console::is_change(std::string_view path) {
  return path.starts_with(change_path);
}

HttpResponse Console::answer(const HttpRequest& request) {
  if (is_change(request.path)) return guarded(change(request));
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
  return in_time(options_of_questions(), limits_.request_time, "the cluster did not answer in time", *route);
}

HttpResponse Console::change(const HttpRequest& request) {
  if (!changes_.enabled)
    return http_error(403, "this console only shows the cluster: its broker has no admin.http.console.changes=true");
  if (auto foreign = why_not_own(request, changes_.https)) return http_error(foreign->status, foreign->why);
  if (!request.query.empty()) return http_error(400, "a change takes no parameters but its body");
  const auto name = request.path.substr(change_path.size());
  auto change = find_change(name, request.body);
  if (!change) return http_error(change.error().code == Errc::not_found ? 404 : 400, change.error().detail);
  return in_time(options_of_changes(), limits_.change_time,
                 "the cluster did not answer in time; the change may have been made all the same",
                 [&](const ConsoleWork& work) { return make(name, *change, work); });
}

HttpResponse Console::make(const std::string& name, const ConsoleChange& change, const ConsoleWork& work) {
  auto made = change.make(work);
  if (!change.preview)
    log_.info("asked for a change", {{"change", name},
                                     {"about", change.about.substr(0, logged_max)},
                                     {"result", made ? "done" : to_string(made.error())}});
  if (made) return {.body = made->dump(-1, ' ', false, ConsoleJson::error_handler_t::replace) + "\n"};
  auto error = std::move(made).error();
  const bool in_doubt = error.code == ErrorCode::network_exception || error.code == ErrorCode::request_timed_out;
  if (in_doubt) error.detail += "; the change may have been made all the same";
  return error_response(error);
}

HttpResponse Console::in_time(const ClusterClientOptions& options, Duration time, const char* late,
                              const Asking& asking) {
  if (!bootstrap_) return http_error(503, why_not_);
  if (!slots_.acquire(1, host_.clock().deadline_in(limits_.waits_max)))
    return http_error(503, "the console answers as many requests as it may at once");
  SemaphoreUnits held(slots_, 1);
  if (!bootstrap_) return http_error(503, why_not_);
  std::optional<HttpResponse> response;
  Event done;
  FiberGroup working;
  working.spawn("console request", [&] {
    ClusterClient cluster(host_, options);
    response = asking(
        {.host = host_, .cluster = cluster, .answer_bytes_max = limits_.answer_bytes, .may_change = changes_.enabled});
    done.set();
  });
  if (done.wait(host_.clock().deadline_in(time)) == WaitResult::woken) return std::move(*response);
  return http_error(504, late);
}

}  // namespace fulmar
