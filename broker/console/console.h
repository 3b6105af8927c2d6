// Console: what operators see of a cluster in a browser: a page, GET /console/, the answers it asks for, GET
// /console/api/..., and, if that is enabled, the changes it makes, POST /console/api/changes/..., as JSON.
//
// Each request is a client of the cluster for itself, with a connection to this broker's own listener first: it may do
// what access control lists allow that client. What requests may take is bounded: how many are answered at once, how
// long one may take, and the bytes of its answer.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "broker/client/cluster_client.h"
#include "runtime/fiber/semaphore.h"
#include "runtime/host/host.h"
#include "runtime/host/log.h"
#include "runtime/http/message.h"

namespace fulmar {

struct ConsoleChange;
struct ConsoleWork;

struct ConsoleLimits {
  std::size_t requests_max = 4;         // at once; more wait
  Duration waits_max = seconds(5);      // then 503
  Duration request_time = seconds(15);  // then 504
  Duration change_time = seconds(40);   // likewise, of a change
  std::size_t answer_bytes = 4u << 20;  // lists end there, and say so
};

struct ConsoleChanges {
  bool enabled = false;
  bool https = false;  // whether the listener has TLS
};

class Console {
 public:
  explicit Console(Host& host, ConsoleLimits limits = {}, ConsoleChanges changes = {});

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
  // Whether the path is of a change, which is data too.
  static bool is_change(std::string_view path);

  // `request`: POST for a change, else GET or HEAD; for a path that it serves. May be called by several fibers at once.
  // A cancellation point, which ends the request. Errors are statuses, with {"error": SENTENCE}; Kafka's errors also
  // have "code".
  HttpResponse answer(const HttpRequest& request);

 private:
  using Asking = std::function<HttpResponse(const ConsoleWork&)>;

  HttpResponse ask(const HttpRequest& request);
  HttpResponse change(const HttpRequest& request);
  HttpResponse make(const std::string& name, const ConsoleChange& change, const ConsoleWork& work);
  HttpResponse in_time(const ClusterClientOptions& options, Duration time, const char* late, const Asking& asking);
  ClusterClientOptions options_of_questions() const;
  ClusterClientOptions options_of_changes() const;

  Host& host_;
  const ConsoleLimits limits_;
  const ConsoleChanges changes_;
  Logger log_;
  std::optional<SocketAddress> bootstrap_;
  std::string why_not_ = "the broker starts, and does not serve clients yet";  // if there is no bootstrap_
  Semaphore slots_;
};

}  // namespace fulmar
