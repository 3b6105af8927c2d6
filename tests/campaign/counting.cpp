#include "tests/campaign/counting.h"

#include <algorithm>
#include <optional>

#include "campaign/follow.h"
#include "faults/kinds.h"
#include "faults/planner.h"
#include "runtime/base/assert.h"
#include "runtime/host/clock.h"
#include "sim/world.h"
#include "tests/campaign/running.h"

namespace fulmar::counting {

Version version;

const Setting machines{"machines", 1, 9, 1};
const Setting pace_ms{"pace_ms", 1, 1000, 1000};
const Setting length_ms{"length_ms", 1, 100'000, 1};
const Setting end_ms{"end_ms", 1, 100'000};
const Setting luck_percent{"luck_percent", 0, 100};
namespace {

const Setting color{"color", 0, 9};  // of no use, and none simpler than another

constexpr FaultShape shapes[] = {
    {&faults::pause, 100, 6, 100, 4000, 0, 0},   {&faults::reset, 100, 6, 0, 0, 0, 0},
    {&faults::kill, 100, 9, 1, 3000, 0, 0},      {&faults::latency, 100, 9, 1000, 9000, 2, 800},
    {&faults::power_loss, 100, 9, 1, 100, 0, 0},
};

// When the bug strikes.
std::optional<Instant> strike(const Plan& plan) {
  if (version.fixed ||
      !Random(life_seed(plan)).split("luck").chance(static_cast<std::uint64_t>(plan.setting(luck_percent)), 100))
    return std::nullopt;
  for (const auto& reset : plan.faults)
    for (const auto& pause : plan.faults)
      if (reset.kind == &faults::reset && pause.kind == &faults::pause && reset.target != pause.target &&
          pause.at <= reset.at && reset.at < pause.at + pause.duration)
        return reset.at;
  return std::nullopt;
}

[[gnu::noinline]] void lose_the_count(bool lost) {
  FULMAR_ASSERT(!lost);
}

void count(Host& host, std::int64_t pace, std::optional<Instant> lost_at) {
  for (std::int64_t n = 0;; ++n) {
    host.clock().sleep_for(milliseconds(pace));
    auto now = host.clock().now();
    host.log().info("counts", {{"number", std::to_string(now >= version.counts_twice_from ? 2 * n : n)}});
    if (version.asserts && lost_at && now >= *lost_at) lose_the_count(true);
  }
}

LifeResult play(const Plan& plan, const LifeOptions& options) {
  LifeRecord record;
  World world(life_seed(plan), LogLevel::debug);
  follow(world, plan, options, record);
  ViewedLife viewed(options,
                    {world, [](std::size_t node) { return std::vector{"counts as number " + std::to_string(node)}; }});
  auto end = Instant{} + milliseconds(plan.setting_or(end_ms, plan.setting(length_ms)));
  auto lost_at = strike(plan);
  if (lost_at && *lost_at > end) lost_at.reset();
  for (std::int64_t n = 0; n < plan.setting(machines); ++n)
    world.add_node("machine" + std::to_string(n)).start(1, [&](Host& host) {
      count(host, plan.setting(pace_ms), lost_at);
      return 0;
    });
  world.run_until(end);
  LifeResult result;
  result.trace_hash = world.trace().hash();
  result.events = world.trace().events();
  result.simulated = world.now() - Instant{};
  if (lost_at) result.violations.push_back({"the count stays", "lost", "it is gone", *lost_at});
  return result;
}

std::vector<std::string> node_names(const Plan& plan) {
  std::vector<std::string> names;
  for (std::int64_t n = 0; n < std::min<std::int64_t>(plan.setting_or(machines, 0), machines.max); ++n)
    names.push_back("machine" + std::to_string(n));
  return names;
}

Result<void> check(const Scenario&, const Plan& plan) {
  for (const auto* setting : {&machines, &pace_ms, &length_ms, &luck_percent})
    if (auto value = plan.setting_or(*setting, -1); value < setting->min || value > setting->max)
      return fail(Errc::invalid_argument,
                  "setting '" + std::string(setting->name) + "' is missing or out of its range");
  if (plan.setting_or(end_ms, 1) > plan.setting(length_ms))
    return fail(Errc::invalid_argument, "setting 'end_ms' must not be above 'length_ms'");
  for (const auto& fault : plan.faults)
    if (fault.at > Instant{} + milliseconds(plan.setting(length_ms)))
      return fail(Errc::invalid_argument, "a fault begins after the life's end");
  return {};
}

const FaultKinds& kinds() {
  static const FaultKinds all{faults::of_any_world()};
  return all;
}

std::vector<const Setting*> settings() {
  return {&machines, &pace_ms, &length_ms, &end_ms, &luck_percent, &color};
}

const PlanTerms terms{kinds, node_names, settings, &end_ms};
const Scenario scenarios[] = {{"counting", "machines that count", plan_of_seed, play, terms, check}};

}  // namespace

Plan plan_of_seed(std::uint64_t seed) {
  Random random = Random(seed).split("counting");
  Plan plan{"counting", seed, {}, {}};
  plan.set(machines, random.between(3, 9));
  plan.set(pace_ms, random.between(1, 10));
  plan.set(length_ms, random.between(20'000, 40'000));
  plan.set(luck_percent, 100);
  plan.set(color, random.between(0, 9));
  FaultWindow window;
  window.begin = Instant{} + seconds(2);
  window.end = Instant{} + milliseconds(plan.setting(length_ms));
  window.nodes.servers = static_cast<std::size_t>(plan.setting(machines));
  window.nodes.all = window.nodes.servers;
  plan.faults = plan_faults(random.split("faults"), window, shapes);
  if (seed % 3 != 0) std::erase_if(plan.faults, [](const Fault& fault) { return fault.kind == &faults::reset; });
  return plan;
}

const Simulator& simulator() {
  static const Simulator one{"counting-sim", scenarios};
  return one;
}

const Scenario& scenario() {
  return scenarios[0];
}

}  // namespace fulmar::counting
