#include "campaign/commands/play_source.h"

namespace fulmar {

void PlaySource::declare(CommandOptions& options) {
  options.file("FILE", path, "a capsule, or a plan as `plan` prints it");
  options.scenario(scenario);
  options.number("seed", "N", seed, "the life of this seed");
  options.choice(choice);
}

std::expected<PlayFile, int> PlaySource::read(const Simulator& simulator, const CommandOptions& options) const {
  if (!path.empty()) {
    if (scenario || seed || !choice.empty())
      return std::unexpected(
          options.complain("a FILE has its scenario, seed, settings and faults: none can be given beside it"));
    auto file = read_play_file(path, simulator);
    if (!file) return std::unexpected(options.refuse(file.error().detail));
    return std::move(*file);
  }
  if (!scenario || !seed) return std::unexpected(options.complain("a FILE, or --scenario S and --seed N, is needed"));
  PlayFile file{.scenario = scenario, .plan = plan_of(*scenario, *seed, choice), .capsule = std::nullopt};
  if (choice.empty()) return file;
  if (auto checked = scenario->check(*scenario, file.plan); !checked)
    return std::unexpected(options.refuse(checked.error().detail));
  return file;
}

}  // namespace fulmar
