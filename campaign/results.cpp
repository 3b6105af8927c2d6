#include "campaign/results.h"

#include "campaign/build_id.h"
#include "campaign/describe.h"
#include "campaign/new_campaign.h"
#include "campaign/recorded_findings.h"
#include "reports/file.h"
#include "reports/github_summary.h"

namespace fulmar {

namespace {

constexpr const char* random_suffix = "-random";  // of the names of campaigns
constexpr const char* guided_suffix = "-guided";
constexpr std::size_t findings_shown_max = 5;  // in full, while the campaign goes on

CampaignReport asked_for(const CampaignOptions& options) {
  auto campaign = new_campaign();
  // The strategy is part of the name, unless it is that of swarms.
  campaign.name += options.guided ? guided_suffix : options.choice.every_kind ? random_suffix : "";
  for (const auto* scenario : options.scenarios) campaign.scenarios.emplace_back(scenario->name);
  campaign.first_seed = options.seeds.first;
  if (options.seeds.last != seed_max) campaign.last_seed = options.seeds.last;
  campaign.shard = options.shard.number;
  campaign.shards = options.shard.of;
  campaign.seconds_max = options.seconds_max;
  campaign.until_first_failure = options.until_first_failure;
  campaign.settings = options.choice.settings;
  campaign.faults = options.choice.faults;
  return campaign;
}

}  // namespace

Result<void> Results::begin() {
  for (const auto& file : {options_.junit, options_.github_summary})
    if (!file.empty()) FULMAR_TRY_VOID(check_writable(file));
  for (const auto& own : simulator_.reports) {
    auto path = options_.own_reports.find(own.option);
    if (path == options_.own_reports.end() || path->second.empty()) continue;
    FULMAR_TRY(auto reporter, own.open(path->second));
    reporters_.push_back(std::move(reporter));
  }
  if (options_.report.empty()) return {};
  if (options_.resume) return resume();
  FULMAR_TRY(store_, ReportStore::open(options_.report));
  FULMAR_TRY(campaign_, store_->begin_campaign(asked_for(options_)));
  return {};
}

Result<void> Results::resume() {
  FULMAR_TRY(store_, ReportStore::open_existing(options_.report));
  FULMAR_TRY(auto unfinished, store_->unfinished());
  const auto& campaign = unfinished.campaign;
  if (campaign.build != build_id())
    return fail(
        Errc::invalid_argument,
        options_.report + ": its unfinished campaign is of another build of this program, so that it can't go on");
  options_.scenarios.clear();
  for (const auto& name : campaign.scenarios) {
    const auto* scenario = scenario_named(simulator_, name);
    if (!scenario) return fail(Errc::invalid_argument, options_.report + ": there is no scenario " + name);
    options_.scenarios.push_back(scenario);
  }
  options_.seeds = {campaign.first_seed, campaign.last_seed.value_or(seed_max)};
  options_.shard = {campaign.shard, campaign.shards};
  options_.seconds_max = campaign.seconds_max;
  options_.until_first_failure = campaign.until_first_failure;
  options_.choice = {campaign.settings, campaign.faults, campaign.name.ends_with(random_suffix)};
  options_.guided = campaign.name.ends_with(guided_suffix);
  campaign_ = unfinished.id;
  seconds_before_ = unfinished.elapsed_seconds;
  played_ = std::move(unfinished.played);
  return store_->each_life(campaign_, [&](const LifeReport& life) {
    count(life);
    if (!life.signature.empty()) shown_.insert(life.signature);
  });
}

void Results::expect(const std::vector<const Scenario*>& scenarios) {
  for (const auto* scenario : scenarios) totals_.scenarios.try_emplace(std::string(scenario->name));
}

void Results::count(const LifeReport& life) {
  totals_.add(life);
  std::erase_if(reporters_, [&](const auto& reporter) {
    auto added = reporter->add(life);
    if (added) return false;
    error_ += (error_.empty() ? "" : "\n" + std::string(simulator_.program) + ": ") + added.error().detail;
    return unwritten_ = true;
  });
  if (options_.junit.empty()) return;
  auto& suite = suites_[life.scenario];
  suite.name = life.scenario;
  suite.cases.push_back({"seed " + std::to_string(life.seed), life.wall_seconds, life.difference + life.description});
}

std::string Results::add(const PlayedLife& played, double seconds) {
  auto life = report_of(played, simulator_.program, options_.choice, options_.capsules, seconds);
  count(life);
  if (store_) {
    if (auto added = store_->add_life(campaign_, life); !added) {
      error_ += (error_.empty() ? "" : "\n" + std::string(simulator_.program) + ": ") + added.error().detail + "\n" +
                std::string(simulator_.program) + ": the report ends before seed " + std::to_string(life.seed) +
                "; the campaign goes on without it";
      unwritten_ = true;
      store_.reset();
    }
  }
  std::string text;
  if (!life.difference.empty())
    text = life.scenario + " seed " + std::to_string(life.seed) + ": " + life.difference + "  replay: " + life.replay +
           "\n";
  if (life.signature.empty() || shown_.contains(life.signature) || shown_.size() >= findings_shown_max) return text;
  shown_.insert(life.signature);
  return text + life.description;
}

std::string Results::take_error() {
  return std::exchange(error_, {});
}

std::string Results::end(double seconds, bool complete, const std::string& missing) {
  std::string errors;
  auto tell = [&](const Result<void>& written) {
    if (written) return;
    errors += std::string(simulator_.program) + ": " + written.error().detail + "\n";
    unwritten_ = true;
  };
  if (!options_.junit.empty()) {
    std::vector<JunitSuite> suites;
    for (auto& [name, suite] : suites_) suites.push_back(std::move(suite));
    suites.push_back({"campaign", {{"required marks", 0, missing}}});
    tell(write_file(options_.junit, junit_xml(suites)));
  }
  if (!options_.github_summary.empty())
    tell(append_file(options_.github_summary, github_summary(totals_, seconds, missing)));
  for (const auto& reporter : reporters_) tell(reporter->end());
  if (store_) tell(store_->end_campaign(campaign_, seconds, complete));
  return errors;
}

std::string unreached(const std::vector<std::string>& required, const Totals& totals) {
  std::string lines;
  auto reached = totals.sum().marks;
  for (const auto& mark : required)
    if (auto found = reached.find(mark); found == reached.end() || found->second == 0)
      lines += "no life has reached \"" + mark + "\", which is required\n";
  return lines;
}

std::string Results::record_findings() {
  if (!store_) return "";
  auto recorded = fulmar::record_findings(*store_, simulator_, options_.limits);
  if (recorded) return "";
  unwritten_ = true;
  return std::string(simulator_.program) + ": " + recorded.error().detail + "\n";
}

std::string missing_marks(const Simulator& simulator, const Totals& totals) {
  std::string lines;
  for (const auto& [name, of] : totals.scenarios) {
    const auto* scenario = scenario_named(simulator, name);
    if (!scenario) continue;
    for (const auto& required : scenario->required) {
      auto reached = of.marks.find(std::string(required.mark));
      bool is_reached = reached != of.marks.end() && reached->second > 0;
      if (of.lives < required.lives || is_reached) continue;
      lines += name + ": no life has reached \"" + std::string(required.mark) + "\", which " +
               std::to_string(required.lives) + " lives have to\n";
    }
  }
  return lines;
}

}  // namespace fulmar
