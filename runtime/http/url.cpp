#include "runtime/http/url.h"

#include <http_parser.h>

#include <algorithm>

namespace fulmar {

namespace {

constexpr std::uint16_t port_of(bool secure) {
  return secure ? 443 : 80;
}

std::unexpected<Error> wrong(const char* why) {
  return fail(Errc::invalid_argument, why);
}

bool same_word(std::string_view text, std::string_view lower) {
  auto same = [](char given, char wanted) {
    return (given >= 'A' && given <= 'Z' ? given - 'A' + 'a' : given) == wanted;
  };
  return std::ranges::equal(text, lower, same);
}

}  // namespace

Result<HttpUrl> HttpUrl::parse(std::string_view text) {
  auto printable = [](char c) { return c > ' ' && c < '\x7f'; };
  if (!std::ranges::all_of(text, printable)) return wrong("a URL has no blanks, and no letters but those of ASCII");
  http_parser_url parts;
  http_parser_url_init(&parts);
  if (http_parser_parse_url(text.data(), text.size(), 0, &parts) != 0) return wrong("the URL is malformed");
  auto has = [&](http_parser_url_fields field) { return (parts.field_set & (1U << field)) != 0; };
  auto part = [&](http_parser_url_fields field) {
    return has(field) ? text.substr(parts.field_data[field].off, parts.field_data[field].len) : std::string_view();
  };
  HttpUrl url;
  url.secure = same_word(part(UF_SCHEMA), "https");
  if (!url.secure && !same_word(part(UF_SCHEMA), "http")) return wrong("the URL begins with neither http nor https");
  if (has(UF_USERINFO)) return wrong("a user in a URL is not served");
  if (has(UF_FRAGMENT)) return wrong("a fragment in a URL is not served");
  url.host = part(UF_HOST);
  if (url.host.empty()) return wrong("the URL has no host");
  url.port = has(UF_PORT) ? parts.port : port_of(url.secure);
  if (url.port == 0) return wrong("the URL's port is 0");
  url.target = has(UF_PATH) ? part(UF_PATH) : "/";
  if (has(UF_QUERY)) url.target += "?" + std::string(part(UF_QUERY));
  return url;
}

std::string HttpUrl::authority() const {
  auto named = host.find(':') != std::string::npos ? "[" + host + "]" : host;
  return port == port_of(secure) ? named : named + ":" + std::to_string(port);
}

std::string to_string(const HttpUrl& url) {
  return (url.secure ? "https://" : "http://") + url.authority() + url.target;
}

}  // namespace fulmar
