#include "broker/security/principal.h"

namespace fulmar {

std::string to_string(const Principal& principal) {
  return principal.type + ":" + principal.name;
}

Result<Principal> parse_principal(std::string_view text) {
  auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size())
    return fail(Errc::invalid_argument,
                "\"" + std::string(text) + "\" is no principal: one is TYPE:NAME, such as User:alice");
  return Principal{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

}  // namespace fulmar
