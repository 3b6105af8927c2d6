#include "runtime/host/network.h"

#include <charconv>

namespace fulmar {

std::string to_string(const SocketAddress& address) {
  bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

Result<SocketAddress> parse_host_port(std::string_view text) {
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return fail(Errc::invalid_argument, "expected HOST:PORT, got " + std::string(text));
  auto host = text.substr(0, colon);
  auto digits = text.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size())
    return fail(Errc::invalid_argument, "expected a port from 0 to 65535, got " + std::string(digits));
  return SocketAddress{std::string(host), port};
}

}  // namespace fulmar
