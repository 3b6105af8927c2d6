// fulmar-sim: lists scenarios, runs campaigns of seeds, and replays single lives.
#include <boost/program_options.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "scenarios/cli/campaign.h"

namespace fulmar {
namespace {

namespace po = boost::program_options;

constexpr int exit_violation = 1;
constexpr int exit_usage = 2;
constexpr int exit_nondeterminism = 3;

constexpr const char* usage =
    "fulmar-sim list\n"
    "fulmar-sim run --scenario S --seeds A..B [--jobs N] [--time 10m] [--first] [--report FILE.sqlite] [--junit "
    "FILE.xml]\n"
    "fulmar-sim replay --scenario S --seed N [--plan FILE] [--trace]\n"
    "fulmar-sim plan --scenario S --seed N\n"
    "fulmar-sim hashes --scenario S --seeds A..B\n"
    "\n"
    "Exit codes: 0 clean, 1 a violation, 2 wrong usage, 3 nondeterminism.\n";

int complain(const std::string& message) {
  std::cerr << "fulmar-sim: " << message << "\n\n" << usage;
  return exit_usage;
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

int replay(const Scenario& scenario, std::uint64_t seed, const std::string& plan_file, bool trace) {
  Plan plan = scenario.plan(seed);
  if (!plan_file.empty()) {
    std::ifstream file(plan_file);
    std::stringstream text;
    text << file.rdbuf();
    if (!file) return complain("can't read " + plan_file);
    auto read = plan_from_json(text.str());
    if (!read) return complain(plan_file + ": " + read.error().detail);
    if (read->scenario != scenario.name) return complain(plan_file + " is a plan of " + read->scenario);
    plan = std::move(*read);
  }
  LifeOptions options;
  if (trace)
    options.trace = [](Instant at, std::string_view line) {
      std::printf("%s %.*s\n", to_string(at).c_str(), static_cast<int>(line.size()), line.data());
    };
  SeedResult result{.seed = plan.seed, .life = scenario.run(plan, options), .wall_seconds = 0};
  auto again = scenario.run(plan, {});
  std::printf("trace hash %016llx, %llu events, %.1f simulated s, %zu sends, %zu reads\n",
              static_cast<unsigned long long>(result.life.trace_hash),
              static_cast<unsigned long long>(result.life.events),
              std::chrono::duration<double>(result.life.simulated).count(), result.life.sends, result.life.reads);
  if (again.trace_hash != result.life.trace_hash) {
    std::printf("NONDETERMINISM: the same plan gave %016llx the second time\n",
                static_cast<unsigned long long>(again.trace_hash));
    return exit_nondeterminism;
  }
  if (result.life.violations.empty()) {
    std::printf("clean\n");
    return 0;
  }
  std::printf("%s", describe_violations(scenario, result).c_str());
  return exit_violation;
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
  return replay(*scenario, seed, plan_file, given.contains("trace"));
}

}  // namespace
}  // namespace fulmar

int main(int count, char** values) {
  return fulmar::command({values + 1, values + count});
}
