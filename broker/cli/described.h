// What the describe commands have in common: several operands, as JSON or text, and what could not be found out.
#pragma once

#include <string>

#include "broker/cli/client_command.h"

namespace fulmar {

// Prints what `describe(name)` returns for each operand: an Answer of something with `errors` (of parts that are not
// known), as_json() and as_text(). Errors: the first of `describe`, then nothing is printed; or, once all is printed,
// which parts are not known.
template <class Describe>
Answer<void> print_described(const ClientCommand& command, const Describe& describe) {
  auto json = Json::array();
  std::string text;
  std::string errors;
  for (const auto& name : command.operands()) {
    FULMAR_TRY(auto described, describe(name));
    if (command.as_json()) json.push_back(as_json(described));
    text += (text.empty() ? "" : "\n") + as_text(described);
    for (const auto& error : described.errors) errors += (errors.empty() ? "" : "; ") + name + " " + error;
  }
  FULMAR_TRY_VOID(command.as_json() ? command.print(json) : print(text));
  if (!errors.empty()) return refuse(ErrorCode::none, "not all is known: " + errors);
  return {};
}

}  // namespace fulmar
