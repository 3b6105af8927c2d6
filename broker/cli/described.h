// The common parts of the describe commands: several operands, JSON or text, and parts that could not be found out.
#pragma once

#include <optional>
#include <string>

#include "broker/cli/client_command.h"

namespace fulmar {

// Prints what `describe(name)` returns for each operand: an Answer of something with `errors` (of parts that are not
// known), as_json() and as_text(). Errors, once all that is known is printed: what was not described, or which parts
// are not known.
template <class Describe>
Answer<void> print_described(const ClientCommand& command, const Describe& describe) {
  auto json = Json::array();
  std::string text;
  std::string errors;
  std::optional<ClientError> missing;  // the first that could not be described
  for (const auto& name : command.operands()) {
    auto described = describe(name);
    if (!described) {
      if (!missing)
        missing = described.error();
      else
        missing->detail += "; " + to_string(described.error());
      continue;
    }
    if (command.as_json()) json.push_back(as_json(*described));
    text += (text.empty() ? "" : "\n") + as_text(*described);
    for (const auto& error : described->errors) errors += (errors.empty() ? "" : "; ") + name + " " + error;
  }
  if (!missing || !text.empty()) FULMAR_TRY_VOID(command.as_json() ? command.print(json) : print(text));
  if (missing) return std::unexpected(*missing);
  if (!errors.empty()) return refuse(ErrorCode::none, "not all is known: " + errors);
  return {};
}

}  // namespace fulmar
