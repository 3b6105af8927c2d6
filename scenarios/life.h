// Fulmar's scenarios, as the campaign engine knows them.
#pragma once

#include <span>
#include <string_view>

#include "campaign/scenario.h"

namespace fulmar {

std::span<const Scenario> all_scenarios();
const Scenario* find_scenario(std::string_view name);

}  // namespace fulmar
