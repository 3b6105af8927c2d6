#include "broker/console/own_site.h"

#include <algorithm>

#include "runtime/host/network.h"

namespace fulmar {

namespace {

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

// "application/json; charset=utf-8"
bool is_json(std::string_view content_type) {
  auto type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return in_lower_case(type) == "application/json";
}

bool is_own_origin(std::string_view origin, std::string_view host, bool https) {
  const auto own = in_lower_case(host);
  const auto given = in_lower_case(origin);
  return !own.empty() && (given == "https://" + own || (!https && given == "http://" + own));
}

}  // namespace

bool is_own_host(std::string_view host_header, std::string_view configured_host) {
  auto named = parse_host_port(host_header);
  auto host = in_lower_case(named ? named->host : std::string(host_header));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost" || (!host.empty() && host == configured_host)) return true;
  // In a Host header these are in brackets (RFC 3986, 3.2.2).
  const bool is_v6 = host_header.starts_with('[') && host.contains(':') &&
                     host.find_first_not_of("0123456789abcdef:.") == std::string::npos;
  // A name's last label is no number, so what is digits and points is an address.
  const bool is_v4 = !host.empty() && host.find_first_not_of("0123456789.") == std::string::npos;
  return is_v4 || is_v6;
}

std::optional<ForeignRequest> why_not_own(const HttpRequest& request, bool https) {
  if (!is_json(request.header("content-type")))
    return ForeignRequest{415, "a change must be sent as Content-Type: application/json"};
  const bool has_origin = request.headers.contains("origin");
  if (has_origin && !is_own_origin(request.header("origin"), request.header("host"), https))
    return ForeignRequest{403, "the page of another site may change nothing here"};
  const auto site = request.header("sec-fetch-site");
  if (!site.empty() && site != "same-origin")
    return ForeignRequest{403, "the page of another site may change nothing here"};
  return std::nullopt;
}

}  // namespace fulmar
