// What a change of the console says, as a JSON object. Each change reads its members before anybody is asked; what it
// gets fails with invalid_argument and a sentence for a member that it does not have, or a value that it may not have.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace fulmar {

class ChangeBody {
 public:
  // Errors: it is no JSON object, a member comes twice, or something is nested deeper than the values of a member.
  static Result<ChangeBody> parse(std::string_view text);

  // Fails if there are others than these.
  Result<void> only(const std::set<std::string_view>& names) const;
  // Not empty.
  Result<std::string> text(std::string_view name) const;
  // nullopt: not given. So is null.
  Result<std::optional<std::string>> text_if_given(std::string_view name) const;
  Result<std::optional<std::int64_t>> number(std::string_view name, std::int64_t min, std::int64_t max) const;
  // False if not given.
  Result<bool> flag(std::string_view name) const;
  // An object of texts; empty if not given.
  Result<std::map<std::string, std::string>> texts(std::string_view name) const;
  // A list of texts, likewise.
  Result<std::vector<std::string>> list(std::string_view name) const;

 private:
  const nlohmann::json* find(std::string_view name) const;

  nlohmann::json members_;
};

}  // namespace fulmar
