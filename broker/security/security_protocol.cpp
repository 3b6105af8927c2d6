#include "broker/security/security_protocol.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace fulmar {

namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, 4> names{"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"};

bool same(char given, char upper) {
  return std::toupper(static_cast<unsigned char>(given)) == upper;
}

}  // namespace

std::string_view to_string(SecurityProtocol protocol) {
  return names[static_cast<std::size_t>(protocol)];
}

std::optional<SecurityProtocol> parse_security_protocol(std::string_view name) {
  const auto* found =
      std::ranges::find_if(names, [&](std::string_view known) { return std::ranges::equal(name, known, same); });
  if (found == names.end()) return std::nullopt;
  return static_cast<SecurityProtocol>(found - names.begin());
}

}  // namespace fulmar
