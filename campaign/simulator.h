// Simulator: a program with scenarios.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "campaign/counts.h"
#include "campaign/own_report.h"
#include "campaign/scenario.h"

namespace fulmar {

struct Command;  // campaign/commands/command.h

struct Simulator {
  std::string_view program;  // its name in messages
  std::span<const Scenario> scenarios;
  std::string_view levels_scenario = {};    // the scenario of `levels`, unless another is given
  std::span<const OwnReport> reports = {};  // forms of report that it adds
  std::span<const CountedLoad> loads = {};  // of `counts`
  // Commands that only this simulator has, beside those that all have.
  std::span<const Command* const> own_commands = {};
  // Plays a file that is neither capsule nor plan, for `replay FILE`, and returns the exit code; nullopt: it is no such
  // file. With `trace`, prints every event.
  std::optional<int> (*replay_other)(const std::string& path, bool trace) = nullptr;
};

// The scenario of that name, one of the simulator's or the canary, which all have; nullptr if there is none.
const Scenario* scenario_named(const Simulator& simulator, std::string_view name);

}  // namespace fulmar
