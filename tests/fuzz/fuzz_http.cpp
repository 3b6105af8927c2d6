// The bytes of an HTTP connection: however they are cut into pieces they give the same requests and an error or none,
// and nothing is kept beyond the limits.
#include <cstdlib>
#include <string>
#include <string_view>

#include "runtime/http/request_parser.h"

namespace {

constexpr fulmar::HttpSizes sizes{.head_bytes_max = 200, .body_bytes_max = 100};

std::string outcome(std::string_view bytes, std::size_t piece) {
  fulmar::HttpRequestParser parser(sizes);
  std::string all;
  while (!bytes.empty()) {
    auto taken = parser.feed(bytes.substr(0, piece));
    bytes.remove_prefix(taken);
    // If several things are wrong, the pieces decide which is found first.
    if (parser.error_status() != 0) return all + "wrong";
    if (!parser.complete()) continue;
    auto request = parser.take();
    std::size_t head = request.path.size() + request.query.size();
    for (const auto& [name, value] : request.headers) head += name.size();
    if (head > sizes.head_bytes_max || request.body.size() > sizes.body_bytes_max) std::abort();
    all += request.method + request.path + "?" + request.query + "\n" + request.body + "\n";
    if (!request.keep_alive) return all;
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size) {
  std::string_view bytes(data, size);
  auto whole = outcome(bytes, bytes.size());
  if (outcome(bytes, 1) != whole || outcome(bytes, 7) != whole) std::abort();
  return 0;
}
