// What is written for ui.perfetto.dev keeps the rules of the Trace Event Format, and has what happens in a life.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "campaign/exit_codes.h"
#include "campaign/follow.h"
#include "campaign/perfetto.h"
#include "campaign/time_limit.h"
#include "faults/kinds.h"
#include "runtime/host/clock.h"
#include "runtime/host/disk.h"
#include "runtime/host/network.h"
#include "sim/world.h"
#include "tests/campaign/counting.h"
#include "tests/campaign/running.h"
#include "tests/campaign/tiny_simulator.h"

namespace fulmar {
namespace {

using nlohmann::json;

// The rules of "Trace Event Format" (Google, 2016) for the events that are used here; adds what breaks them to `wrong`.
struct Rules {
  std::vector<std::string> wrong;
  std::map<std::tuple<std::string, std::int64_t>, int> spans;    // begun and not ended, by category and id
  std::map<std::pair<std::string, std::int64_t>, double> flows;  // begun, and when
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::pair<double, double>>> slices;  // of each thread
  std::set<std::int64_t> named_processes, processes;
  std::set<std::int64_t> named_threads, threads;

  void need(bool holds, const std::string& what, const json& event) {
    if (!holds) wrong.push_back(what + ": " + event.dump());
  }
  void check(const json& event) {
    need(event.is_object() && event.contains("ph") && event["ph"].is_string(), "an event has a phase", event);
    auto phase = event["ph"].get<std::string>();
    need(event.contains("pid") && event["pid"].is_number_integer() && event["pid"] > 0, "it has a process", event);
    need(event.contains("name") && event["name"].is_string(), "it has a name", event);
    if (phase == "M") return check_metadata(event);
    processes.insert(event["pid"].get<std::int64_t>());
    need(event.contains("ts") && event["ts"].is_number() && event["ts"] >= 0, "it has a time", event);
    if (phase == "C") return check_counter(event);
    need(event.contains("tid") && event["tid"].is_number_integer(), "it has a thread", event);
    need(event.contains("cat") && event["cat"].is_string(), "it has a category", event);
    threads.insert(event["tid"].get<std::int64_t>());
    auto at = event["ts"].get<double>();
    if (phase == "X") {
      need(event.contains("dur") && event["dur"].is_number() && event["dur"] >= 0, "a slice has a duration", event);
      slices[{event["pid"], event["tid"]}].emplace_back(at, at + event["dur"].get<double>());
    } else if (phase == "i") {
      need(event.contains("s") && (event["s"] == "g" || event["s"] == "p" || event["s"] == "t"),
           "an instant has a scope", event);
    } else if (phase == "b" || phase == "e") {
      need(event.contains("id"), "a span has an id", event);
      auto& open = spans[{event["cat"], event["id"].get<std::int64_t>()}];
      open += phase == "b" ? 1 : -1;
      need(open == 0 || open == 1, "a span begins once and then ends", event);
    } else if (phase == "s" || phase == "f") {
      check_flow(event, phase, at);
    } else {
      need(false, "the phase is known", event);
    }
  }
  void check_metadata(const json& event) {
    auto name = event["name"].get<std::string>();
    const auto& given = event["args"];
    bool sorts = name.ends_with("_sort_index");
    need(given.contains(sorts ? "sort_index" : "name"), "metadata has its value", event);
    if (name == "process_name") named_processes.insert(event["pid"].get<std::int64_t>());
    if (name == "thread_name") named_threads.insert(event["tid"].get<std::int64_t>());
  }
  void check_counter(const json& event) {
    need(event.contains("args") && !event["args"].empty(), "a counter has values", event);
    for (const auto& value : event["args"]) need(value.is_number(), "they are numbers", event);
  }
  // Binds to a slice of its thread that encloses its time.
  void check_flow(const json& event, const std::string& phase, double at) {
    std::pair key(event["cat"].get<std::string>(), event["id"].get<std::int64_t>());
    if (phase == "s") {
      need(!flows.contains(key), "a flow begins once", event);
      flows[key] = at;
    } else {
      need(flows.contains(key) && flows[key] <= at, "a flow ends after its begin", event);
      need(event.contains("bp") && event["bp"] == "e", "it binds to the enclosing slice", event);
      flows.erase(key);
    }
    const auto& all = slices[{event["pid"], event["tid"]}];
    need(!all.empty() && all.back().first <= at && at <= all.back().second, "there is a slice", event);
  }
  void finish() {
    for (auto process : processes) need(named_processes.contains(process), "every process has a name", process);
    for (auto thread : threads) need(named_threads.contains(thread), "every thread has a name", thread);
    // Slices of a thread are one after the other, or within each other.
    for (const auto& [track, all] : slices)
      for (std::size_t i = 1; i < all.size(); ++i)
        need(all[i].first >= all[i - 1].second - 1e-6 || all[i].first == all[i - 1].first, "slices nest", json(track));
  }
};

json checked(const std::string& text) {
  auto trace = json::parse(text);
  EXPECT_TRUE(trace["displayTimeUnit"] == "ms" || trace["displayTimeUnit"] == "ns");
  Rules rules;
  for (const auto& event : trace["traceEvents"]) rules.check(event);
  rules.finish();
  EXPECT_THAT(rules.wrong, testing::IsEmpty());
  return trace["traceEvents"];
}

// Two machines: one writes, syncs, and sends what it wrote to the other, again and again; one operation never ends.
LifeResult play(const Plan& plan, const LifeOptions& options) {
  LifeRecord record;
  World world(plan.seed, LogLevel::debug);
  follow(world, plan, options, record);
  auto& server = world.add_node("server");
  auto& client = world.add_node("client");
  auto tell = [&](const char* epoch) {
    world.trace().tell(world.now(), [&] {
      return Happening{.kind = Happening::Kind::state,
                       .where = Place{0, 0},
                       .subject = "orders-0",
                       .values = {{"role", "leader"}, {"epoch", epoch}, {"high watermark", "12"}}};
    });
  };
  server.start(1, [&](Host& host) {
    auto listener = host.network().listen({"", 9}).value();
    auto stream = listener->accept().value();
    char bytes[8];
    while (stream->read(bytes).value_or(0) > 0) {
    }
    return 0;
  });
  client.start(1, [&](Host& host) {
    auto file = host.disk().open("a.log", OpenMode::create).value();
    auto stream = host.network().connect({SimNetwork::address_of(0), 9}, Deadline::never()).value();
    for (std::uint64_t n = 0; n < 5; ++n) {
      EXPECT_TRUE(file->write_at(8 * n, ByteChain(Bytes::copy_of("abcdefgh"))).has_value());
      EXPECT_TRUE(file->sync().has_value());
      EXPECT_TRUE(stream->write(ByteChain(Bytes::copy_of("abcdefgh"))).has_value());
      host.log().info("has sent");
      host.clock().sleep_for(milliseconds(3));
    }
    return 0;
  });
  world.at(Instant{} + milliseconds(5), [&] { tell("3"); });
  world.at(Instant{} + milliseconds(6), [&] { tell("4"); });
  world.run_until(Instant{} + seconds(1));
  LifeResult life;
  life.violations.push_back({"order", "twice", "it came twice", Instant{} + milliseconds(8)});
  life.record.operations = {{"producer 1", "sends \"x\" \x80", Instant{1000}, Instant{9000}, "ok"},
                            {"producer 1", "sends y", Instant{2000}, Instant{12000}, "unknown"},
                            {"consumer 1", "reads", Instant{500}, Instant::max(), "pending"}};
  return life;
}

const FaultKinds& kinds() {
  static const FaultKinds all{faults::of_any_world()};
  return all;
}
std::vector<std::string> node_names(const Plan&) {
  return {"server", "client"};
}
const Scenario scenario{"sending", "sends", nullptr, play, PlanTerms{kinds, node_names}, nullptr};

TEST(Perfetto, KeepsTheRulesAndHasWhatHappens) {
  Plan plan{"sending", 7, {}, {}};
  plan.faults.push_back(
      {.kind = &faults::pause, .at = Instant{} + milliseconds(2), .duration = milliseconds(1), .target = 1});
  std::ostringstream out;
  write_perfetto(out, scenario, plan, play(plan, {}).violations, life_seconds_max);
  auto events = checked(out.str());
  std::map<std::string, int> seen;
  std::set<std::string> names;
  for (const auto& event : events) {
    auto phase = event["ph"].get<std::string>();
    ++seen[phase + " " + event.value("cat", "")];
    if (phase == "M") names.insert(event["args"].value("name", ""));
    if (phase == "C") ++seen["counter " + event["name"].get<std::string>()];
  }
  for (const auto* name : {"server", "client", "shard 0", "producer 1", "consumer 1", "faults"})
    EXPECT_TRUE(names.contains(name)) << name;
  EXPECT_GE(seen["s message"], 5);
  EXPECT_GE(seen["f message"], 5);
  EXPECT_EQ(seen["b sync"], 5);
  EXPECT_EQ(seen["e sync"], 5);
  EXPECT_EQ(seen["b operation"], 3);
  EXPECT_EQ(seen["e operation"], 2) << "one never ended";
  EXPECT_EQ(seen["b fault"], 1);
  EXPECT_EQ(seen["i violation"], 1);
  EXPECT_GE(seen["i log"], 5);
  EXPECT_EQ(seen["counter orders-0 epoch"], 2);
  EXPECT_EQ(seen["counter orders-0 high watermark"], 1) << "it does not change";
}

TEST(Perfetto, IsWrittenByReplay) {
  auto path = tiny::fresh_file("perfetto.json");
  auto ran = run(counting::simulator(), {"replay", "--scenario", "counting", "--seed", "3", "--perfetto", path});
  EXPECT_EQ(ran.code, exit_violation) << ran.errors;
  EXPECT_THAT(ran.out, testing::HasSubstr(path));
  EXPECT_GT(checked(tiny::content(path)).size(), 1000u);
  ran = run(counting::simulator(),
            {"replay", "--scenario", "counting", "--seed", "3", "--perfetto", "/nonexistent/a.json"});
  EXPECT_EQ(ran.code, exit_usage);
  EXPECT_THAT(ran.errors, testing::HasSubstr("No such file or directory"));
}

}  // namespace
}  // namespace fulmar
