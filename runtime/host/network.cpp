#include "runtime/host/network.h"

#include <algorithm>
#include <charconv>
#include <optional>

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
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find_first_of(":[]") != std::string_view::npos)
    return fail(Errc::invalid_argument, "expected HOST:PORT, an IPv6 address in brackets, got " + std::string(text));
  std::uint16_t port = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size())
    return fail(Errc::invalid_argument, "expected a port from 0 to 65535, got " + std::string(digits));
  return SocketAddress{std::string(host), port};
}

bool is_numeric(const SocketAddress& address) {
  return address.host.find(':') != std::string::npos ||
         address.host.find_first_not_of("0123456789.") == std::string::npos;
}

Result<SocketAddress> numeric_address(Network& network, const SocketAddress& address, Deadline deadline) {
  if (address.host.empty()) return address;
  FULMAR_TRY(auto found, network.resolve(address.host, address.port, deadline));
  auto v4 =
      std::find_if(found.begin(), found.end(), [](const auto& one) { return one.host.find(':') == one.host.npos; });
  return v4 != found.end() ? *v4 : found.front();
}

Result<std::unique_ptr<Connection>> connect_by_name(Network& network, const SocketAddress& to, Deadline deadline) {
  FULMAR_TRY(auto found, network.resolve(to.host, to.port, deadline));
  std::optional<Error> last;
  for (const auto& address : found) {
    auto connected = network.connect(address, deadline);
    if (connected) return connected;
    last = std::move(connected.error());
  }
  return std::unexpected(std::move(*last));
}

}  // namespace fulmar
