#include "runtime/http/client.h"

#include <array>
#include <string>

namespace fulmar {

namespace {

constexpr std::size_t read_bytes = 16 * 1024;

// Of what a server may send altogether: chunks of single bytes are more framing than body.
std::size_t wire_bytes_max(const HttpSizes& sizes) {
  return sizes.head_bytes_max + 2 * sizes.body_bytes_max;
}

}  // namespace

Result<HttpAnswer> http_get(Connection& connection, const HttpUrl& url, std::string_view accept, HttpSizes sizes,
                            Deadline deadline) {
  std::string request = "GET " + url.target + " HTTP/1.1\r\nHost: " + url.authority() +
                        "\r\nUser-Agent: fulmar\r\nAccept: " + std::string(accept) +
                        "\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n";
  FULMAR_TRY_VOID(connection.write(ByteChain(Bytes::copy_of(request)), deadline));
  HttpResponseParser parser(sizes);
  std::array<char, read_bytes> buffer;
  std::size_t taken = 0;
  while (!parser.complete()) {
    FULMAR_TRY(auto count, connection.read(buffer, deadline));
    taken += count;
    count == 0 ? parser.end() : parser.feed({buffer.data(), count});
    if (!parser.error().empty()) return fail(Errc::corrupt, "the answer can't be used: " + std::string(parser.error()));
    if (!parser.complete() && taken > wire_bytes_max(sizes))
      return fail(Errc::too_large, "the answer is longer than " + std::to_string(wire_bytes_max(sizes)) + " bytes");
  }
  return parser.take();
}

}  // namespace fulmar
