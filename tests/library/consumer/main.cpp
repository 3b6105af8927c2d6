// Uses something of each part of the library, with names of its own that the library uses too.
#include <fulmar/campaign/command_line.h>
#include <fulmar/checkers/base/digraph.h>
#include <fulmar/faults/kinds.h>
#include <fulmar/faults/planner.h>
#include <fulmar/runtime/host/clock.h>
#include <fulmar/runtime/real/process.h>
#include <fulmar/sim/world.h>

#include <cstdio>
#include <string>

#define ASSERT(condition) this must not be used by a header of the library
#define TRY(expression) this neither

struct World {};
struct Node {};
using Duration = int;

namespace {

int seven(fulmar::Host& host) {
  host.clock().sleep_for(fulmar::milliseconds(5));
  return 7;
}

int in_simulated_world() {
  fulmar::World world(1);
  auto& node = world.add_node("greeter");
  node.start(1, seven);
  world.run_for(fulmar::seconds(1));
  return node.exit_code().value_or(-1);
}

fulmar::Plan plan(std::uint64_t seed) {
  fulmar::FaultWindow window;
  window.end = fulmar::Instant{} + fulmar::seconds(10);
  window.nodes = {3, 4};
  const fulmar::FaultShape kills{&fulmar::faults::kill, 100, 3, 10, 1000, 0, 0};
  return {"greeting", seed, {}, fulmar::plan_faults(fulmar::Random(seed), window, {&kills, 1})};
}

fulmar::LifeResult live(const fulmar::Plan& plan, const fulmar::LifeOptions&) {
  fulmar::World world(plan.seed);
  world.run_for(fulmar::seconds(1));
  fulmar::LifeResult result;
  result.trace_hash = world.trace().hash();
  return result;
}

const fulmar::FaultKinds& kinds() {
  static const fulmar::FaultKinds all{fulmar::faults::of_any_world()};
  return all;
}

constexpr fulmar::PlanTerms terms{kinds, [](const fulmar::Plan&) { return std::vector<std::string>(4, "greeter"); }};
const fulmar::Scenario scenarios[] = {
    {"greeting", "says something", plan, live, terms,
     [](const fulmar::Scenario&, const fulmar::Plan&) { return fulmar::Result<void>(); }}};

}  // namespace

int main(int count, char** values) {
  if (count > 1) return fulmar::run_command({"consumer", scenarios}, {values + 1, values + count});
  auto simulated = in_simulated_world();
  auto real = fulmar::run_real_process({.handle_signals = false}, seven);
  std::printf("%d in the simulated world, %d in the real one\n", simulated, real.value_or(-1));
}
