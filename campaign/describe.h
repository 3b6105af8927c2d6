// What a campaign and a replay say of a life, for people.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "campaign/plan_choice.h"
#include "campaign/scenario.h"

namespace fulmar {

// The violations as text, with the command that replays the life (`replay`).
std::string describe_violations(const Scenario& scenario, const Plan& plan, const Violations& violations,
                                const std::string& replay);
// ", 12 reads, 34 sends"; empty if there are none.
std::string describe_operations(const std::map<std::string, std::uint64_t>& operations);
// The command that replays the plan; `plan_file`: the file that has it, empty if it follows from its seed and what was
// chosen.
std::string replay_command(std::string_view program, const Plan& plan, const std::string& plan_file,
                           const PlanChoice& choice = {});

}  // namespace fulmar
