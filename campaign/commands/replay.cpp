#include "campaign/replay.h"

#include "campaign/commands/command.h"

namespace fulmar {

namespace {

constexpr std::size_t plan_bytes_max = 4 << 20;  // more than any plan

int replay_one(const Simulator& simulator, const std::vector<std::string>& arguments) {
  const Scenario* scenario = nullptr;
  std::optional<std::uint64_t> seed;
  ReplayOptions how{.program = simulator.program, .plan_file = ""};
  CommandOptions options(simulator, commands::replay);
  options.scenario(scenario);
  options.number("seed", "N", seed, "plays the plan of this seed");
  options.text("plan", "FILE", how.plan_file, "plays the plan in this file, as `plan` prints it");
  options.choice(how.choice);
  options.flag("trace", how.trace, "prints every event");
  options.text("record", "FILE", how.record_file, "writes operations and events as JSON");
  if (auto ended = options.parse(arguments)) return *ended;
  if (!scenario) return options.complain("--scenario is needed");
  if (how.plan_file.empty()) {
    if (!seed) return options.complain("--seed N or --plan FILE is needed");
    auto plan = plan_of(*scenario, *seed, how.choice);
    auto checked = how.choice.empty() ? Result<void>{} : scenario->check(*scenario, plan);
    return checked ? fulmar::replay(*scenario, plan, how) : options.refuse(checked.error().detail);
  }
  if (!how.choice.empty()) return options.complain("--set and --faults need --seed N: a plan has settings and faults");
  if (seed) return options.complain("--seed N and --plan FILE exclude each other: a plan has its seed");
  auto text = read_text_file(how.plan_file, plan_bytes_max);
  auto plan = text ? plan_from_json(*text, scenario->terms) : std::unexpected(text.error());
  if (!plan) return options.refuse(how.plan_file + ": " + plan.error().detail);
  if (plan->scenario != scenario->name)
    return options.refuse(how.plan_file + ": it is a plan of scenario " + plan->scenario);
  if (auto checked = scenario->check(*scenario, *plan); !checked)
    return options.refuse(how.plan_file + ": " + checked.error().detail);
  return fulmar::replay(*scenario, *plan, how);
}

}  // namespace

const Command commands::replay{
    "replay",
    "--scenario S (--seed N [--set NAME=VALUE]... [--faults KIND,KIND] | --plan FILE) [--trace] [--record FILE]",
    "Plays one life twice, prints what it violates, and checks that both were the same.", replay_one};

}  // namespace fulmar
