// A command of a simulator's command line, such as `replay`, and its options. Each command is a file beside this one;
// campaign/command_line.cpp lists them. A command refuses options that it does not know, and has --help.
#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/command_line.h"
#include "campaign/turns.h"

namespace fulmar {

constexpr int jobs_max = 256;  // processes that play lives at once
int jobs_by_default();         // as many as there are cores

struct Command {
  std::string_view name;
  std::string_view usage;    // what follows the name: "--scenario S --seed N [--trace]"
  std::string_view purpose;  // for --help: what it does, in one sentence or two
  // Returns the exit code (exit_codes.h).
  int (*run)(const Simulator& simulator, const std::vector<std::string>& arguments);
};

namespace commands {
extern const Command counts;
extern const Command debug;
extern const Command explain;
extern const Command hashes;
extern const Command levels;
extern const Command list;
extern const Command merge;
extern const Command plan;
extern const Command replay;
extern const Command report;
extern const Command run;
extern const Command shrink;
extern const Command verify;
}  // namespace commands

// The options of a command: declare them, then parse() what was given. `into` is changed only if the option is given,
// and must outlive parse().
class CommandOptions {
 public:
  CommandOptions(const Simulator& simulator, const Command& command);

  void flag(const char* name, bool& into, const char* help);
  void text(const char* name, const char* placeholder, std::string& into, const char* help);
  void number(const char* name, const char* placeholder, int& into, int min, int max, const char* help);
  void number(const char* name, const char* placeholder, std::optional<std::uint64_t>& into, const char* help);
  // May be given several times.
  void texts(const char* name, const char* placeholder, std::vector<std::string>& into, const char* help);
  // "A..B" or "A"; if `open`, also "A..", which is up to seed_max.
  void seeds(const char* name, std::optional<SeedRange>& into, const char* help, bool open = false);
  // "90", "90s", "10m" or "2h"; above 0.
  void duration(const char* name, double& seconds, const char* help);
  // The name of one of the simulator's scenarios.
  void scenario(const Scenario*& into);
  // Names of scenarios, with commas between them.
  void scenarios(std::vector<const Scenario*>& into);
  // What is chosen for all plans: --set, --faults and --strategy. If `guided` is given, the strategy may also be
  // guided, which is no choice of plans.
  void choice(PlanChoice& into, bool* guided = nullptr);
  // "I/N".
  void shard(const char* name, std::optional<Shard>& into, const char* help);
  // An argument without a name, at most one; or any number of them.
  void file(const char* placeholder, std::string& into, const char* help);
  void files(const char* placeholder, std::vector<std::string>& into, const char* help);

  // The exit code if the command has ended here, by --help or by an error, which has been printed; else nullopt.
  std::optional<int> parse(const std::vector<std::string>& arguments);

  // Prints the error, and how the command is used. Return the exit code exit_usage.
  int complain(const std::string& message) const;
  // Prints the error, in one line: of files and other input.
  int refuse(const std::string& message) const;

 private:
  const Simulator& simulator_;
  const Command& command_;
  boost::program_options::options_description options_;
  boost::program_options::positional_options_description positions_;
  std::string file_placeholder_;
};

// Errors: invalid_argument: it can't be read, is larger than bytes_max.
Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max);

}  // namespace fulmar
