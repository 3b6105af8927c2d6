// HttpRequestParser: takes the bytes of a connection, as they come, for the requests in them (HTTP/1.0 and 1.1, RFC
// 9112). It never trusts a length and keeps no more than its limits allow.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "runtime/http/message.h"

namespace fulmar {

struct HttpSizes {
  std::size_t head_bytes_max = 16 * 1024;  // of the request line's target and the headers, and of trailers
  std::size_t body_bytes_max = 1024 * 1024;
};

class HttpRequestParser {
 public:
  explicit HttpRequestParser(HttpSizes sizes = {});
  ~HttpRequestParser();
  HttpRequestParser(const HttpRequestParser&) = delete;
  HttpRequestParser& operator=(const HttpRequestParser&) = delete;

  // Takes bytes up to the end of a request, and returns how many it took: all, unless a request is complete() or an
  // error was found. Not to be called after an error.
  std::size_t feed(std::string_view bytes);

  bool complete() const;
  // The complete request; the next one begins with the bytes that feed() did not take.
  HttpRequest take();

  // Whether some of a request has come, but not all of it.
  bool begun() const;
  // True once for each request whose client waits for "100 Continue" before it sends the body.
  bool take_wish_to_continue();

  // The status that tells the client what is wrong (400, 413, 417, 431, 505), and a sentence; 0 if nothing is.
  int error_status() const;
  std::string_view error() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fulmar
