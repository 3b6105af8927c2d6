// HttpUrl: where something is on the web: an absolute URL of the schemes http and https (RFC 9110, section 4.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace fulmar {

struct HttpUrl {
  bool secure = false;     // https
  std::string host;        // a name, or a numeric address without brackets
  std::uint16_t port = 0;  // that of the URL, or the scheme's
  std::string target;      // the path and the query, as a request line has them: "/keys?a=b"

  bool operator==(const HttpUrl&) const = default;

  // Errors: invalid_argument, with a sentence: it is no such URL, or has a user, a password or a fragment.
  static Result<HttpUrl> parse(std::string_view text);
  // "example:8443", for the header Host: without the port if it is the scheme's.
  std::string authority() const;
};

// "https://example:8443/keys?a=b", in the form that parse() takes.
std::string to_string(const HttpUrl& url);

}  // namespace fulmar
