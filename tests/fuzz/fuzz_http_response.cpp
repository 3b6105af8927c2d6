// What a server answers over HTTP: however it is cut into pieces it is the same answer or none, and nothing is kept
// beyond the limits. The first byte says whether the stream ends after the others.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "runtime/http/response_parser.h"

namespace {

constexpr fulmar::HttpSizes sizes{.head_bytes_max = 200, .body_bytes_max = 100};

std::string outcome(std::string_view bytes, std::size_t piece, bool ends) {
  fulmar::HttpResponseParser parser(sizes);
  for (; !bytes.empty() && !parser.complete(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    parser.feed(bytes.substr(0, piece));
    // If several things are wrong, the pieces decide which is found first.
    if (!parser.error().empty()) return "wrong";
  }
  if (ends && !parser.complete()) {
    parser.end();
    if (parser.complete() == !parser.error().empty()) std::abort();
    if (!parser.complete()) return "wrong";
  }
  if (!parser.complete()) return "not complete";
  auto answer = parser.take();
  std::size_t head = 0;
  for (const auto& [name, value] : answer.headers) head += name.size();
  if (head > sizes.head_bytes_max || answer.body.size() > sizes.body_bytes_max || answer.status < 200) std::abort();
  return std::to_string(answer.status) + "\n" + answer.body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view bytes(data + 1, size - 1);
  bool ends = data[0] % 2 != 0;
  auto whole = outcome(bytes, size, ends);
  if (outcome(bytes, 1, ends) != whole || outcome(bytes, 7, ends) != whole) std::abort();
  return 0;
}
