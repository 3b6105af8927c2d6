#include "scenarios/serve/control.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "faults/kinds.h"
#include "faults/strict_json.h"
#include "runtime/base/did_you_mean.h"
#include "runtime/host/clock.h"
#include "runtime/http/server.h"
#include "scenarios/damage/damage_faults.h"
#include "scenarios/node_names.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

namespace {

using namespace strict_json;

constexpr std::int64_t duration_ms_max = 3'600'000;
constexpr std::int64_t duration_ms_by_default = 5000;
constexpr Duration effect_time = microseconds(1);  // in which the world does what it was asked to

double seconds_of(std::int64_t ns) {
  return static_cast<double>(ns / 1'000'000) / 1000;
}

HttpResponse answer(const ordered_json& json, int status = 200) {
  return {.status = status, .body = json.dump(1) + "\n"};
}

const char* state_name(ServedFault::State state) {
  switch (state) {
    case ServedFault::State::planned: return "planned";
    case ServedFault::State::active: return "active";
    case ServedFault::State::past: return "past";
    case ServedFault::State::left_out: return "left out";
  }
  return "?";
}

ordered_json json_of(const ServedFault& served, const std::vector<std::string>& nodes) {
  ordered_json json;
  json["id"] = served.id;
  json["state"] = state_name(served.state);
  json["triggered"] = served.is_triggered;
  json["kind"] = served.fault.kind->name;
  json["target"] = nodes.at(served.fault.target);
  if (served.fault.kind->has_peer) json["peer"] = nodes.at(served.fault.peer);
  json["amount"] = served.fault.amount;
  json["at_s"] = seconds_of(served.fault.at.ns);
  json["duration_ms"] = served.fault.duration / milliseconds(1);
  if (served.state == ServedFault::State::past) json["ended_s"] = seconds_of(served.ended.ns);
  json["what"] = in_words(served.fault, nodes);
  return json;
}

ordered_json what_there_is() {
  return {
      {"GET /", "this"},
      {"GET /status", "virtual time, seed, and each broker: running, paused, partitions that it leads"},
      {"GET /faults", "the faults that are planned, active and past"},
      {"GET /faults/kinds", "the kinds of fault, with the range of their amounts"},
      {"GET /faults/ID", "one fault"},
      {"POST /faults",
       R"(triggers one now: {"kind": "pause", "target": "broker1", "duration_ms": 5000}, with "peer" and "amount" for kinds that have them)"},
      {"DELETE /faults/ID", "ends an active fault before its time"},
      {"POST /faults/pause", "planned faults are left out from now on"},
      {"POST /faults/resume", "planned faults strike again"},
      {"POST /calm", "ends all active faults, and leaves planned ones out"}};
}

ordered_json status(const ControlledSession& session) {
  const auto& plan = session.faults.plan();
  ordered_json json;
  json["virtual_time_s"] = seconds_of(session.world.now().ns);
  json["scenario"] = plan.scenario;
  json["seed"] = plan.seed;
  json["faults_paused"] = session.faults.paused();
  json["active_faults"] = std::ranges::count_if(
      session.faults.all(), [](const auto& entry) { return entry.second.state == ServedFault::State::active; });
  json["brokers"] = ordered_json::array();
  for (std::size_t node = 0; node < session.cluster.size(); ++node) {
    auto& machine = session.world.node(node);
    ordered_json broker;
    broker["id"] = node + 1;
    broker["name"] = machine.name();
    broker["running"] = machine.running();
    broker["paused"] = machine.paused();
    broker["partitions_led"] = machine.running() ? session.cluster.led_by(node) : 0;
    broker["controller"] = session.cluster.controller() == node;
    json["brokers"].push_back(std::move(broker));
  }
  json["violations"] = ordered_json::array();
  for (const auto& violation : session.cluster.violations())
    json["violations"].push_back(violation.property + ": " + violation.anomaly + ": " + violation.text);
  return json;
}

ordered_json listed_faults(const ControlledSession& session) {
  auto nodes = node_names(session.faults.plan());
  ordered_json json;
  json["paused"] = session.faults.paused();
  for (const char* list : {"active", "planned", "past"}) json[list] = ordered_json::array();
  for (const auto& [id, served] : session.faults.all()) {
    const char* list =
        state_name(served.state == ServedFault::State::left_out ? ServedFault::State::past : served.state);
    json[list].push_back(json_of(served, nodes));
  }
  return json;
}

ordered_json kinds() {
  ordered_json all = ordered_json::array();
  for (const auto& [number, kind] : fault_kinds().by_number()) {
    ordered_json json;
    json["kind"] = kind->name;
    json["has_peer"] = kind->has_peer;
    auto [min, max] = kind->amount;
    if (min != AmountRange().min) json["amount_min"] = min;
    if (max != AmountRange().max) json["amount_max"] = max;
    json["ends_early"] = !ends_by_itself(*kind);
    all.push_back(std::move(json));
  }
  return all;
}

std::size_t node_from(const Member& from, const std::vector<std::string>& nodes) {
  auto name = text(from);
  auto found = std::ranges::find(nodes, name);
  if (found == nodes.end() || name == "admin")
    throw Malformed{from.name + " is " + in_quotes(name) + ", which is no machine of this session" +
                    did_you_mean(name, {nodes.begin(), nodes.end() - 1})};
  return static_cast<std::size_t>(found - nodes.begin());
}

Fault fault_from(const std::string& body, const std::vector<std::string>& nodes) {
  const std::string where = "the fault";
  auto json = parse(body);
  if (!json.is_object()) throw Malformed{where + " must be an object"};
  std::vector<std::string_view> names{"kind", "target"};
  for (const auto* optional : {"peer", "duration_ms", "amount"})
    if (json.contains(optional)) names.emplace_back(optional);
  expect_members(json, where, names);
  Fault fault;
  auto name = text(member(json, where, "kind"));
  fault.kind = fault_kinds().find(name);
  if (!fault.kind)
    throw Malformed{"there is no kind of fault " + in_quotes(name) + did_you_mean(name, fault_kinds().names())};
  fault.target = node_from(member(json, where, "target"), nodes);
  if (fault.kind->has_peer != json.contains("peer"))
    throw Malformed{"a fault of kind " + name + (fault.kind->has_peer ? " needs a 'peer'" : " has no 'peer'")};
  if (fault.kind->has_peer) fault.peer = node_from(member(json, where, "peer"), nodes);
  auto duration_ms = json.contains("duration_ms") ? integer(member(json, where, "duration_ms"), 0, duration_ms_max)
                                                  : duration_ms_by_default;
  fault.duration = milliseconds(fault.kind == &faults::reset ? 0 : duration_ms);
  bool has_amount = fault.kind->amount.min != AmountRange().min || fault.kind->amount.max != AmountRange().max;
  if (!has_amount && json.contains("amount")) throw Malformed{"a fault of kind " + name + " has no 'amount'"};
  if (json.contains("amount")) fault.amount = integer(member(json, where, "amount"), any_min, any_max);
  return fault;
}

HttpResponse trigger(const ControlledSession& session, const HttpRequest& request) {
  auto nodes = node_names(session.faults.plan());
  auto fault = caught([&] { return fault_from(request.body, nodes); });
  if (!fault) return http_error(400, fault.error().detail);
  auto id = session.faults.trigger(*fault);
  if (!id) return http_error(400, id.error().detail);
  session.host.clock().sleep_for(effect_time);
  return answer(json_of(session.faults.all().at(*id), nodes), 201);
}

std::optional<std::uint64_t> id_in(std::string_view path) {
  constexpr std::string_view before = "/faults/";
  if (!path.starts_with(before)) return std::nullopt;
  path.remove_prefix(before.size());
  std::uint64_t id = 0;
  auto [rest, error] = std::from_chars(path.data(), path.data() + path.size(), id);
  bool is_number = error == std::errc() && rest == path.data() + path.size();
  return is_number ? std::optional(id) : std::nullopt;
}

HttpResponse one_fault(const ControlledSession& session, const HttpRequest& request, std::uint64_t id) {
  if (request.method == "DELETE") {
    if (auto ended = session.faults.end_early(id); !ended)
      return http_error(ended.error().code == Errc::not_found ? 404 : 409, ended.error().detail);
    session.host.clock().sleep_for(effect_time);
  }
  auto found = session.faults.all().find(id);
  if (found == session.faults.all().end()) return http_error(404, "there is no fault " + std::to_string(id));
  return answer(json_of(found->second, node_names(session.faults.plan())));
}

HttpResponse pause_or_resume(const ControlledSession& session, bool pauses) {
  if (pauses)
    session.faults.pause();
  else
    session.faults.resume();
  return answer({{"paused", pauses}});
}

HttpResponse calm(const ControlledSession& session) {
  session.faults.pause();
  auto ended = session.faults.end_all();
  session.host.clock().sleep_for(effect_time);
  return answer({{"paused", true}, {"ended", ended}});
}

}  // namespace

HttpResponse answer_control(const ControlledSession& session, const HttpRequest& request) {
  auto method = request.method == "HEAD" ? std::string("GET") : request.method;
  // If the path is there, but not with this method, `allowed` says with which.
  std::string allowed;
  auto is = [&](std::string_view wanted_method, std::string_view path) {
    if (request.path != path) return false;
    if (method == wanted_method) return true;
    allowed += (allowed.empty() ? "" : ", ") + std::string(wanted_method);
    return false;
  };
  if (is("GET", "/")) return answer(what_there_is());
  if (is("GET", "/status")) return answer(status(session));
  if (is("GET", "/faults")) return answer(listed_faults(session));
  if (is("GET", "/faults/kinds")) return answer(kinds());
  if (is("POST", "/faults")) return trigger(session, request);
  if (is("POST", "/faults/pause")) return pause_or_resume(session, true);
  if (is("POST", "/faults/resume")) return pause_or_resume(session, false);
  if (is("POST", "/calm")) return calm(session);
  if (auto id = id_in(request.path)) {
    if (method == "GET" || method == "DELETE") return one_fault(session, request, *id);
    allowed = "GET, DELETE";
  }
  if (allowed.empty()) return http_error(404, "there is no " + request.path + "; GET / says what there is");
  auto refusal = http_error(405, "the method must be " + allowed);
  refusal.headers["Allow"] = allowed;
  return refusal;
}

}  // namespace fulmar
