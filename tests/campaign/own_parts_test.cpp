// What a program may have of its own: kinds of fault with their own draw, settings, marks, checks of plans and forms of
// report, here in a simulator of toasters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "campaign/follow.h"
#include "campaign/plan_check.h"
#include "campaign/recorded_operations.h"
#include "campaign/simulator.h"
#include "faults/injector.h"
#include "faults/kinds.h"
#include "faults/planner.h"
#include "runtime/host/clock.h"
#include "sim/world.h"
#include "tests/campaign/running.h"

namespace fulmar {
namespace {

using testing::HasSubstr;

constexpr Setting slices{"slices", 1, 100, 1};
constexpr Setting end_ms{"end_ms", 1, 60'000};

std::uint64_t burnt = 0;

const FaultKind heat{.name = "heat",
                     .number = own_kinds_min,
                     .amount = {100, 300},
                     .begin =
                         [](Injector& injector, const Fault& fault) {
                           burnt += static_cast<std::uint64_t>(fault.amount >= 250);
                           injector.target(fault).pause();
                         },
                     .end = [](Injector& injector, const Fault& fault) { injector.target(fault).resume(); }};

const FaultKinds& kinds() {
  static const FaultKind* const own[] = {&heat};
  static const FaultKinds all{faults::of_any_world(), own};
  return all;
}

// Only ever the last toaster, in whole seconds, in steps of 50 degrees.
void draw_heat(Random& random, const FaultWindow& window, Fault& fault) {
  fault.at = window.begin + seconds(random.between(0, 3));
  fault.target = window.nodes.servers - 1;
  fault.amount = 50 * random.between(2, 6);
}

constexpr FaultShape heats{.kind = &heat,
                           .chosen_percent = 100,
                           .times_max = 3,
                           .duration_ms_min = 100,
                           .duration_ms_max = 900,
                           .amount_min = 100,
                           .amount_max = 300,
                           .draw = draw_heat};

Plan plan_toast(std::uint64_t seed) {
  Plan plan{.scenario = "toast", .seed = seed, .settings = {}, .faults = {}};
  plan.set(slices, 1 + static_cast<std::int64_t>(seed % 5));
  FaultWindow window{.begin = Instant{} + seconds(1), .end = Instant{} + seconds(8), .nodes = {3, 4}};
  plan.faults = plan_faults(Random(seed), window, {&heats, 1});
  return plan;
}

LifeResult live_toast(const Plan& plan, const LifeOptions& options) {
  LifeResult result;
  burnt = 0;
  {
    World world(life_seed(plan));
    follow(world, plan, options, result.record);
    for (const auto* name : {"toaster 0", "toaster 1", "toaster 2", "cook"}) world.add_node(name);
    auto toast = [](Host& host) {
      host.clock().sleep_for(seconds(100));
      return 0;
    };
    Injector injector(world, 3, [&](std::size_t node) { world.node(node).start(1, toast); });
    injector.inject(plan.faults);
    world.run_for(seconds(10));
    result.trace_hash = world.trace().hash();
    result.events = world.trace().events();
    result.simulated = world.now() - Instant{};
    injector.dismiss_supervisor();
    for (std::size_t n = 0; n < 4; ++n) world.node(n).kill();
  }
  result.marks["toast burnt"] = burnt;
  result.operations["slices"] = static_cast<std::uint64_t>(plan.setting(slices));
  if (burnt > 0 && plan.setting(slices) > 2) result.violations.push_back({"taste", "burnt", "as coal", Instant{}});
  return result;
}

// -- A report: a line for each life.

class Lines : public LifeReporter {
 public:
  explicit Lines(const std::string& path) : file_(path) {}
  bool good() const { return file_.good(); }
  Result<void> add(const LifeReport& life) override {
    file_ << life.scenario << "," << life.seed << "," << life.marks.at("toast burnt") << "," << life.violations.size()
          << "\n";
    return {};
  }
  Result<void> end() override {
    if (!(file_ << "end\n").flush()) return fail(Errc::no_space, "the lines could not be written");
    return {};
  }

 private:
  std::ofstream file_;
};

Result<std::unique_ptr<LifeReporter>> open_lines(const std::string& path) {
  auto lines = std::make_unique<Lines>(path);
  if (!lines->good()) return fail(Errc::io_error, path + " can't be written");
  return lines;
}

constexpr PlanTerms terms{.fault_kinds = kinds,
                          .node_names = [](const Plan&) -> std::vector<std::string> {
                            return {"toaster 0", "toaster 1", "toaster 2", "cook"};
                          },
                          .settings = []() -> std::vector<const Setting*> { return {&slices, &end_ms}; },
                          .end_ms = &end_ms,
                          .servers = [](const Plan&) -> std::size_t { return 3; }};
const Scenario scenarios[] = {
    {.name = "toast", .description = "makes toast", .plan = plan_toast, .run = live_toast, .terms = terms}};
constexpr OwnReport reports[] = {{"lines", "writes a line for each life", open_lines}};
const Simulator simulator{.program = "toast-sim", .scenarios = scenarios, .reports = reports};

std::string file_of(const std::string& name) {
  return testing::TempDir() + "toast-" + name;
}

std::string content(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(OwnParts, AKindOfFaultIsDrawnAsItsProgramSays) {
  std::set<std::int64_t> amounts;
  for (std::uint64_t seed = 0; seed < 200; ++seed)
    for (const auto& fault : plan_toast(seed).faults) {
      EXPECT_EQ(fault.kind, &heat);
      EXPECT_EQ(fault.target, 2);
      EXPECT_EQ(fault.at.ns % seconds(1).count(), std::chrono::nanoseconds(0).count());
      amounts.insert(fault.amount);
    }
  EXPECT_EQ(amounts, (std::set<std::int64_t>{100, 150, 200, 250, 300}));
}

TEST(OwnParts, ACampaignPlaysFindsAndReportsThem) {
  auto lines = file_of("lines");
  auto ran = run(simulator, {"run", "--seeds", "1..40", "--lines", lines, "--jobs", "1"});
  EXPECT_EQ(ran.code, 1) << ran.errors;
  EXPECT_THAT(ran.out, HasSubstr("burnt"));
  auto text = content(lines);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 41);
  EXPECT_THAT(text, HasSubstr("toast,4,"));
  EXPECT_TRUE(text.ends_with("end\n"));
}

TEST(OwnParts, AReportThatCannotBeOpenedEndsTheCampaignBeforeItsFirstLife) {
  auto ran = run(simulator, {"run", "--seeds", "1..3", "--lines", "/nowhere/lines"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.errors, HasSubstr("/nowhere/lines can't be written"));
}

TEST(OwnParts, AFindingIsShrunkInSettingsAndFaultsOfTheProgram) {
  std::uint64_t seed = 1;
  while (live_toast(plan_toast(seed), {}).violations.empty()) ++seed;
  auto capsule = file_of("burnt.capsule.json");
  std::remove(capsule.c_str());
  auto ran = run(simulator, {"shrink", "--scenario", "toast", "--seed", std::to_string(seed), "-o", capsule});
  EXPECT_EQ(ran.code, 0) << ran.out << ran.errors;
  auto text = content(capsule);
  EXPECT_THAT(text, HasSubstr("\"heat\""));
  EXPECT_THAT(text, HasSubstr("\"slices\": 3"));
}

struct Counter {
  using State = int;
  using Input = int;
  using Output = int;
  int initial() const { return 0; }
  std::optional<int> step(int state, int added, const int*) const { return state + added; }
  std::string describe(int added, const int* output) const {
    return "adds " + std::to_string(added) + (output ? ", then it is " + std::to_string(*output) : "");
  }
};

TEST(OwnParts, OperationsOfClientsAreRecordedInTheWordsOfTheirModel) {
  Operations<int, int> history;
  auto first = history.invoke("cook", 3, Instant{} + seconds(1));
  history.invoke("guest", 4, Instant{} + seconds(2));
  history.ok(first, 7, Instant{} + seconds(3));
  auto recorded = recorded_operations(Counter{}, history);
  ASSERT_EQ(recorded.size(), 2);
  EXPECT_EQ(recorded[0].client + " " + recorded[0].what + ": " + recorded[0].outcome, "cook adds 3, then it is 7: ok");
  EXPECT_EQ(recorded[0].completed, Instant{} + seconds(3));
  EXPECT_EQ(recorded[1].client + " " + recorded[1].what + ": " + recorded[1].outcome, "guest adds 4: pending");
}

std::string refusal(const std::function<void(Plan&)>& change) {
  auto plan = plan_toast(1);
  plan.faults = {{.kind = &heat, .at = Instant{} + seconds(2), .duration = seconds(1), .target = 2, .amount = 100}};
  change(plan);
  auto checked = scenarios[0].check(scenarios[0], plan);
  return checked ? "" : checked.error().detail;
}

TEST(OwnParts, PlansAreCheckedByTheTermsOfTheProgram) {
  EXPECT_EQ(refusal([](Plan&) {}), "");
  EXPECT_EQ(refusal([](Plan& plan) { plan.set(end_ms, 500); }), "");
  EXPECT_EQ(refusal([](Plan& plan) { plan.settings.clear(); }), "the setting 'slices' is missing");
  EXPECT_EQ(refusal([](Plan& plan) { plan.settings["slices"] = 101; }),
            "setting 'slices' must be from 1 to 100, not 101");
  EXPECT_EQ(refusal([](Plan& plan) { plan.settings["slice"] = 1; }),
            "scenario toast has no setting 'slice'; did you mean slices?");
  EXPECT_EQ(refusal([](Plan& plan) { plan.faults[0].target = 3; }),
            "fault 1 (heat): its target must be a server, toaster 0 to toaster 2, not cook");
  EXPECT_EQ(refusal([](Plan& plan) { plan.faults[0].amount = 99; }),
            "fault 1 (heat): its amount must be from 100 to 300, not 99");
}

}  // namespace
}  // namespace fulmar
