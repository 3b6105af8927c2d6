// HttpResponseParser: takes the bytes of a connection, as they come, for the one response that a client waits for
// (HTTP/1.0 and 1.1, RFC 9112), whether its body has a length, comes in chunks or ends with the stream. It never trusts
// a length and keeps no more than its limits allow.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/http/message.h"
#include "runtime/http/request_parser.h"

namespace fulmar {

// What a server has answered.
struct HttpAnswer {
  int status = 0;  // 200 to 599
  // By name in lower case; the values of headers that come several times are joined by ", ".
  std::map<std::string, std::string, std::less<>> headers;
  std::string body;

  // Empty if there is no such header.
  std::string_view header(std::string_view name_in_lower_case) const {
    auto found = headers.find(name_in_lower_case);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
  }
};

class HttpResponseParser {
 public:
  // `sizes.head_bytes_max`: of the reason phrase and the headers, of trailers, and of interim responses (1xx), which
  // are passed over.
  explicit HttpResponseParser(HttpSizes sizes = {});
  ~HttpResponseParser();
  HttpResponseParser(const HttpResponseParser&) = delete;
  HttpResponseParser& operator=(const HttpResponseParser&) = delete;

  // Takes bytes up to the end of the response; what follows it is not looked at. Not to be called after an error.
  void feed(std::string_view bytes);
  // The stream has ended, which may be the end of the body. Not to be called after an error.
  void end();

  bool complete() const;
  // The complete response, once.
  HttpAnswer take();
  // What is wrong with the response, in a sentence; empty: nothing is.
  std::string_view error() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fulmar
