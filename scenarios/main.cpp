// fulmar-sim: the campaign engine's command line over Fulmar's scenarios, and `serve`.
#include "campaign/command_line.h"
#include "scenarios/counted_loads.h"
#include "scenarios/life.h"
#include "scenarios/serve/outside/serve_command.h"

int main(int count, char** values) {
  static constexpr const fulmar::Command* own[] = {&fulmar::commands::serve};
  return fulmar::run_command({.program = "fulmar-sim",
                              .scenarios = fulmar::all_scenarios(),
                              .levels_scenario = "recovery",
                              .loads = fulmar::counted_loads(),
                              .own_commands = own,
                              .replay_other = fulmar::replay_recording},
                             {values + 1, values + count});
}
