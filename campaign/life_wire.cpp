#include "campaign/life_wire.h"

#include <nlohmann/json.hpp>

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

using nlohmann::json;

std::string line_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace

// Times are in nanoseconds here, so that the worker plays exactly this plan.
std::string encode_order(const LifeOrder& order) {
  json faults = json::array();
  for (const auto& fault : order.plan.faults)
    faults.push_back({fault.kind->number, fault.at.ns, fault.duration.count(), fault.target, fault.peer, fault.amount});
  json branches = json::array();
  for (const auto& branch : order.plan.branches) branches.push_back({branch.event, branch.seed});
  return line_of({{"of", reinterpret_cast<std::uintptr_t>(order.scenario)},
                  {"scenario", order.plan.scenario},
                  {"seed", order.plan.seed},
                  {"settings", order.plan.settings},
                  {"faults", std::move(faults)},
                  {"branches", std::move(branches)},
                  {"hashes", reinterpret_cast<std::uintptr_t>(order.hashes)},
                  {"twice", order.twice}});
}

LifeOrder decode_order(const std::string& text) {
  auto line = json::parse(text);
  LifeOrder order;
  order.scenario = reinterpret_cast<const Scenario*>(line["of"].get<std::uintptr_t>());
  order.plan.scenario = line["scenario"];
  order.plan.seed = line["seed"];
  for (const auto& [name, value] : line["settings"].items())
    order.plan.settings.emplace(name, value.get<std::int64_t>());
  const auto& kinds = order.scenario->terms.fault_kinds().by_number();
  for (const auto& fault : line["faults"]) {
    auto kind = kinds.find(fault[0].get<std::uint64_t>());
    FULMAR_ASSERT(kind != kinds.end());
    order.plan.faults.push_back({.kind = kind->second,
                                 .at = Instant{fault[1].get<std::int64_t>()},
                                 .duration = Duration(fault[2].get<std::int64_t>()),
                                 .target = fault[3].get<std::size_t>(),
                                 .peer = fault[4].get<std::size_t>(),
                                 .amount = fault[5].get<std::int64_t>()});
  }
  for (const auto& branch : line["branches"])
    order.plan.branches.push_back({branch[0].get<std::uint64_t>(), branch[1].get<std::uint64_t>()});
  order.hashes = reinterpret_cast<RunningHashes*>(line["hashes"].get<std::uintptr_t>());
  order.twice = line["twice"];
  return order;
}

std::string encode_played(const PlayedLife& played) {
  const auto& life = played.life;
  json violations = json::array();
  for (const auto& v : life.violations)
    violations.push_back({{"property", v.property}, {"anomaly", v.anomaly}, {"text", v.text}, {"at", v.at.ns}});
  json times = json::object();
  for (const auto& [what, time] : life.times) times[what] = time.count();
  json line = {{"hash", life.trace_hash},
               {"events", life.events},
               {"simulated", life.simulated.count()},
               {"operations", life.operations},
               {"marks", life.marks},
               {"sightings", life.sightings},
               {"times", std::move(times)},
               {"violations", std::move(violations)},
               {"wall", played.wall_seconds},
               {"cpu", played.cpu_seconds}};
  if (const auto& d = played.difference)
    line["difference"] = {{"what", d->what}, {"number", d->number}, {"first", d->first}, {"second", d->second}};
  return line_of(line);
}

PlayedLife decode_played(const std::string& text) {
  auto line = json::parse(text);
  PlayedLife played;
  auto& life = played.life;
  life.trace_hash = line["hash"];
  life.events = line["events"];
  life.simulated = Duration(line["simulated"].get<std::int64_t>());
  life.operations = line["operations"].get<std::map<std::string, std::uint64_t>>();
  life.marks = line["marks"].get<std::map<std::string, std::uint64_t>>();
  life.sightings = line["sightings"].get<std::map<std::string, std::uint64_t>>();
  for (const auto& [what, time] : line["times"].items()) life.times[what] = Duration(time.get<std::int64_t>());
  for (const auto& v : line["violations"])
    life.violations.push_back({v["property"], v["anomaly"], v["text"], Instant{v["at"]}});
  played.wall_seconds = line["wall"];
  played.cpu_seconds = line["cpu"];
  if (auto d = line.find("difference"); d != line.end())
    played.difference = LifeDifference{(*d)["what"], (*d)["number"], (*d)["first"], (*d)["second"]};
  return played;
}

}  // namespace fulmar
