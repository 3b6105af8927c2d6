#include "faults/injector.h"

#include <algorithm>

#include "faults/file_damage.h"

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
  for (std::size_t node = 0; node < brokers_; ++node) supervised_.insert(node);
  supervise();
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

void Injector::bring_down(const Fault& fault) {
  auto& node = world_.node(fault.target);
  ++held_down_[fault.target];
  switch (fault.kind) {
    case FaultKind::kill: node.kill(); break;
    case FaultKind::power_loss: lose_power(fault.target); break;
    case FaultKind::damage:
      lose_power(fault.target);
      count_damage(damage_records(node.disk(), fault.amount));
      on_disk_hurt(fault.target);
      break;
    case FaultKind::damage_side_file:
      lose_power(fault.target);
      count_damage(damage_side_file(node.disk(), fault.amount));
      break;
    case FaultKind::damage_small_file:
      lose_power(fault.target);
      count_damage(damage_small_file(node.disk(), fault.amount));
      on_disk_hurt(fault.target);
      break;
    case FaultKind::wipe:
      lose_power(fault.target);
      node.disk().wipe();
      on_disk_hurt(fault.target);
      break;
    default: node.request_stop(); break;
  }
}

void Injector::lose_power(std::size_t node) {
  world_.node(node).power_loss();
  power_losses_.push_back(world_.now());
  on_power_loss(node);
}

void Injector::count_damage(const std::string& sort) {
  if (!sort.empty()) ++damaged_files_["damaged " + sort];
}

void Injector::cut(std::size_t from, std::size_t to, int by) {
  auto& count = cuts_[{from, to}];
  count += by;
  world_.network().link(from, to).cut = count > 0;
}

void Injector::cut_by_direction(const Fault& fault, std::size_t node, int by) {
  auto direction = fault.amount % 3;
  if (direction != 2) cut(node, fault.target, by);
  if (direction != 1) cut(fault.target, node, by);
}

void Injector::isolate(const Fault& fault, int by) {
  for (std::size_t node = 0; node < brokers_; ++node)
    if (node != fault.target) cut_by_direction(fault, node, by);
}

void Injector::leadership_handed(std::size_t from, std::size_t to) {
  for (auto at = awaits_transfer_.begin(); at != awaits_transfer_.end();) {
    if (at->target != from && at->target != to) {
      ++at;
      continue;
    }
    auto fault = *at;
    at = awaits_transfer_.erase(at);
    auto end = fault.at + fault.duration;
    auto begin = world_.now() + milliseconds(fault.amount / 3);
    if (begin >= end) continue;
    ++cuts_after_transfers_;
    world_.at(begin, [this, fault] {
      if (!healed_) isolate(fault, 1);
    });
    world_.at(end, [this, fault] {
      if (!healed_) isolate(fault, -1);
    });
  }
}

void Injector::follow_controller(const Fault& fault, std::optional<std::size_t> cut_off) {
  if (healed_) return;
  auto between = [&](std::size_t node, int by) {
    cut(fault.target, node, by);
    cut(node, fault.target, by);
  };
  auto now = world_.now();
  auto end = fault.at + fault.duration;
  auto next = now < end ? controller() : std::nullopt;
  if (next == fault.target) next = cut_off;  // it may be another again
  if (now >= end) next = std::nullopt;
  if (next != cut_off) {
    if (cut_off) between(*cut_off, -1);
    if (next) between(*next, 1);
  }
  if (now < end)
    world_.at(std::min(now + controller_interval, end), [this, fault, next] { follow_controller(fault, next); });
}

void Injector::for_each_cut(const Fault& fault, const std::function<void(std::size_t, std::size_t)>& call) {
  auto side = [&](std::size_t node) { return fault.amount >> node & 1; };
  auto both = [&](std::size_t a, std::size_t b) {
    call(a, b);
    call(b, a);
  };
  std::size_t end = fault.kind == FaultKind::split ? world_.node_count() : brokers_;
  for (std::size_t a = 0; a < end; ++a)
    for (std::size_t b = a + 1; b < end; ++b) {
      bool bridged = fault.kind == FaultKind::bridge && (a == fault.target || b == fault.target);
      bool neighbours = b == a + 1 || (a == 0 && b == brokers_ - 1);
      if (fault.kind == FaultKind::ring ? !neighbours : side(a) != side(b) && !bridged) both(a, b);
    }
}

// A link that comes and goes, up to the fault's end.
void Injector::flap(const Fault& fault, Instant from) {
  auto end = fault.at + fault.duration;
  auto half = milliseconds(std::max<std::int64_t>(fault.amount, 1));
  auto change = [this, fault](int by) {
    if (healed_) return;
    cut(fault.target, fault.peer, by);
    cut(fault.peer, fault.target, by);
  };
  change(1);
  world_.at(std::min(from + half, end), [change] { change(-1); });
  if (from + 2 * half >= end) return;
  world_.at(from + 2 * half, [this, fault, again = from + 2 * half] {
    if (!healed_) flap(fault, again);
  });
}

void Injector::bring_up(std::size_t node) {
  if (--held_down_[node] > 0) return;
  // One that was asked to stop and has not yet is left to it; the supervisor starts it when it is done.
  if (!world_.node(node).running()) start(node);
}

void Injector::begin(const Fault& fault) {
  auto now = world_.now();
  world_.trace().event(Trace::Kind::fault, now, static_cast<std::uint64_t>(fault.kind),
                       static_cast<std::uint64_t>(fault.amount));
  world_.trace().line(now, [&] {
    std::vector<std::string> names;
    for (std::size_t n = 0; n < world_.node_count(); ++n) names.push_back(world_.node(n).name());
    return "fault " + to_string(fault, names);
  });
  auto& node = world_.node(fault.target);
  auto disk = node.disk().faults();
  auto permille = static_cast<std::uint64_t>(fault.amount);
  auto& there = world_.network().link(fault.target, fault.peer);
  auto& back = world_.network().link(fault.peer, fault.target);
  switch (fault.kind) {
    case FaultKind::kill:
    case FaultKind::power_loss:
    case FaultKind::damage:
    case FaultKind::damage_side_file:
    case FaultKind::damage_small_file:
    case FaultKind::wipe:
    case FaultKind::stop: bring_down(fault); return;
    case FaultKind::split:
    case FaultKind::bridge:
    case FaultKind::ring: for_each_cut(fault, [this](auto from, auto to) { cut(from, to, 1); }); return;
    case FaultKind::flap: flap(fault, now); return;
    case FaultKind::isolate: isolate(fault, 1); return;
    case FaultKind::cut_after_transfer: awaits_transfer_.push_back(fault); return;
    case FaultKind::cut_from_controller: follow_controller(fault, std::nullopt); return;
    case FaultKind::pause: node.pause(); return;
    case FaultKind::busy_shard: node.stall_shard(permille); return;
    case FaultKind::slow_process: node.set_step_cost(microseconds(fault.amount)); return;
    case FaultKind::disk_slow: disk.slow_factor = fault.amount; break;
    case FaultKind::disk_stuck: disk.stuck = true; break;
    case FaultKind::disk_full: disk.capacity_bytes = node.disk().image().used_bytes() + permille; break;
    case FaultKind::short_reads: disk.short_read_permille = permille; break;
    case FaultKind::transient_read_errors: disk.read_error_permille = permille; break;
    case FaultKind::list_errors: disk.list_error_permille = permille; break;
    case FaultKind::remove_errors: disk.remove_error_permille = permille; break;
    case FaultKind::open_errors:
      disk.open_error_permille = permille;
      hurt_.insert(fault.target);
      break;
    case FaultKind::rename_errors:
      disk.rename_error_permille = permille;
      hurt_.insert(fault.target);
      break;
    case FaultKind::read_errors:
      disk.read_error_permille = permille;
      hurt_.insert(fault.target);
      break;
    case FaultKind::write_errors:
      disk.write_error_permille = permille;
      hurt_.insert(fault.target);
      break;
    case FaultKind::sync_errors:
      disk.sync_error_permille = permille;
      hurt_.insert(fault.target);
      break;
    case FaultKind::cut: cut_by_direction(fault, fault.peer, 1); return;
    case FaultKind::latency: there.latency_max = back.latency_max = milliseconds(fault.amount); return;
    case FaultKind::latency_to: back.latency_max = milliseconds(fault.amount); return;
    case FaultKind::latency_from: there.latency_max = milliseconds(fault.amount); return;
    case FaultKind::clog:
      if (fault.amount != 2) back.clogged_until = now + fault.duration;
      if (fault.amount != 1) there.clogged_until = now + fault.duration;
      return;
    case FaultKind::bandwidth: there.bytes_per_ms = back.bytes_per_ms = fault.amount; return;
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
  auto& there = world_.network().link(fault.target, fault.peer);
  auto& back = world_.network().link(fault.peer, fault.target);
  switch (fault.kind) {
    case FaultKind::kill:
    case FaultKind::power_loss:
    case FaultKind::damage:
    case FaultKind::damage_side_file:
    case FaultKind::damage_small_file:
    case FaultKind::wipe:
    case FaultKind::stop: bring_up(fault.target); return;
    case FaultKind::split:
    case FaultKind::bridge:
    case FaultKind::ring: for_each_cut(fault, [this](auto from, auto to) { cut(from, to, -1); }); return;
    case FaultKind::isolate: isolate(fault, -1); return;
    case FaultKind::cut_after_transfer: std::erase(awaits_transfer_, fault); return;
    case FaultKind::cut_from_controller: return;  // see follow_controller()
    case FaultKind::pause: node.resume(); return;
    case FaultKind::busy_shard: node.end_stalls(); return;
    case FaultKind::slow_process: node.set_step_cost(Duration(0)); return;
    case FaultKind::disk_slow: disk.slow_factor = fine.slow_factor; break;
    case FaultKind::disk_stuck: disk.stuck = false; break;
    case FaultKind::disk_full: disk.capacity_bytes = fine.capacity_bytes; break;
    case FaultKind::read_errors:
    case FaultKind::transient_read_errors: disk.read_error_permille = 0; break;
    case FaultKind::short_reads: disk.short_read_permille = 0; break;
    case FaultKind::open_errors: disk.open_error_permille = 0; break;
    case FaultKind::rename_errors: disk.rename_error_permille = 0; break;
    case FaultKind::remove_errors: disk.remove_error_permille = 0; break;
    case FaultKind::list_errors: disk.list_error_permille = 0; break;
    case FaultKind::write_errors: disk.write_error_permille = 0; break;
    case FaultKind::sync_errors: disk.sync_error_permille = 0; break;
    case FaultKind::cut: cut_by_direction(fault, fault.peer, -1); return;
    case FaultKind::latency:
      there.latency_max = back.latency_max = LinkFaults().latency_max;
      world_.network().pace_again();
      return;
    case FaultKind::latency_to:
      back.latency_max = LinkFaults().latency_max;
      world_.network().pace_again();
      return;
    case FaultKind::latency_from:
      there.latency_max = LinkFaults().latency_max;
      world_.network().pace_again();
      return;
    case FaultKind::bandwidth:
      there.bytes_per_ms = back.bytes_per_ms = LinkFaults().bytes_per_ms;
      world_.network().pace_again();
      return;
    case FaultKind::refuse: world_.network().link(fault.peer, fault.target).refused = false; return;
    case FaultKind::clock_jump: node.jump_clock(-fault.amount); return;
    case FaultKind::clock_drift: node.set_clock({node.clock_faults().offset_ms, 0}); return;
    case FaultKind::clog:
    case FaultKind::flap:
    case FaultKind::reset: return;
  }
  node.disk().set_faults(disk);
  bool errors = fault.kind == FaultKind::read_errors || fault.kind == FaultKind::write_errors ||
                fault.kind == FaultKind::sync_errors || fault.kind == FaultKind::open_errors ||
                fault.kind == FaultKind::rename_errors;
  if (!errors) return;
  hurt_.erase(fault.target);
  if (node.running()) node.kill();  // logs went offline: somebody restarts the broker
}

void Injector::heal(const std::set<std::size_t>& core) {
  healed_ = true;
  supervised_.clear();
  for (auto a : core) {
    auto& node = world_.node(a);
    node.disk().set_faults({});
    node.resume();
    node.end_stalls();
    node.set_step_cost(Duration(0));
    for (auto b : core) world_.network().link(a, b) = LinkFaults{};
    if (a >= brokers_) continue;
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
  for (std::size_t a = 0; a < world_.node_count(); ++a) {
    auto& node = world_.node(a);
    node.disk().set_faults({});
    node.resume();
    node.end_stalls();
    node.set_step_cost(Duration(0));
    for (std::size_t b = 0; b < world_.node_count(); ++b) world_.network().link(a, b) = LinkFaults{};
  }
  world_.network().pace_again();
  for (std::size_t node = 0; node < brokers_; ++node) {
    held_down_[node] = 0;
    world_.node(node).kill();
    start(node);
  }
}

}  // namespace fulmar
