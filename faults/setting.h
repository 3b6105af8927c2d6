// Setting: a number that a plan has for its scenario, by a name. Settings are objects, as kinds of faults are, so that
// code can't ask for one that does not exist; and nothing here knows all of them: each scenario says which its plans
// have.
#pragma once

#include <cstdint>
#include <string_view>

namespace fulmar {

struct Setting {
  std::string_view name;  // as plans have it; no two settings of a scenario have one name
  // A life can be played with what is in this range, which need not be a life that seeds choose.
  std::int64_t min;
  std::int64_t max;
};

}  // namespace fulmar
