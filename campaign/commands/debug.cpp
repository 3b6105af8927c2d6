#include "campaign/commands/play_source.h"
#include "campaign/debug/prompt.h"

namespace fulmar {

namespace {

int debug_one(const Simulator& simulator, const std::vector<std::string>& arguments) {
  PlaySource source;
  DebugOptions how{.program = simulator.program};
  CommandOptions options(simulator, commands::debug);
  source.declare(options);
  options.flag("gdb", how.gdb, "goes to the violation, or to the life's end, and hands over to gdb there");
  if (auto ended = options.parse(arguments)) return *ended;
  auto what = source.read(simulator, options);
  if (!what) return what.error();
  return debug(*what, how);
}

}  // namespace

const Command commands::debug{
    "debug",
    "(FILE | --scenario S --seed N [--set NAME=VALUE]... [--faults KIND,KIND] [--strategy random|swarm]) [--gdb]",
    "Plays a life to any moment, forward and back, and shows what it is in there: the nodes "
    "and their state, fibers with "
    "their stacks, messages under way. It reads commands from its input; 'help' lists them.",
    debug_one};

}  // namespace fulmar
