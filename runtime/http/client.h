// http_get: asks a server for something, in any world, and trusts nothing that it answers.
#pragma once

#include "runtime/host/network.h"
#include "runtime/http/response_parser.h"
#include "runtime/http/url.h"

namespace fulmar {

// Sends GET on a connection to the URL's host, secure if the URL is, and returns the answer, whatever its status: no
// redirect is followed. `accept`: the types that are wanted. The connection is of no use afterwards. A cancellation
// point. Errors: timed_out, reset, closed; corrupt or too_large, with a sentence, if the answer is malformed or beyond
// `sizes`.
Result<HttpAnswer> http_get(Connection& connection, const HttpUrl& url, std::string_view accept, HttpSizes sizes,
                            Deadline deadline);

}  // namespace fulmar
