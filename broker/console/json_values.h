// Values of several of the console's answers as JSON.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/client/config_admin.h"
#include "broker/console/json_answer.h"

namespace fulmar {

template <class Value>
ConsoleJson json_or_null(const std::optional<Value>& value) {
  return value ? ConsoleJson(*value) : ConsoleJson();
}

// A broker's id; null if it is -1: none is.
inline ConsoleJson leader_or_null(std::int32_t id) {
  return id >= 0 ? ConsoleJson(id) : ConsoleJson();
}

// Whether `part` is in `text`, in letters of any case; only ASCII has cases here.
inline bool contains_in_any_case(std::string_view text, std::string_view part) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return !std::ranges::search(text, part, {}, lower, lower).empty() || part.empty();
}

// The list "configs".
inline void add_configs(JsonAnswer& answer, const std::vector<EffectiveConfig>& configs) {
  answer.begin_list("configs");
  for (const auto& config : configs)
    answer.item({{"name", config.name},
                 {"value", json_or_null(config.value)},
                 {"from", config.from},
                 {"changeable", config.changeable}});
  answer.end_list();
}

}  // namespace fulmar
