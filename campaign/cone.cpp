#include "campaign/cone.h"

#include <algorithm>
#include <map>
#include <set>

#include "campaign/cone_account.h"
#include "campaign/names.h"
#include "campaign/recorded_life.h"

namespace fulmar {

namespace {

using Kind = Happening::Kind;

// Whether others may miss messages from the machine, or over the link, from then on.
bool silences(const Happening& happening) {
  if (!happening.where) return false;
  if (happening.kind == Kind::fault) return !happening.text.ends_with("ends") && !happening.text.ends_with("again");
  return happening.kind == Kind::process && !happening.text.starts_with("starts") && happening.text != "goes on";
}

// The first play: the cut, and what it is reached from.
struct Roots {
  std::vector<std::size_t> machines;   // that the violation names
  std::set<Place> clients;             // whose operations ended when it was
  std::set<std::uint64_t> operations;  // the numbers of their happenings
  CausalCut cut;
  Instant seen;                                         // not after the last happening
  std::set<std::pair<std::size_t, std::size_t>> heard;  // who ever heard from whom
  std::vector<std::string> words;                       // that the violation names, but for machines
  std::vector<std::string> numbers;                     // that it has, for operations: of offsets and values
};

Roots find_roots(const Scenario& scenario, const Plan& plan, const std::vector<std::string>& nodes,
                 const Violation& violation, const ConeOptions& options) {
  Roots roots;
  for (std::size_t node = 0; node < nodes.size(); ++node)
    if (names(violation.text, nodes[node])) roots.machines.push_back(node);
  const auto words = names_in(violation.text);
  roots.numbers = numbers_in(violation.text);
  std::set<std::string> named;
  for (const auto& word : words)
    if (std::ranges::find(nodes, word) == nodes.end()) named.insert(word);
  auto seen = seen_at(violation);
  CausalClocks clocks;
  RecordedLife life(scenario, plan, options.life_seconds_max);
  while (auto happening = life.next()) {
    if (happening->at > seen) break;
    roots.seen = happening->at;
    clocks.take(*happening);
    if (happening->kind == Kind::received && happening->peer)
      roots.heard.insert({happening->where->node, *happening->peer});
    if (happening->kind == Kind::client && happening->began && happening->at == violation.at && happening->where) {
      roots.clients.insert(*happening->where);
      roots.operations.insert({happening->number, happening->cause});
    }
    // What a state is of has two names.
    if (happening->kind == Kind::state)
      for (const auto& [name, value] : happening->values)
        if (name == "id" && std::ranges::find(words, value) != words.end()) named.insert(happening->subject);
  }
  roots.words.assign(named.begin(), named.end());
  if (seen != Instant::max()) roots.seen = seen;
  auto join = [&](const CausalCut& cut) {
    for (const auto& [place, number] : cut) roots.cut[place] = std::max(roots.cut[place], number);
  };
  for (auto node : roots.machines) join(clocks.of_machine(node));
  for (const auto& place : roots.clients) join(clocks.of_place(place));
  // What was seen later than the operations that it is about may be due to anybody.
  bool later = seen != Instant::max() && seen > violation.at;
  if (roots.machines.empty() && (roots.clients.empty() || later)) {
    roots.clients.clear();
    join(clocks.of_all());
  }
  return roots;
}

int weight_of(const Happening& happening, const Roots& roots) {
  if (roots.operations.contains(happening.number)) return 20;
  int weight = 0;
  switch (happening.kind) {
    case Kind::fault: weight = happening.subject == "link" ? 4 : 8; break;
    case Kind::process: weight = 8; break;
    case Kind::state: weight = happening.text.empty() ? 0 : 5; break;
    case Kind::client: weight = 3; break;
    case Kind::log:
      weight = happening.text.starts_with("ERROR")  ? 8
               : happening.text.starts_with("WARN") ? 6
               : happening.text.starts_with("INFO") ? 4
                                                    : 0;
      break;
    case Kind::disk:
    case Kind::sync: weight = happening.text.find("fails") != std::string::npos ? 6 : 0; break;
    case Kind::received: weight = happening.text.starts_with("breaks") ? 2 : 0; break;
    case Kind::sent: break;
  }
  constexpr int named = 6;
  auto has = [&](const std::string& word) { return names(happening.subject, word) || names(happening.text, word); };
  bool is_message = happening.kind == Kind::sent || happening.kind == Kind::received;
  if (!is_message && std::ranges::any_of(roots.words, has)) return weight + named;
  if (happening.kind == Kind::client && std::ranges::any_of(roots.numbers, has)) return weight + named;
  return weight;
}

// What is outside of the cut.
struct LeftOut {
  struct Machine {
    std::uint64_t all = 0;
    std::uint64_t count = 0;
    Instant from;
  };
  std::map<std::size_t, Machine> machines;
  std::vector<std::string> faults;

  void add(const Happening& happening, bool inside) {
    if (!happening.where) return;
    auto& machine = machines[happening.where->node];
    ++machine.all;
    if (inside) return;
    if (machine.count++ == 0) machine.from = happening.at;
    constexpr std::size_t faults_max = 20;
    if (happening.kind == Kind::fault && happening.subject != "link" && !happening.text.ends_with("ends") &&
        faults.size() < faults_max)
      faults.push_back("fault " + happening.text);
  }
  std::vector<std::string> lines(const std::vector<std::string>& nodes) const {
    std::vector<std::string> all;
    for (const auto& [node, machine] : machines) {
      if (machine.count == 0) continue;
      auto name = node < nodes.size() ? nodes[node] : "node " + std::to_string(node);
      auto count = std::to_string(machine.count) + " of its " + std::to_string(machine.all) + " events";
      all.push_back(machine.count == machine.all
                        ? name + ": everything (" + std::to_string(machine.all) + " events)"
                        : name + ": what no message told of, from " + to_string(machine.from) + " on (" + count + ")");
    }
    all.insert(all.end(), faults.begin(), faults.end());
    return all;
  }
};

}  // namespace

Cone find_cone(const Scenario& scenario, const Plan& plan, const Violation& violation, const ConeOptions& options) {
  auto nodes = scenario.terms.node_names(plan);
  auto roots = find_roots(scenario, plan, nodes, violation, options);
  // Whether a machine in the cone could have missed something from this one afterwards.
  auto matters_as_silence = [&](const Happening& happening) {
    if (!silences(happening)) return false;
    return std::ranges::any_of(roots.cut, [&](const auto& known) {
      const auto& [place, number] = known;
      return number > happening.number && roots.heard.contains({place.node, happening.where->node});
    });
  };
  Cone cone{.seen = roots.seen, .roots = {}, .cut = roots.cut, .account = {}, .left_out = {}};
  for (auto node : roots.machines) cone.roots.push_back(nodes[node]);
  for (const auto& place : roots.clients)
    if (place.node < nodes.size() && std::ranges::find(cone.roots, nodes[place.node]) == cone.roots.end())
      cone.roots.push_back(nodes[place.node]);
  ConeAccount account(static_cast<std::size_t>(options.lines), nodes);
  LeftOut left_out;
  RecordedLife life(scenario, plan, options.life_seconds_max);
  while (auto happening = life.next()) {
    if (happening->at > roots.seen) break;
    bool inside = holds(roots.cut, *happening);
    bool silence = !inside && matters_as_silence(*happening);
    ++(inside ? cone.inside : cone.outside);
    left_out.add(*happening, inside || silence);
    if (inside) account.add(*happening, weight_of(*happening, roots));
    if (silence) account.add(*happening, weight_of(*happening, roots), "  (others may have missed its messages)");
  }
  cone.account = account.lines();
  cone.left_out = left_out.lines(nodes);
  return cone;
}

std::string describe(const Cone& cone) {
  if (cone.inside + cone.outside == 0) return "unknown: this scenario does not tell what happens in its lives\n";
  std::string text;
  std::string roots;
  for (const auto& root : cone.roots) roots += (roots.empty() ? "" : ", ") + root;
  text += "of " + std::to_string(cone.inside + cone.outside) + " events until " + to_string(cone.seen) + ", " +
          std::to_string(cone.inside) + " could have mattered to " + (roots.empty() ? "what is anywhere" : roots) +
          "\n";
  for (const auto& line : cone.account) text += "  " + line + "\n";
  text += cone.left_out.empty() ? "Nothing can be left out.\n" : "It could not have mattered:\n";
  for (const auto& line : cone.left_out) text += "  " + line + "\n";
  return text;
}

}  // namespace fulmar
