#include "campaign/command_line.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "campaign/campaign.h"
#include "campaign/exit_codes.h"
#include "campaign/levels.h"
#include "campaign/replay.h"

namespace fulmar {

namespace {

namespace po = boost::program_options;

// Printed after the program's name, one per line.
constexpr std::string_view commands[] = {
    "list",
    "run --scenario S --seeds A..B [--jobs N] [--time 10m] [--first] [--report FILE.sqlite] [--junit FILE.xml]",
    "replay --scenario S --seed N [--plan FILE] [--trace] [--record FILE]",
    "plan --scenario S --seed N",
    "hashes --scenario S --seeds A..B",
    "levels [--scenario S] [--seeds A..B] [--jobs N]",
};
constexpr const char* levels_seeds = "1..340";
constexpr std::string_view exit_codes =
    "Exit codes: 0 clean, 1 a violation or a required mark not reached, 2 wrong usage, a plan that can't be played or "
    "a\n"
    "report that can't be written, 3 nondeterminism, 4 what was found could not all be written, 130 or 143 interrupted "
    "(SIGINT, SIGTERM).\n";

Result<Plan> read_plan(const std::string& path, const PlanTerms& terms) {
  constexpr std::size_t bytes_max = 4 << 20;
  std::ifstream file(path);
  if (!file) return fail(Errc::invalid_argument, "can't be read");
  std::string text(bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fail(Errc::invalid_argument, "can't be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > bytes_max) return fail(Errc::invalid_argument, "is larger than any plan");
  return plan_from_json(text, terms);
}

bool parse_number(const std::string& text, std::uint64_t& number) {
  std::istringstream in(text);
  return !text.empty() && text[0] != '-' && (in >> number) && in.eof();
}

bool parse_seeds(const std::string& text, std::uint64_t& first, std::uint64_t& last) {
  auto dots = text.find("..");
  if (dots == std::string::npos) {
    if (!parse_number(text, first)) return false;
    last = first;
    return true;
  }
  return parse_number(text.substr(0, dots), first) && parse_number(text.substr(dots + 2), last) && first <= last;
}

// "90", "90s", "10m", "2h" as seconds; negative for anything else.
double parse_duration(const std::string& text) {
  std::istringstream in(text);
  double number = -1;
  std::string unit;
  if (!(in >> number)) return -1;
  in >> unit;
  double factor = unit.empty() || unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : -1;
  return number * factor;
}

int hashes(const Scenario& scenario, std::uint64_t first, std::uint64_t last) {
  for (auto seed = first; seed <= last; ++seed)
    std::printf("%llu %016llx\n", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(scenario.run(scenario.plan(seed), {}).trace_hash));
  return 0;
}

const Scenario* find(std::span<const Scenario> scenarios, std::string_view name) {
  auto found = std::find_if(scenarios.begin(), scenarios.end(), [&](const Scenario& s) { return s.name == name; });
  return found == scenarios.end() ? nullptr : &*found;
}

class Command {
 public:
  explicit Command(const Simulator& simulator) : simulator_(simulator) {}

  int run(const std::vector<std::string>& arguments);

 private:
  std::string usage() const {
    std::string text;
    for (auto command : commands) text += std::string(simulator_.program) + " " + std::string(command) + "\n";
    return text + "\n" + std::string(exit_codes);
  }
  int complain(const std::string& message) const {
    std::cerr << simulator_.program << ": " << message << "\n\n" << usage();
    return exit_usage;
  }
  // Prints a one-line error.
  int refuse(const std::string& message) const {
    std::cerr << simulator_.program << ": " << message << "\n";
    return exit_usage;
  }

  const Simulator& simulator_;
};

int Command::run(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return complain("a command is needed");
  const auto& name = arguments.front();
  if (name == "help" || name == "--help") {
    std::cout << usage();
    return 0;
  }
  if (name == "list") {
    for (const auto& scenario : simulator_.scenarios)
      std::cout << scenario.name << "  " << scenario.description << "\n";
    return 0;
  }
  std::string scenario_name, seeds, seed_text, time, plan_file, record_file;
  CampaignOptions campaign;
  campaign.program = simulator_.program;
  campaign.limits.jobs = 2;
  po::options_description options;
  auto add = options.add_options();
  add("scenario", po::value(&scenario_name));
  add("seeds", po::value(&seeds));
  add("seed", po::value(&seed_text));
  add("jobs", po::value(&campaign.limits.jobs));
  add("time", po::value(&time));
  add("first", po::bool_switch(&campaign.limits.stop_at_violation));
  add("report", po::value(&campaign.report));
  add("junit", po::value(&campaign.junit));
  add("plan", po::value(&plan_file));
  add("trace", "");
  add("record", po::value(&record_file));
  po::variables_map given;
  try {
    po::store(po::command_line_parser({arguments.begin() + 1, arguments.end()}).options(options).run(), given);
    po::notify(given);
  } catch (const po::error& error) {
    return complain(error.what());
  }
  if (name != "run" && name != "replay" && name != "plan" && name != "hashes" && name != "levels")
    return complain("unknown command " + name);
  if (name == "levels") {
    if (!given.contains("scenario")) scenario_name = simulator_.levels_scenario;
    if (seeds.empty()) seeds = levels_seeds;
  }
  const auto* scenario = find(simulator_.scenarios, scenario_name);
  if (!scenario) return complain(scenario_name.empty() ? "--scenario is needed" : "unknown scenario " + scenario_name);
  if (name == "run" || name == "hashes" || name == "levels") {
    if (!parse_seeds(seeds, campaign.limits.first_seed, campaign.limits.last_seed))
      return complain("--seeds A..B is needed, A not above B");
    if (name == "hashes") return hashes(*scenario, campaign.limits.first_seed, campaign.limits.last_seed);
    if (campaign.limits.jobs < 1 || campaign.limits.jobs > 256) return complain("--jobs must be from 1 to 256");
    if (name == "levels") return print_levels(simulator_.program, *scenario, campaign.limits);
    if (!time.empty() && (campaign.limits.seconds_max = parse_duration(time)) <= 0)
      return complain("--time must be like 90s, 10m or 2h");
    return run_campaign(*scenario, campaign);
  }
  std::uint64_t seed = 0;
  if (!parse_number(seed_text, seed) && (plan_file.empty() || !seed_text.empty()))
    return complain("--seed N is needed");
  if (name == "plan") {
    std::cout << plan_to_json(scenario->plan(seed), scenario->terms) << "\n";
    return 0;
  }
  ReplayOptions how{.program = simulator_.program,
                    .plan_file = plan_file,
                    .trace = given.contains("trace"),
                    .record_file = record_file};
  if (plan_file.empty()) return replay(*scenario, scenario->plan(seed), how);
  auto plan = read_plan(plan_file, scenario->terms);
  if (!plan) return refuse(plan_file + ": " + plan.error().detail);
  if (plan->scenario != scenario->name) return refuse(plan_file + ": it is a plan of scenario " + plan->scenario);
  if (auto checked = scenario->check(*scenario, *plan); !checked)
    return refuse(plan_file + ": " + checked.error().detail);
  return replay(*scenario, *plan, how);
}

}  // namespace

int run_command(const Simulator& simulator, const std::vector<std::string>& arguments) {
  return Command(simulator).run(arguments);
}

}  // namespace fulmar
