// Whether a request of a browser comes from a page of this very listener, and not from that of another site, which must
// neither read the cluster nor change it through the browser of somebody who reaches it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/http/message.h"

namespace fulmar {

// Whether a request with that Host header can come from a page of this listener only: it names an address, localhost or
// the configured host. A page of another site whose name was made to lead here names that site (DNS rebinding).
bool is_own_host(std::string_view host_header, std::string_view configured_host);

// Why a change must not be made: a sentence and its status; nullopt: there is no reason. Its body must be
// application/json, which other sites can't send without asking first, and nobody allows them that (there is no CORS
// here). Where a browser says from where it comes, that must be the site that it asks (Origin: RFC 6454;
// Sec-Fetch-Site). `https`: whether the listener has TLS; without it there may be a proxy that has.
struct ForeignRequest {
  int status;
  std::string why;
};
std::optional<ForeignRequest> why_not_own(const HttpRequest& request, bool https);

}  // namespace fulmar
