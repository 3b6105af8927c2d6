// Setting: a named number in the plans of a scenario. Settings are objects, like kinds of fault, so that code can't ask
// for one that does not exist, and no list here has all of them: each scenario says which its plans have.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace fulmar {

struct Setting {
  std::string_view name;  // as in plans; unique in a scenario
  // A life can be played with any value in this range; seeds may choose from a smaller one.
  std::int64_t min;
  std::int64_t max;
  // The value with which least happens in a life, or what happens is easiest to follow: failing lives are shrunk
  // towards it. nullopt: no value is simpler than another.
  std::optional<std::int64_t> simplest = {};
};

}  // namespace fulmar
