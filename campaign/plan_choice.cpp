#include "campaign/plan_choice.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "runtime/base/did_you_mean.h"

namespace fulmar {

namespace {

constexpr std::uint64_t plans_looked_at = 100;
constexpr std::string_view no_kind = "none";

std::unexpected<Error> wrong(std::string sentence) {
  return fail(Errc::invalid_argument, std::move(sentence));
}

}  // namespace

std::string PlanChoice::options() const {
  std::string text = every_kind ? " --strategy random" : "";
  for (const auto& [name, value] : settings) text += " --set " + name + "=" + std::to_string(value);
  if (!faults) return text;
  text += " --faults ";
  for (const auto& kind : *faults) text += (&kind == &faults->front() ? "" : ",") + kind;
  return faults->empty() ? text + std::string(no_kind) : text;
}

Result<void> PlanChoice::add_setting(const std::string& text) {
  auto equals = text.find('=');
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  bool number = equals != std::string::npos && equals > 0;
  if (number) {
    auto [rest, error] = std::from_chars(text.data() + equals + 1, end, value);
    number = error == std::errc() && rest == end;
  }
  if (!number) return wrong("--set must be NAME=VALUE, with a whole number, not " + text);
  if (!settings.emplace(text.substr(0, equals), value).second)
    return wrong("--set gives " + text.substr(0, equals) + " twice");
  return {};
}

Result<void> PlanChoice::set_strategy(const std::string& text) {
  every_kind = text == "random";
  return every_kind || text == "swarm" ? Result<void>() : wrong("--strategy must be random or swarm, not " + text);
}

Result<void> PlanChoice::set_faults(const std::string& text) {
  faults.emplace();
  if (text == no_kind) return {};
  std::istringstream in(text);
  for (std::string kind; std::getline(in, kind, ',');) {
    if (kind.empty() || std::ranges::find(*faults, kind) != faults->end())
      return wrong("--faults must be kinds with commas between them, each once, or none, not " + text);
    faults->push_back(kind);
  }
  if (faults->empty() || text.back() == ',')
    return wrong("--faults must be kinds with commas between them, each once, or none, not " + text);
  return {};
}

Plan plan_of(const Scenario& scenario, std::uint64_t seed, const PlanChoice& choice) {
  auto plan =
      choice.every_kind && scenario.plan_of_every_kind ? scenario.plan_of_every_kind(seed) : scenario.plan(seed);
  for (const auto& [name, value] : choice.settings) plan.settings.insert_or_assign(name, value);
  if (choice.faults)
    std::erase_if(plan.faults, [&](const Fault& fault) {
      return std::ranges::none_of(*choice.faults, [&](const auto& kind) { return kind == fault.kind->name; });
    });
  return plan;
}

Result<void> check_choice(const Scenario& scenario, std::uint64_t first_seed, const PlanChoice& choice) {
  if (choice.empty()) return {};
  const auto& kinds = scenario.terms.fault_kinds();
  if (choice.faults)
    for (const auto& kind : *choice.faults)
      if (!kinds.find(kind)) return wrong("there is no kind of fault " + kind + did_you_mean(kind, kinds.names()));
  bool faulty = !choice.faults || choice.faults->empty();
  Result<void> first_refusal;
  bool playable = false;
  for (std::uint64_t seed = first_seed; seed < first_seed + plans_looked_at && !(faulty && playable); ++seed) {
    auto plan = plan_of(scenario, seed, choice);
    faulty |= !plan.faults.empty();
    auto checked = scenario.check(scenario, plan);
    playable |= checked.has_value();
    if (!checked && first_refusal) first_refusal = checked;
  }
  if (!playable) {
    const auto& why = first_refusal.error().detail;
    bool names_it = why.find(scenario.name) != std::string::npos;
    return wrong(names_it ? why : "scenario " + std::string(scenario.name) + ": " + why);
  }
  if (!faulty) return wrong("scenario " + std::string(scenario.name) + " has no faults of these kinds");
  return {};
}

}  // namespace fulmar
