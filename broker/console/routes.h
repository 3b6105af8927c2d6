// The answers of /console/api/: which there are, and what each may be asked with.
#pragma once

#include <functional>
#include <string_view>

#include "broker/client/cluster_client.h"
#include "runtime/base/result.h"
#include "runtime/http/message.h"

namespace fulmar {

// What an answer is made with.
struct ConsoleWork {
  Host& host;
  ClusterClient& cluster;
  std::size_t answer_bytes_max;
  bool may_change = false;  // whether the console makes changes at all
};

using ConsoleRoute = std::function<HttpResponse(const ConsoleWork&)>;

// `path`: behind /console/api/, as it was sent. Asks nobody yet. Errors, each with a sentence: not_found; and
// invalid_argument, for a parameter that this answer does not have, or a value that it may not have.
Result<ConsoleRoute> find_route(std::string_view path, std::string_view query);

// The status of an error of the cluster, or of a change that it did not make, with {"error": SENTENCE, "code": NAME}.
HttpResponse error_response(const ClientError& error);

}  // namespace fulmar
