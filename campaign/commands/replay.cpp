#include "campaign/replay.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "campaign/capsule.h"
#include "campaign/commands/play_source.h"
#include "campaign/exit_codes.h"
#include "campaign/perfetto.h"
#include "reports/file.h"

namespace fulmar {

namespace {

// Records the life once more, as a capsule.
int write_as_capsule(const CommandOptions& options, const PlayFile& what, const std::string& path) {
  auto capsule = record_capsule(*what.scenario, what.plan, {}, what.capsule ? what.capsule->signature : std::nullopt);
  if (!capsule) return exit_by_signal + capsule.error();
  if (what.capsule) capsule->notes = what.capsule->notes;
  if (auto written = write_capsule(path, *capsule, what.scenario->terms); !written) {
    options.refuse(written.error().detail);
    return exit_unwritten;
  }
  std::printf("%s\n", path.c_str());
  return 0;
}

// Plays the life once more, and writes what happens in it for ui.perfetto.dev.
int write_for_perfetto(const CommandOptions& options, const PlayFile& what, const std::string& path) {
  auto played = run_in_worker({}, {.scenario = what.scenario, .plan = what.plan});
  if (!played) return exit_by_signal + played.error();
  // A file that is there already stays until the new one is whole.
  auto unfinished = path + ".unfinished";
  std::ofstream out(unfinished);
  write_perfetto(out, *what.scenario, what.plan, played->life.violations, life_seconds_max);
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(unfinished, path, error);
  if (!out || error) {
    std::filesystem::remove(unfinished, error);
    options.refuse(path + ": can't be written");
    return exit_unwritten;
  }
  std::printf("%s\n", path.c_str());
  return 0;
}

int replay_one(const Simulator& simulator, const std::vector<std::string>& arguments) {
  PlaySource source;
  std::string capsule_file, perfetto_file;
  ReplayOptions how{.program = simulator.program, .plan_file = ""};
  CommandOptions options(simulator, commands::replay);
  source.declare(options);
  options.flag("trace", how.trace, "prints every event");
  options.text("record", "FILE.json", how.record_file, "writes operations and events as JSON");
  options.text("capsule", "FILE.capsule.json", capsule_file, "writes the life, as it is now, as a capsule");
  options.text("perfetto", "FILE.json", perfetto_file, "writes what happens, for ui.perfetto.dev");
  if (auto ended = options.parse(arguments)) return *ended;
  bool is_file_alone = !source.scenario && !source.seed && source.choice.empty();
  if (simulator.replay_other && !source.path.empty() && is_file_alone && how.record_file.empty() &&
      capsule_file.empty())
    if (auto code = simulator.replay_other(source.path, how.trace)) return *code;
  auto what = source.read(simulator, options);
  if (!what) return what.error();
  how.plan_file = source.path;
  how.choice = source.choice;
  if (what->capsule) how.recorded = &*what->capsule;
  if (!capsule_file.empty())
    if (auto writable = check_capsule_writable(capsule_file); !writable) return options.refuse(writable.error().detail);
  if (!perfetto_file.empty())
    if (auto writable = check_writable(perfetto_file); !writable) return options.refuse(writable.error().detail);
  auto code = replay(*what->scenario, what->plan, how);
  if (code != 0 && code != exit_violation) return code;
  int written = 0;
  if (!capsule_file.empty()) written = write_as_capsule(options, *what, capsule_file);
  if (!perfetto_file.empty() && written == 0) written = write_for_perfetto(options, *what, perfetto_file);
  return written != 0 ? written : code;
}

}  // namespace

const Command commands::replay{
    "replay",
    "(FILE | --scenario S --seed N [--set NAME=VALUE]... [--faults KIND,KIND] [--strategy random|swarm]) [--trace] "
    "[--record FILE.json] [--capsule FILE.capsule.json] [--perfetto FILE.json]",
    "Plays one life twice, prints what it violates, and checks that both were the same. If FILE is a capsule, tells "
    "from "
    "which event on the life differs from the recorded one, and whether the verdict is still the same.",
    replay_one};

}  // namespace fulmar
