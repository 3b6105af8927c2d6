// fulmar-sim: lists scenarios, runs campaigns of seeds, and replays single lives.
#include <boost/program_options.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "scenarios/cli/campaign.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/replay.h"
#include "scenarios/plan_check.h"

namespace fulmar {
namespace {

namespace po = boost::program_options;

constexpr const char* usage =
    "fulmar-sim list\n"
    "fulmar-sim run --scenario S --seeds A..B [--jobs N] [--time 10m] [--first] [--report FILE.sqlite] [--junit "
    "FILE.xml]\n"
    "fulmar-sim replay --scenario S --seed N [--plan FILE] [--trace]\n"
    "fulmar-sim plan --scenario S --seed N\n"
    "fulmar-sim hashes --scenario S --seeds A..B\n"
    "\n"
    "Exit codes: 0 clean, 1 a violation, 2 wrong usage, a plan that can't be played or a report that can't be\n"
    "written, 3 nondeterminism, 4 what was found could not all be written, 130 or 143 interrupted (SIGINT, SIGTERM).\n";

int complain(const std::string& message) {
  std::cerr << "fulmar-sim: " << message << "\n\n" << usage;
  return exit_usage;
}

// Of input that is named clearly enough: one line.
int refuse(const std::string& message) {
  std::cerr << "fulmar-sim: " << message << "\n";
  return exit_usage;
}

Result<Plan> read_plan(const std::string& path) {
  constexpr std::size_t bytes_max = 4 << 20;
  std::ifstream file(path);
  if (!file) return fail(Errc::invalid_argument, "can't be read");
  std::string text(bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fail(Errc::invalid_argument, "can't be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > bytes_max) return fail(Errc::invalid_argument, "is larger than any plan");
  return plan_from_json(text);
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

// "90", "90s", "10m", "2h" as seconds; negative if it is none of these.
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

int command(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return complain("a command is needed");
  const auto& name = arguments.front();
  if (name == "help" || name == "--help") {
    std::cout << usage;
    return 0;
  }
  if (name == "list") {
    for (const auto& scenario : all_scenarios()) std::cout << scenario.name << "  " << scenario.description << "\n";
    return 0;
  }
  std::string scenario_name, seeds, seed_text, time, plan_file;
  CampaignOptions campaign;
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
  po::variables_map given;
  try {
    po::store(po::command_line_parser({arguments.begin() + 1, arguments.end()}).options(options).run(), given);
    po::notify(given);
  } catch (const po::error& error) {
    return complain(error.what());
  }
  if (name != "run" && name != "replay" && name != "plan" && name != "hashes")
    return complain("unknown command " + name);
  const auto* scenario = find_scenario(scenario_name);
  if (!scenario) return complain(scenario_name.empty() ? "--scenario is needed" : "unknown scenario " + scenario_name);
  if (name == "run" || name == "hashes") {
    if (!parse_seeds(seeds, campaign.limits.first_seed, campaign.limits.last_seed))
      return complain("--seeds A..B is needed, A not above B");
    if (name == "hashes") return hashes(*scenario, campaign.limits.first_seed, campaign.limits.last_seed);
    if (campaign.limits.jobs < 1 || campaign.limits.jobs > 256) return complain("--jobs must be from 1 to 256");
    if (!time.empty() && (campaign.limits.seconds_max = parse_duration(time)) <= 0)
      return complain("--time must be like 90s, 10m or 2h");
    return run_campaign(*scenario, campaign);
  }
  std::uint64_t seed = 0;
  if (!parse_number(seed_text, seed) && (plan_file.empty() || !seed_text.empty()))
    return complain("--seed N is needed");
  if (name == "plan") {
    std::cout << plan_to_json(scenario->plan(seed)) << "\n";
    return 0;
  }
  ReplayOptions how{.plan_file = plan_file, .trace = given.contains("trace")};
  if (plan_file.empty()) return replay(*scenario, scenario->plan(seed), how);
  auto plan = read_plan(plan_file);
  if (!plan) return refuse(plan_file + ": " + plan.error().detail);
  if (plan->scenario != scenario->name) return refuse(plan_file + ": it is a plan of scenario " + plan->scenario);
  if (auto checked = check_plan(*scenario, *plan); !checked) return refuse(plan_file + ": " + checked.error().detail);
  return replay(*scenario, *plan, how);
}

}  // namespace
}  // namespace fulmar

int main(int count, char** values) {
  return fulmar::command({values + 1, values + count});
}
