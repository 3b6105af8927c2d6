#include "campaign/canary.h"

#include "faults/kinds.h"
#include "runtime/base/random.h"

namespace fulmar {

namespace {

constexpr std::uint64_t every = 100, fails = 42;
constexpr Setting songs{"songs", 1, 1000};

Plan plan_canary(std::uint64_t seed) {
  auto random = Random(seed).split("canary");
  Plan plan{.scenario = "canary", .seed = seed, .settings = {}, .faults = {}};
  plan.set(songs, random.between(1, 100));
  plan.faults.push_back({.kind = &faults::pause, .at = Instant{} + seconds(1), .duration = seconds(1)});
  return plan;
}

// What a world would tell of it.
void tell(const LifeOptions& options, const LifeResult& life, std::int64_t song) {
  if (!options.happening) return;
  auto at = Instant{} + life.simulated;
  auto number = 2 * life.events;
  options.happening({.kind = Happening::Kind::log,
                     .number = number + 1,
                     .events = life.events,
                     .at = at,
                     .where = Place{0},
                     .text = "sings song " + std::to_string(song)});
  options.happening({.kind = Happening::Kind::state,
                     .number = number + 2,
                     .events = life.events,
                     .at = at,
                     .where = Place{0},
                     .subject = "songs",
                     .values = {{"sung", std::to_string(song)}}});
}

// A life without a world: the bird sings.
LifeResult run_canary(const Plan& plan, const LifeOptions& options) {
  LifeResult life;
  auto random = Random(plan.seed);
  for (std::int64_t song = 1; song <= plan.setting(songs); ++song) {
    if (options.event) options.event(life.events, Instant{} + life.simulated, life.trace_hash);
    life.simulated = seconds(song);
    if (options.trace) options.trace(Instant{} + life.simulated, "canary sings song " + std::to_string(song));
    tell(options, life, song);
    life.trace_hash = mix64(life.trace_hash ^ random.next());
    ++life.events;
  }
  life.operations["songs"] = life.events;
  life.marks["song sung"] = life.events;
  life.marks["more than a hundred songs"] = life.events > 100;  // only if the setting is chosen so
  if (plan.seed % every == fails)
    life.violations.push_back({"the canary sings", "silence", "it fails on purpose, as one seed in a hundred does",
                               Instant{} + life.simulated});
  return life;
}

Result<void> check_canary(const Scenario&, const Plan& plan) {
  for (const auto& [name, value] : plan.settings)
    if (name != songs.name) return fail(Errc::invalid_argument, "scenario canary has no setting '" + name + "'");
  auto value = plan.setting_or(songs, 0);
  if (value < songs.min || value > songs.max)
    return fail(Errc::invalid_argument, "setting 'songs' must be from 1 to 1000, not " + std::to_string(value));
  return {};
}

const FaultKinds& kinds() {
  static const FaultKinds all{faults::of_any_world()};
  return all;
}

constexpr PlanTerms terms{kinds, [](const Plan&) { return std::vector<std::string>{"canary"}; }};

}  // namespace

const Scenario& canary_scenario() {
  static const Scenario canary{"canary",    "fails on purpose for one seed in a hundred, those that end in 42",
                               plan_canary, run_canary,
                               terms,       check_canary};
  return canary;
}

}  // namespace fulmar
