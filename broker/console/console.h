// Console: what operators see of a cluster in a browser: a page, GET /console/, and the answers it asks for, GET
// /console/api/..., as JSON. It reads only.
//
// Each request is a client of the cluster for itself, with a connection to this broker's own listener first. What
// requests may take is bounded: how many are answered at once, how long one may take, and the bytes of its answer.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "broker/client/cluster_client.h"
#include "runtime/fiber/semaphore.h"
#include "runtime/host/host.h"
#include "runtime/http/message.h"

namespace fulmar {

struct ConsoleLimits {
  std::size_t requests_max = 4;         // at once; more wait
  Duration waits_max = seconds(5);      // then 503
  Duration request_time = seconds(15);  // then 504
  std::size_t answer_bytes = 4u << 20;  // lists end there, and say so
};

class Console {
 public:
  explicit Console(Host& host, ConsoleLimits limits = {});

  // From now on data is asked for at `bootstrap`, where this broker serves clients without TLS and SASL.
  void start(SocketAddress bootstrap) { bootstrap_ = std::move(bootstrap); }
  // Requests for data are answered 503 and this sentence from now on; before start(), that the broker starts.
  void stop(std::string why) {
    bootstrap_.reset();
    why_not_ = std::move(why);
  }

  // Whether it answers requests for that path.
  static bool serves(std::string_view path);
  // Whether the path is of the cluster's data, and not of the page, which has none.
  static bool is_data(std::string_view path);

  // `request`: GET or HEAD, for a path that it serves. May be called by several fibers at once. A cancellation point,
  // which ends the request. Errors are statuses, with {"error": SENTENCE}; Kafka's errors also have "code".
  HttpResponse answer(const HttpRequest& request);

 private:
  HttpResponse ask(const HttpRequest& request);
  ClusterClientOptions client_options() const;

  Host& host_;
  const ConsoleLimits limits_;
  std::optional<SocketAddress> bootstrap_;
  std::string why_not_ = "the broker starts, and does not serve clients yet";  // if there is no bootstrap_
  Semaphore slots_;
};

// Whether a request with that Host header can come from a page of this listener only: it names an address, localhost or
// the configured host. A page of another site whose name was made to lead here names that site (DNS rebinding).
bool is_own_host(std::string_view host_header, std::string_view configured_host);

}  // namespace fulmar
