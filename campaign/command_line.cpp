#include "campaign/command_line.h"

#include <iostream>
#include <iterator>

#include "campaign/commands/command.h"
#include "campaign/exit_codes.h"
#include "runtime/base/did_you_mean.h"

namespace fulmar {

namespace {

constexpr const Command* all_commands[] = {
    &commands::list,     //
    &commands::run,      //
    &commands::merge,    //
    &commands::report,   //
    &commands::replay,   //
    &commands::shrink,   //
    &commands::explain,  //
    &commands::debug,    //
    &commands::verify,   //
    &commands::plan,     //
    &commands::hashes,   //
    &commands::levels,   //
    &commands::counts,
};

constexpr std::string_view exit_codes =
    "Exit codes: 0 clean, 1 a violation or a required mark not reached, 2 wrong usage, a plan that can't be played or "
    "a\n"
    "report that can't be written, 3 nondeterminism, 4 what was found could not all be written, 130 or 143 interrupted "
    "(SIGINT, SIGTERM).\n";

// Those of all simulators, then its own.
std::vector<const Command*> commands_of(const Simulator& simulator) {
  std::vector<const Command*> all(std::begin(all_commands), std::end(all_commands));
  all.insert(all.end(), simulator.own_commands.begin(), simulator.own_commands.end());
  return all;
}

void print_usage(std::ostream& out, const Simulator& simulator) {
  for (const auto* command : commands_of(simulator))
    out << simulator.program << " " << command->name << (command->usage.empty() ? "" : " ") << command->usage << "\n";
  out << "\n" << simulator.program << " COMMAND --help says what a command does.\n" << exit_codes;
}

}  // namespace

int run_command(const Simulator& simulator, const std::vector<std::string>& arguments) {
  auto complain = [&](const std::string& message) {
    std::cerr << simulator.program << ": " << message << "\n\n";
    print_usage(std::cerr, simulator);
    return exit_usage;
  };
  if (arguments.empty()) return complain("a command is needed");
  const auto& name = arguments.front();
  if (name == "help" || name == "--help") {
    print_usage(std::cout, simulator);
    return 0;
  }
  std::vector<std::string_view> names;
  for (const auto* command : commands_of(simulator)) {
    if (name == command->name) return command->run(simulator, {arguments.begin() + 1, arguments.end()});
    names.push_back(command->name);
  }
  return complain("unknown command " + name + did_you_mean(name, names));
}

}  // namespace fulmar
