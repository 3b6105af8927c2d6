#include "campaign/perfetto.h"

#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "campaign/recorded_life.h"
#include "campaign/trace_events.h"

namespace fulmar {

namespace {

using Kind = Happening::Kind;
using Arguments = TraceEvents::Arguments;
using Scope = TraceEvents::Scope;
using Track = TraceEvents::Track;

std::optional<double> number_in(const std::string& text) {
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class Writer {
 public:
  Writer(std::ostream& out, const Scenario& scenario, const Plan& plan)
      : events_(out), plan_(plan), nodes_(scenario.terms.node_names(plan)) {}

  void write(const Happening& happening) {
    switch (happening.kind) {
      case Kind::sent: return message(happening, true);
      case Kind::received: return message(happening, false);
      case Kind::disk:
      case Kind::sync: return disk(happening);
      case Kind::process:
        return events_.instant(track_of(happening), Scope::process, happening.at, "process", happening.text,
                               about(happening));
      case Kind::fault:
        return events_.instant(track_of(happening), Scope::thread, happening.at, "fault", happening.text,
                               about(happening));
      case Kind::log:
        return events_.instant(track_of(happening), Scope::thread, happening.at, "log", happening.text,
                               about(happening));
      case Kind::client:
        return events_.instant(track_of(happening), Scope::thread, happening.at, "client",
                               happening.subject + " " + happening.text, about(happening));
      case Kind::state: return state(happening);
    }
  }

  // What the plan's faults and the clients did, and what was violated.
  void finish(const std::vector<LifeRecord::Operation>& operations, const Violations& violations) {
    std::uint64_t id = 0;
    for (const auto& fault : plan_.faults)
      events_.span(outside("faults"), fault.at, fault.at + fault.duration, "fault", ++id,
                   std::string(fault.kind->name) + " " + name_of_node(fault.target),
                   {{"what", to_string(fault, nodes_)}});
    for (const auto& operation : operations) {
      Arguments arguments{{"outcome", operation.outcome}};
      auto track = client(operation.client);
      if (operation.completed == Instant::max())
        events_.open_span(track, operation.invoked, "operation", ++id, operation.what, std::move(arguments));
      else
        events_.span(track, operation.invoked, operation.completed, "operation", ++id, operation.what,
                     std::move(arguments));
    }
    for (const auto& violation : violations)
      if (violation.at != Instant::max())
        events_.instant(outside("violations"), Scope::all, violation.at, "violation",
                        violation.property + ": " + violation.anomaly, {{"text", violation.text}});
  }

 private:
  static constexpr int world = 1, clients = 2, first_node = 3;  // processes

  std::string name_of_node(std::size_t node) const {
    return node < nodes_.size() ? nodes_[node] : "machine " + std::to_string(node);
  }

  // Tracks get their names when they first come up.
  Track named(int process, const std::string& process_name, int thread, const std::string& thread_name) {
    if (processes_.insert(process).second) events_.name_process(process, process_name);
    if (threads_.insert({process, thread}).second) events_.name_thread({process, thread}, thread_name);
    return {process, thread};
  }
  Track outside(const std::string& what) {
    auto thread = static_cast<int>(outside_.try_emplace(what, outside_.size()).first->second);
    return named(world, "world", thread, what);
  }
  Track client(const std::string& name) {
    auto thread =
        static_cast<int>(clients_.try_emplace(name, clients_.size()).first->second) % TraceEvents::threads_max;
    return named(clients, "clients", thread, name);
  }
  int process_of(std::size_t node) {
    auto process = first_node + static_cast<int>(node);
    named(process, name_of_node(node), 0, "machine");
    return process;
  }
  Track track_of(const Happening& happening) {
    if (!happening.where) return outside("happenings");
    auto process = process_of(happening.where->node);
    if (!happening.where->shard) return {process, 0};
    auto shard = *happening.where->shard;
    return named(process, "", static_cast<int>(shard) + 1, "shard " + std::to_string(shard));
  }

  static Arguments about(const Happening& happening) {
    Arguments arguments{{"number", happening.number}};
    if (happening.cause != 0) arguments["cause"] = happening.cause;
    if (!happening.subject.empty()) arguments["about"] = happening.subject;
    if (happening.bytes != 0) arguments["bytes"] = happening.bytes;
    for (const auto& [name, value] : happening.values) arguments[name] = value;
    return arguments;
  }

  void message(const Happening& happening, bool sent) {
    auto peer = happening.peer ? name_of_node(*happening.peer) : std::string("nobody");
    auto name = (sent ? "to " : "from ") + peer + (happening.text.empty() ? "" : ": ") + happening.text;
    auto track = track_of(happening);
    if (sent) {
      under_way_.insert(happening.number);
      events_.flow_begins(track, happening.at, happening.number, name, about(happening));
    } else if (under_way_.erase(happening.cause) != 0) {
      events_.flow_ends(track, happening.at, happening.cause, name, about(happening));
    } else {
      events_.slice(track, happening.at, name, about(happening));
    }
  }

  void disk(const Happening& happening) {
    auto name = happening.text + (happening.subject.empty() ? "" : " ") + happening.subject;
    if (!happening.began) return events_.slice(track_of(happening), happening.at, name, about(happening));
    events_.span(track_of(happening), *happening.began, happening.at, happening.kind == Kind::sync ? "sync" : "disk",
                 happening.number, name, about(happening));
  }

  // A counter for each number of the subject's state, told when it changes.
  void state(const Happening& happening) {
    if (!happening.where) return;
    auto process = process_of(happening.where->node);
    for (const auto& [name, text] : happening.values) {
      auto value = number_in(text);
      if (!value) continue;
      auto [told, is_new] = counters_.try_emplace({process, happening.subject, name}, *value);
      if (!is_new && told->second == *value) continue;
      told->second = *value;
      events_.counter(process, happening.at, happening.subject + " " + name, *value);
    }
  }

  TraceEvents events_;
  const Plan& plan_;
  std::vector<std::string> nodes_;
  std::set<int> processes_;
  std::set<Track> threads_;
  std::map<std::string, std::size_t> outside_, clients_;
  std::set<std::uint64_t> under_way_;  // numbers of messages that were sent
  std::map<std::tuple<int, std::string, std::string>, double> counters_;
};

}  // namespace

void write_perfetto(std::ostream& out, const Scenario& scenario, const Plan& plan, const Violations& violations,
                    double life_seconds_max) {
  Writer writer(out, scenario, plan);
  RecordedLife life(scenario, plan, life_seconds_max);
  while (auto happening = life.next()) writer.write(*happening);
  writer.finish(life.operations(), violations);
}

}  // namespace fulmar
