#include <chrono>

#include "campaign/campaign.h"
#include "campaign/commands/command.h"
#include "campaign/commands/required_marks.h"
#include "campaign/scenario_file.h"

namespace fulmar {

namespace {

constexpr double seconds_by_default = 600;

// Seeds that no campaign before had, or that of another millisecond only.
SeedRange fresh_seeds() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return {.first = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count())};
}

constexpr std::size_t scenario_file_bytes_max = 1 << 20;  // more than any has

// What the file chooses. Errors: invalid_argument, in one sentence.
Result<void> choose_by_file(const Simulator& simulator, const std::string& path, CampaignOptions& campaign) {
  auto text = read_text_file(path, scenario_file_bytes_max);
  auto file = text ? scenario_file_from_json(*text) : std::unexpected(text.error());
  if (!file) return fail(Errc::invalid_argument, path + ": " + file.error().detail);
  const auto* scenario = scenario_named(simulator, file->scenario);
  if (!scenario) return fail(Errc::invalid_argument, path + ": there is no scenario '" + file->scenario + "'");
  campaign.scenarios = {scenario};
  campaign.choice = std::move(file->choice);
  return {};
}

int run(const Simulator& simulator, const std::vector<std::string>& arguments) {
  std::optional<SeedRange> seeds;
  std::optional<Shard> shard;
  std::string scenario_file;
  CampaignOptions campaign;
  campaign.limits.jobs = jobs_by_default();
  CommandOptions options(simulator, commands::run);
  options.scenarios(campaign.scenarios);
  options.seeds("seeds", seeds, "the seeds that each scenario plays; fresh ones, of the clock, by default", true);
  options.duration("time", campaign.seconds_max,
                   "no life begins after that, as 90s, 10m or 2h; 10m by default, if nothing else ends the campaign");
  options.flag("until-first-failure", campaign.until_first_failure, "no life begins after the first that fails");
  options.number("jobs", "N", campaign.limits.jobs, 1, jobs_max,
                 "lives at once; as many as there are cores by default");
  options.choice(campaign.choice, &campaign.guided);
  options.text("scenario-file", "FILE", scenario_file, "plays the scenario with the settings and faults in this file");
  options.shard("shard", shard, "plays every N-th seed, beginning with the I-th: one of N campaigns of the same seeds");
  options.flag("marks", campaign.marks, "prints how often each mark was reached, in how many lives");
  RequiredMarks required(options);
  options.text("report", "FILE", campaign.report, "adds the results to this SQLite file");
  options.flag("resume", campaign.resume, "goes on with the campaign of --report that was interrupted");
  options.text("capsules", "FOLDER", campaign.capsules,
               "writes a capsule of each finding there: of its shortest life, for each signature");
  options.text("junit", "FILE", campaign.junit, "writes the results as JUnit XML");
  options.text("github-summary", "FILE", campaign.github_summary, "adds a summary in Markdown to this file");
  for (const auto& report : simulator.reports)
    options.text(report.option, "FILE", campaign.own_reports[report.option], report.help);
  if (auto ended = options.parse(arguments)) return *ended;
  if (auto read = required.read(campaign.required_marks); !read) return options.refuse(read.error().detail);
  if (campaign.resume) {
    if (campaign.report.empty()) return options.complain("--resume needs the --report of the campaign");
    if (!campaign.scenarios.empty() || !scenario_file.empty() || seeds || campaign.seconds_max > 0 ||
        campaign.until_first_failure || shard || !campaign.choice.empty() || campaign.guided)
      return options.complain(
          "--resume goes on with the scenarios, seeds, time, strategy, settings and faults of the report");
    return run_campaign(simulator, campaign);
  }
  if (shard && !seeds) return options.complain("--shard needs --seeds, so that all shards are of the same seeds");
  if (!scenario_file.empty()) {
    if (!campaign.scenarios.empty() || !campaign.choice.empty())
      return options.complain(
          "--scenario-file has the scenario, its settings and faults: it excludes --scenario, --set, --faults");
    if (auto chosen = choose_by_file(simulator, scenario_file, campaign); !chosen)
      return options.refuse(chosen.error().detail);
  }
  if (campaign.scenarios.empty())
    for (const auto& scenario : simulator.scenarios) campaign.scenarios.push_back(&scenario);
  campaign.seeds = seeds.value_or(fresh_seeds());
  campaign.shard = shard.value_or(Shard{});
  bool ends = campaign.seeds.last != seed_max || campaign.seconds_max > 0 || campaign.until_first_failure;
  if (!ends) campaign.seconds_max = seconds_by_default;
  return run_campaign(simulator, campaign);
}

}  // namespace

const Command commands::run{
    "run",
    "[--scenario S,S] [--seeds A..[B]] [--time 10m] [--until-first-failure] [--jobs N] [--set NAME=VALUE]... "
    "[--faults KIND,KIND] [--strategy random|swarm|guided] [--scenario-file FILE] [--shard I/N] [--report FILE] "
    "[--resume] [--junit FILE] "
    "[--github-summary FILE] [--marks] [--require-marks FILE] "
    "[--capsules FOLDER]",
    "Runs a campaign: plays lives of all scenarios, or of some, checks each, and prints what violates. Without "
    "options: "
    "all scenarios with fresh seeds for 10 minutes.",
    fulmar::run};

}  // namespace fulmar
