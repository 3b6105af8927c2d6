// PrincipalMapping: which user a certificate's name stands for, by ssl.principal.mapping.rules (KIP-371):
//
//   RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/,RULE:^.*[Cc][Nn]=([a-zA-Z0-9.]*).*$/$1/L,DEFAULT
//
// The first rule whose pattern matches the whole name makes the user's name; DEFAULT is the name as it is. Patterns are
// RE2's: as Java's, but without what takes more than linear time (back references and look-around).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace re2 {
class RE2;
}

namespace fulmar {

class PrincipalMapping {
 public:
  // DEFAULT alone.
  PrincipalMapping();
  ~PrincipalMapping();
  PrincipalMapping(PrincipalMapping&&) noexcept;
  PrincipalMapping& operator=(PrincipalMapping&&) noexcept;

  // Errors: invalid_argument, with the rule that is none.
  static Result<PrincipalMapping> parse(std::string_view rules);

  // Errors: refused, if no rule applies to the name. Linear in the name.
  Result<std::string> user_of(const std::string& distinguished_name) const;

 private:
  enum class Case : unsigned char { as_it_is, lower, upper };
  struct Rule {
    std::unique_ptr<re2::RE2> pattern;  // null: DEFAULT
    std::string replacement = {};       // with \1 for a group
    Case letters = Case::as_it_is;
  };
  static Result<Rule> parse_rule(std::string_view text);

  std::vector<Rule> rules_;
};

}  // namespace fulmar
