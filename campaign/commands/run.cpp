#include "campaign/campaign.h"
#include "campaign/commands/command.h"

namespace fulmar {

namespace {

int run(const Simulator& simulator, const std::vector<std::string>& arguments) {
  const Scenario* scenario = nullptr;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> seeds;
  CampaignOptions campaign;
  campaign.program = simulator.program;
  campaign.limits.jobs = 2;
  CommandOptions options(simulator, commands::run);
  options.scenario(scenario);
  options.seeds("seeds", seeds, "the seeds to play");
  options.number("jobs", "N", campaign.limits.jobs, 1, jobs_max, "lives at once; 2 by default");
  options.duration("time", campaign.seconds_max, "no life begins after that, as 90s, 10m or 2h");
  options.flag("first", campaign.stop_at_violation, "end at the first violation");
  options.text("report", "FILE.sqlite", campaign.report, "adds the results to this SQLite file");
  options.text("junit", "FILE.xml", campaign.junit, "writes the results as JUnit XML");
  if (auto ended = options.parse(arguments)) return *ended;
  if (!scenario) return options.complain("--scenario is needed");
  if (!seeds) return options.complain("--seeds A..B is needed");
  campaign.first_seed = seeds->first;
  campaign.last_seed = seeds->second;
  return run_campaign(*scenario, campaign);
}

}  // namespace

const Command commands::run{
    "run", "--scenario S --seeds A..B [--jobs N] [--time 10m] [--first] [--report FILE.sqlite] [--junit FILE.xml]",
    "Runs a campaign: plays the seeds, checks each life, and prints what violates.", fulmar::run};

}  // namespace fulmar
