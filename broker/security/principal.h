// Principal: who a client is, as authentication found it: a type and a name, "User:alice" (Kafka's KafkaPrincipal).
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace fulmar {

struct Principal {
  std::string type = "User";
  // Of a client that did not have to authenticate: "ANONYMOUS". May hold any characters, colons and commas as well: the
  // distinguished name of a certificate does.
  std::string name = "ANONYMOUS";

  auto operator<=>(const Principal&) const = default;
};

std::string to_string(const Principal& principal);  // "User:alice"
// Errors: invalid_argument, if there is no colon, or nothing before or after the first one.
Result<Principal> parse_principal(std::string_view text);

}  // namespace fulmar
