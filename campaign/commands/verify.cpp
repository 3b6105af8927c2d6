#include "campaign/verify.h"

#include "campaign/commands/command.h"

namespace fulmar {

namespace {

constexpr int futures_max = 1'000'000;

int verify_file(const Simulator& simulator, const std::vector<std::string>& arguments) {
  std::string path;
  VerifyOptions how{.program = simulator.program, .futures = 100};
  how.limits.jobs = jobs_by_default();
  CommandOptions options(simulator, commands::verify);
  options.file("FILE", path, "a capsule, or a plan as `plan` prints it");
  options.number("futures", "N", how.futures, 1, futures_max, "neighbours to play; 100 by default");
  options.number("jobs", "N", how.limits.jobs, 1, jobs_max, "lives at once; as many as there are cores by default");
  if (auto ended = options.parse(arguments)) return *ended;
  if (path.empty()) return options.complain("a FILE is needed");
  auto file = read_play_file(path, simulator);
  if (!file) return options.refuse(file.error().detail);
  return verify(*file, how);
}

}  // namespace

const Command commands::verify{
    "verify", "FILE [--futures N] [--jobs N]",
    "Plays a life and its neighbours, which have the same plan and other random streams, and tells which share of them "
    "fails as the capsule does. To be run before and after a fix: one clean replay shows nothing.",
    verify_file};

}  // namespace fulmar
