#include "faults/injector.h"

#include <algorithm>
#include <utility>

namespace fulmar {

Injector::Injector(World& world, std::size_t servers, std::function<void(std::size_t)> start)
    : world_(world),
      nodes_{servers, world.node_count()},
      start_(std::move(start)),
      held_down_(world.node_count()),
      started_(world.node_count()) {}

void Injector::inject(const std::vector<Fault>& faults) {
  for (const auto& fault : faults) {
    at(fault.at, [this, fault] { begin(fault); });
    at(fault.at + fault.duration, [this, fault] { end(fault); });
  }
  supervise_servers();
}

void Injector::supervise_servers() {
  for (std::size_t node = 0; node < nodes_.servers; ++node) supervised_.insert(node);
  supervise();
}

void Injector::at(Instant when, std::move_only_function<void()> action) {
  world_.at(when, [this, action = std::move(action)]() mutable {
    if (!healed_) action();
  });
}

void Injector::supervise() {
  if (supervised_.empty()) return;
  for (auto node : supervised_)
    if (held_down_[node] == 0 && !world_.node(node).running()) start(node);
  world_.at(world_.now() + supervision_interval, [this] { supervise(); });
}

void Injector::start(std::size_t node) {
  started_[node] = world_.now();
  note_clock(node);
  start_(node);
}

void Injector::note_clock(std::size_t node) {
  if (world_.now() - started_[node] > start_max) return;
  clock_ahead_at_start_ms_ = std::max(clock_ahead_at_start_ms_, world_.node(node).wall_ms() - world_.true_ms());
}

void Injector::lose_power(std::size_t node) {
  world_.node(node).power_loss();
  power_losses_.push_back(world_.now());
  on_power_loss(node);
}

void Injector::count_damage(const std::string& sort) {
  if (!sort.empty()) ++damaged_files_["damaged " + sort];
}

void Injector::restart_hurt(std::size_t node) {
  hurt_.erase(node);
  if (world_.node(node).running()) world_.node(node).kill();
}

void Injector::cut(std::size_t from, std::size_t to, int by) {
  auto& count = cuts_[{from, to}];
  count += by;
  auto& cut = world_.network().link(from, to).cut;
  if (std::exchange(cut, count > 0) == (count > 0)) return;
  world_.trace().tell(world_.now(), [&] {
    return Happening{.kind = Happening::Kind::fault,
                     .where = Place{to},
                     .peer = from,
                     .subject = "link",
                     .text = "the link from " + world_.node(from).name() + " to " + world_.node(to).name() +
                             (count > 0 ? " is cut" : " is whole again")};
  });
}

void Injector::cut_by_direction(const Fault& fault, std::size_t node, int by) {
  auto direction = fault.amount % 3;
  if (direction != 2) cut(node, fault.target, by);
  if (direction != 1) cut(fault.target, node, by);
}

void Injector::isolate(const Fault& fault, int by) {
  for (std::size_t node = 0; node < nodes_.servers; ++node)
    if (node != fault.target) cut_by_direction(fault, node, by);
}

void Injector::leadership_handed(std::size_t from, std::size_t to) {
  for (auto next = awaits_transfer_.begin(); next != awaits_transfer_.end();) {
    if (next->target != from && next->target != to) {
      ++next;
      continue;
    }
    auto fault = *next;
    next = awaits_transfer_.erase(next);
    auto end = fault.at + fault.duration;
    auto begin = world_.now() + milliseconds(fault.amount / 3);
    if (begin >= end) continue;
    ++cuts_after_transfers_;
    at(begin, [this, fault] { isolate(fault, 1); });
    at(end, [this, fault] { isolate(fault, -1); });
  }
}

void Injector::bring_up(std::size_t node) {
  if (--held_down_[node] > 0) return;
  // A process that is stopping in order finishes that; the supervisor restarts it afterwards.
  if (!world_.node(node).running()) start(node);
}

void Injector::begin(const Fault& fault) {
  auto now = world_.now();
  world_.trace().event(Trace::Kind::fault, now, fault.kind->number, static_cast<std::uint64_t>(fault.amount));
  world_.trace().account(now, [&] {
    std::vector<std::string> names;
    for (std::size_t n = 0; n < world_.node_count(); ++n) names.push_back(world_.node(n).name());
    return "fault " + to_string(fault, names);
  });
  auto number = tell(fault, 0, "begins");
  if (number != 0) begun_.emplace_back(fault, number);
  Trace::Acting acting(world_.trace(), number);
  fault.kind->begin(*this, fault);
}

void Injector::end(const Fault& fault) {
  auto begun = std::ranges::find(begun_, fault, &std::pair<Fault, std::uint64_t>::first);
  std::uint64_t number = 0;
  if (begun != begun_.end()) {
    number = tell(fault, begun->second, "ends");
    begun_.erase(begun);
  }
  Trace::Acting acting(world_.trace(), number);
  fault.kind->end(*this, fault);
}

void Injector::tell_healing() {
  world_.trace().tell(world_.now(), [] {
    return Happening{.kind = Happening::Kind::fault, .subject = "healing", .text = "all faults end"};
  });
}

std::uint64_t Injector::tell(const Fault& fault, std::uint64_t cause, const char* what) {
  return world_.trace().tell(world_.now(), [&] {
    std::vector<std::string> names;
    for (std::size_t n = 0; n < world_.node_count(); ++n) names.push_back(world_.node(n).name());
    return Happening{.kind = Happening::Kind::fault,
                     .where = Place{fault.target},
                     .peer = fault.kind->has_peer ? std::optional(fault.peer) : std::nullopt,
                     .cause = cause,
                     .subject = std::string(fault.kind->name),
                     .text = to_string(fault, names) + " " + what};
  });
}

void Injector::heal(const std::set<std::size_t>& core) {
  healed_ = true;
  supervised_.clear();
  tell_healing();
  for (auto a : core) {
    auto& node = world_.node(a);
    node.disk().set_faults({});
    node.resume();
    node.end_stalls();
    node.set_step_cost(Duration(0));
    for (auto b : core) world_.network().link(a, b) = LinkFaults{};
    if (a >= nodes_.servers) continue;
    held_down_[a] = 0;
    supervised_.insert(a);
    if (hurt_.contains(a)) node.kill();
    if (!node.running()) start(a);
  }
  world_.network().pace_again();
}

void Injector::isolate(std::size_t node) {
  for (std::size_t other = 0; other < world_.node_count(); ++other)
    if (other != node) {
      world_.network().link(node, other).cut = true;
      world_.network().link(other, node).cut = true;
    }
}

void Injector::heal() {
  healed_ = true;
  supervised_.clear();
  tell_healing();
  for (std::size_t a = 0; a < world_.node_count(); ++a) {
    auto& node = world_.node(a);
    node.disk().set_faults({});
    node.resume();
    node.end_stalls();
    node.set_step_cost(Duration(0));
    for (std::size_t b = 0; b < world_.node_count(); ++b) world_.network().link(a, b) = LinkFaults{};
  }
  world_.network().pace_again();
  for (std::size_t node = 0; node < nodes_.servers; ++node) {
    held_down_[node] = 0;
    world_.node(node).kill();
    start(node);
  }
}

}  // namespace fulmar
