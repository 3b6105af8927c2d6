// Injector: applies a plan's faults to a world, and undoes each at its end. Processes that end are restarted, as by a
// supervisor.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "faults/fault.h"
#include "sim/world.h"

namespace fulmar {

class Injector {
 public:
  // `start` starts the process of a server. All nodes of the world must exist already.
  Injector(World& world, std::size_t servers, std::function<void(std::size_t node)> start);

  // Schedules all faults, and supervises. To be called once.
  void inject(const std::vector<Fault>& faults);
  // Starts the supervisor alone, for callers that begin and end each fault themselves. To be called once.
  void supervise_servers();
  // From the world's actions: begins the fault now; its `at` must be now.
  void begin(const Fault& fault);
  // Ends a fault that has begun, at its end or, unless its kind ends by itself, before. At most once for each.
  void end(const Fault& fault);
  // Begins no more faults, ends the current ones, heals everything, and restarts all processes.
  void heal();
  // The same for the nodes of `core` and the network between them, but only starts processes that are down. The caller
  // decides about the other nodes.
  void heal(const std::set<std::size_t>& core);
  // Ends the supervision, which heal(core) continues for the core.
  void dismiss_supervisor() { supervised_.clear(); }
  // From now on nothing passes between the node and any other.
  void isolate(std::size_t node);

  // A leadership was transferred; to be called from within the world's run.
  void leadership_handed(std::size_t from, std::size_t to);
  // The node that is the controller now; for faults that depend on it.
  std::function<std::optional<std::size_t>()> controller = [] { return std::nullopt; };

  // Called after the event has happened to a server.
  std::function<void(std::size_t node)> on_power_loss = [](std::size_t) {};
  std::function<void(std::size_t node)> on_disk_hurt = [](std::size_t) {};

  // The number of cuts right after a leadership transfer.
  std::uint64_t cuts_after_transfers() const { return cuts_after_transfers_; }
  // By "damaged" and the sort of file.
  const std::map<std::string, std::uint64_t>& damaged_files() const { return damaged_files_; }
  const std::vector<Instant>& power_losses() const { return power_losses_; }
  // The most by which a server's wall clock was ahead of true time while it was starting.
  std::int64_t clock_ahead_at_start_ms() const { return clock_ahead_at_start_ms_; }

  // -- For kinds of fault, in their begin and end.

  World& world() { return world_; }
  const NodeCounts& nodes() const { return nodes_; }
  Node& target(const Fault& fault) { return world_.node(fault.target); }
  // Runs `action` at that time, unless everything has healed by then.
  void at(Instant when, std::move_only_function<void()> action);
  // The node's process is not started until there were as many bring_up() as hold_down().
  void hold_down(std::size_t node) { ++held_down_[node]; }
  void bring_up(std::size_t node);
  void lose_power(std::size_t node);
  // A file of that sort was damaged; empty: none was.
  void count_damage(const std::string& sort);
  // The node's process no longer trusts some of its files, and has to be restarted afterwards.
  void hurt(std::size_t node) { hurt_.insert(node); }
  void restart_hurt(std::size_t node);
  void note_clock(std::size_t node);
  // Adds `by` to the number of cuts in that direction; nothing passes while it is positive.
  void cut(std::size_t from, std::size_t to, int by);
  // Between the target and a node: both ways, to the target, or from it, according to the fault's amount.
  void cut_by_direction(const Fault& fault, std::size_t node, int by);
  // Between the target and all other servers.
  void isolate(const Fault& fault, int by);
  // Isolates the target some time after the next leadership transfer that involves it, until the fault's end.
  void await_transfer(const Fault& fault) { awaits_transfer_.push_back(fault); }
  void stop_awaiting(const Fault& fault) { std::erase(awaits_transfer_, fault); }

 private:
  std::uint64_t tell(const Fault& fault, std::uint64_t cause, const char* what);
  void tell_healing();
  void supervise();
  void start(std::size_t node);

  static constexpr Duration supervision_interval = milliseconds(500);
  static constexpr Duration start_max = seconds(15);

  World& world_;
  NodeCounts nodes_;
  std::function<void(std::size_t)> start_;
  std::vector<int> held_down_;                               // per node: the number of faults that keep it down
  std::map<std::pair<std::size_t, std::size_t>, int> cuts_;  // likewise, of each direction
  std::vector<Fault> awaits_transfer_;
  std::vector<std::pair<Fault, std::uint64_t>> begun_;  // with the numbers of the happenings, if anybody observes
  std::uint64_t cuts_after_transfers_ = 0;
  std::map<std::string, std::uint64_t> damaged_files_;
  std::set<std::size_t> hurt_;  // nodes whose processes may distrust files because of disk errors
  std::vector<Instant> power_losses_;
  std::int64_t clock_ahead_at_start_ms_ = 0;
  std::vector<Instant> started_;
  bool healed_ = false;
  std::set<std::size_t> supervised_;  // servers
};

}  // namespace fulmar
