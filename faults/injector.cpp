#include "faults/injector.h"

#include <algorithm>

namespace fulmar {

Injector::Injector(World& world, std::size_t brokers, std::function<void(std::size_t)> start)
    : world_(world),
      brokers_(brokers),
      start_(std::move(start)),
      held_down_(world.node_count()),
      started_(world.node_count()) {}

void Injector::inject(const std::vector<Fault>& faults) {
  for (const auto& fault : faults) {
    world_.at(fault.at, [this, fault] {
      if (!healed_) begin(fault);
    });
    world_.at(fault.at + fault.duration, [this, fault] {
      if (!healed_) end(fault);
    });
  }
  supervise();
}

void Injector::supervise() {
  if (healed_) return;
  for (std::size_t node = 0; node < brokers_; ++node)
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

void Injector::bring_down(const Fault& fault) {
  auto& node = world_.node(fault.target);
  ++held_down_[fault.target];
  switch (fault.kind) {
    case FaultKind::kill: node.kill(); break;
    case FaultKind::power_loss:
      node.power_loss();
      power_losses_.push_back(world_.now());
      break;
    default: node.request_stop(); break;
  }
}

void Injector::bring_up(std::size_t node) {
  if (--held_down_[node] > 0) return;
  // One that was asked to stop and has not yet is left to it; the supervisor starts it when it is done.
  if (!world_.node(node).running()) start(node);
}

void Injector::set_link(std::size_t a, std::size_t b, const std::function<void(LinkFaults&)>& change, bool one_way) {
  change(world_.network().link(a, b));
  if (!one_way) change(world_.network().link(b, a));
}

void Injector::begin(const Fault& fault) {
  auto now = world_.now();
  world_.trace().event(Trace::Kind::fault, now, static_cast<std::uint64_t>(fault.kind),
                       static_cast<std::uint64_t>(fault.amount));
  world_.trace().line(now, [&] { return "fault " + to_string(fault); });
  auto& node = world_.node(fault.target);
  auto disk = node.disk().faults();
  auto permille = static_cast<std::uint64_t>(fault.amount);
  switch (fault.kind) {
    case FaultKind::kill:
    case FaultKind::power_loss:
    case FaultKind::stop: bring_down(fault); return;
    case FaultKind::pause: node.pause(); return;
    case FaultKind::disk_slow: disk.slow_factor = fault.amount; break;
    case FaultKind::disk_stuck: disk.stuck = true; break;
    case FaultKind::disk_full: disk.capacity_bytes = node.disk().image().used_bytes() + permille; break;
    case FaultKind::read_errors: disk.read_error_permille = permille; break;
    case FaultKind::write_errors: disk.write_error_permille = permille; break;
    case FaultKind::sync_errors: disk.sync_error_permille = permille; break;
    case FaultKind::cut:
      if (fault.amount != 2) world_.network().link(fault.peer, fault.target).cut = true;
      if (fault.amount != 1) world_.network().link(fault.target, fault.peer).cut = true;
      return;
    case FaultKind::latency:
      set_link(
          fault.target, fault.peer, [&](LinkFaults& link) { link.latency_max = milliseconds(fault.amount); }, false);
      return;
    case FaultKind::clog:
      set_link(fault.target, fault.peer, [&](LinkFaults& link) { link.clogged_until = now + fault.duration; }, false);
      return;
    case FaultKind::bandwidth:
      set_link(fault.target, fault.peer, [&](LinkFaults& link) { link.bytes_per_ms = fault.amount; }, false);
      return;
    case FaultKind::reset: world_.network().reset_connections(fault.target, fault.target); return;
    case FaultKind::refuse: world_.network().link(fault.peer, fault.target).refused = true; return;
    case FaultKind::clock_jump:
      node.jump_clock(fault.amount);
      note_clock(fault.target);
      return;
    case FaultKind::clock_drift: node.set_clock({node.clock_faults().offset_ms, fault.amount}); return;
  }
  node.disk().set_faults(disk);
}

void Injector::end(const Fault& fault) {
  auto& node = world_.node(fault.target);
  auto disk = node.disk().faults();
  DiskFaults fine;
  switch (fault.kind) {
    case FaultKind::kill:
    case FaultKind::power_loss:
    case FaultKind::stop: bring_up(fault.target); return;
    case FaultKind::pause: node.resume(); return;
    case FaultKind::disk_slow: disk.slow_factor = fine.slow_factor; break;
    case FaultKind::disk_stuck: disk.stuck = false; break;
    case FaultKind::disk_full: disk.capacity_bytes = fine.capacity_bytes; break;
    case FaultKind::read_errors: disk.read_error_permille = 0; break;
    case FaultKind::write_errors: disk.write_error_permille = 0; break;
    case FaultKind::sync_errors: disk.sync_error_permille = 0; break;
    case FaultKind::cut:
      if (fault.amount != 2) world_.network().link(fault.peer, fault.target).cut = false;
      if (fault.amount != 1) world_.network().link(fault.target, fault.peer).cut = false;
      return;
    case FaultKind::latency:
      set_link(fault.target, fault.peer, [](LinkFaults& link) { link.latency_max = LinkFaults().latency_max; }, false);
      return;
    case FaultKind::bandwidth:
      set_link(
          fault.target, fault.peer, [](LinkFaults& link) { link.bytes_per_ms = LinkFaults().bytes_per_ms; }, false);
      return;
    case FaultKind::refuse: world_.network().link(fault.peer, fault.target).refused = false; return;
    case FaultKind::clock_jump: node.jump_clock(-fault.amount); return;
    case FaultKind::clock_drift: node.set_clock({node.clock_faults().offset_ms, 0}); return;
    case FaultKind::clog:
    case FaultKind::reset: return;
  }
  node.disk().set_faults(disk);
  bool errors = fault.kind == FaultKind::read_errors || fault.kind == FaultKind::write_errors ||
                fault.kind == FaultKind::sync_errors;
  if (errors && node.running()) node.kill();  // logs went offline: somebody restarts the broker
}

void Injector::heal() {
  healed_ = true;
  for (std::size_t a = 0; a < world_.node_count(); ++a) {
    auto& node = world_.node(a);
    node.disk().set_faults({});
    node.resume();
    for (std::size_t b = 0; b < world_.node_count(); ++b) world_.network().link(a, b) = LinkFaults{};
  }
  for (std::size_t node = 0; node < brokers_; ++node) {
    held_down_[node] = 0;
    world_.node(node).kill();
    start(node);
  }
}

}  // namespace fulmar
