// PlaySource: the life that a command is about: a file (a capsule or a plan), or a scenario's seed.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "campaign/capsule.h"
#include "campaign/commands/command.h"

namespace fulmar {

struct PlaySource {
  std::string path = {};  // empty: the seed is given
  const Scenario* scenario = nullptr;
  std::optional<std::uint64_t> seed = {};
  PlanChoice choice = {};

  // The options, to be called before they are parsed.
  void declare(CommandOptions& options);
  // What is to be played, once they are. Errors have been printed: the exit code.
  std::expected<PlayFile, int> read(const Simulator& simulator, const CommandOptions& options) const;
};

}  // namespace fulmar
