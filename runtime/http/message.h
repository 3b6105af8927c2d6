// HTTP messages as values: what a server's handler gets and gives.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace fulmar {

struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // "/status": as it was sent, without the query
  std::string query;   // "a=1&b=2": what follows the question mark, as it was sent
  // By name in lower case; the values of headers that come several times are joined by ", ".
  std::map<std::string, std::string, std::less<>> headers;
  std::string body;
  bool keep_alive = true;  // whether the client can send another request on the connection

  // Empty if there is no such header.
  std::string_view header(std::string_view name_in_lower_case) const {
    auto found = headers.find(name_in_lower_case);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
  }
};

struct HttpResponse {
  int status = 200;
  std::string body = {};
  std::string content_type = "application/json";
  // Names and values of others than Content-Type, Content-Length and Connection.
  std::map<std::string, std::string> headers = {};
};

}  // namespace fulmar
