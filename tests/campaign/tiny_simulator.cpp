#include "tests/campaign/tiny_simulator.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "campaign/command_line.h"
#include "faults/kinds.h"
#include "runtime/base/mark.h"
#include "runtime/base/random.h"

namespace fulmar::tiny {

namespace {

constexpr Setting steps{"steps", 1, 1000};

template <const char* name>
Plan plan_of(std::uint64_t seed) {
  Plan plan{name, seed, {{"steps", static_cast<std::int64_t>(10 + seed % 7)}}, {}};
  plan.faults.push_back(
      {.kind = seed % 2 ? &faults::pause : &faults::kill, .at = Instant{} + seconds(1), .duration = seconds(2)});
  return plan;
}

LifeResult live(const Plan& plan, bool fails) {
  MarkWatch watch([] { return std::uint64_t{3}; });
  LifeResult life;
  auto count = static_cast<std::uint64_t>(plan.setting(steps));
  life.trace_hash = mix64(plan.seed * 1000 + count);
  life.events = count;
  life.simulated = seconds(static_cast<std::int64_t>(count));
  life.operations["steps"] = count;
  life.marks["stepped"] = count;
  life.marks["paused"] = !plan.faults.empty() && plan.faults.front().kind == &faults::pause;
  life.marks["flown"] = 0;
  if (plan.seed % 3 == 0) FULMAR_MARK("tiny: third seed");
  if (plan.seed == 1000) FULMAR_MARK("tiny: thousandth seed");
  for (const auto& [name, times, first] : watch.reached()) {
    life.marks[std::string(name)] += times;
    life.sightings.emplace(name, first);
  }
  if (fails)
    life.violations.push_back({"walking", plan.seed % 10 == 0 ? "fell" : "stumbled",
                               "after " + std::to_string(count) + " steps", Instant{} + seconds(3)});
  return life;
}

LifeResult live_steady(const Plan& plan, const LifeOptions&) {
  return live(plan, false);
}

LifeResult live_unlucky(const Plan& plan, const LifeOptions&) {
  return live(plan, plan.seed % 5 == 0);
}

Result<void> check(const Scenario& scenario, const Plan& plan) {
  for (const auto& [name, value] : plan.settings)
    if (name != steps.name)
      return fail(Errc::invalid_argument, "scenario " + std::string(scenario.name) + " has no setting '" + name + "'");
  // A step above the seed, so that what can be played depends on the seed.
  if (plan.setting(steps) > static_cast<std::int64_t>(plan.seed) + 100)
    return fail(Errc::invalid_argument, "setting 'steps' must not be above the seed and 100");
  return {};
}

const FaultKinds& kinds() {
  static const FaultKinds all{faults::of_any_world()};
  return all;
}

constexpr char steady_name[] = "steady", unlucky_name[] = "unlucky";
constexpr PlanTerms terms{kinds, [](const Plan&) { return std::vector<std::string>{"walker"}; }};
constexpr Scenario scenarios[] = {
    {steady_name, "never fails", plan_of<steady_name>, live_steady, terms, check},
    {unlucky_name, "fails for every fifth seed", plan_of<unlucky_name>, live_unlucky, terms, check}};

}  // namespace

const Simulator simulator{.program = "tiny-sim", .scenarios = scenarios};

const Scenario& steady() {
  return scenarios[0];
}

const Scenario& unlucky() {
  return scenarios[1];
}

Ran run(const std::vector<std::string>& arguments) {
  return fulmar::run(simulator, arguments);
}

std::string fresh_file(const std::string& name) {
  auto path = testing::TempDir() + "tiny-" + name;
  for (const auto* suffix : {"", "-wal", "-shm"}) std::filesystem::remove_all(path + suffix);
  return path;
}

std::string content(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string query(const std::string& report, const std::string& sql) {
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open(report.c_str(), &database), SQLITE_OK);
  std::string value = "no row";
  auto keep = [](void* into, int, char** columns, char**) {
    *static_cast<std::string*>(into) = columns[0] ? columns[0] : "NULL";
    return 1;
  };
  char* error = nullptr;
  if (sqlite3_exec(database, sql.c_str(), keep, &value, &error) == SQLITE_ERROR) value = error;
  sqlite3_free(error);
  sqlite3_close(database);
  return value;
}

}  // namespace fulmar::tiny
