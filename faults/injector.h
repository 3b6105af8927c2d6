// The injector: makes a plan's faults happen to a world, and undoes each at its end. Processes that end or are ended
// come back by themselves, as under a supervisor.
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
  // `start` starts the process of a server. All nodes of the world have to be there.
  Injector(World& world, std::size_t servers, std::function<void(std::size_t node)> start);

  // Schedules all faults and the supervisor. Once.
  void inject(const std::vector<Fault>& faults);
  // No more faults begin. Ends what lasts still, heals everything, and restarts all processes.
  void heal();
  // The same for the nodes of `core` and what lies between them, but only processes that are down are started. What is
  // to become of the others is the caller's.
  void heal(const std::set<std::size_t>& core);
  // The supervisor, who starts what has ended, goes on with a core until this.
  void dismiss_supervisor() { supervised_.clear(); }
  // From now on nothing passes between the node and any other.
  void isolate(std::size_t node);

  // Leadership of something was handed over; to be called from within the world's run.
  void leadership_handed(std::size_t from, std::size_t to);
  // Which node is the controller now, if any is; asked by faults that have to do with it.
  std::function<std::optional<std::size_t>()> controller = [] { return std::nullopt; };

  // What a server's life has to know of: called after it has happened.
  std::function<void(std::size_t node)> on_power_loss = [](std::size_t) {};
  std::function<void(std::size_t node)> on_disk_hurt = [](std::size_t) {};

  // How many cuts came right after a leadership was handed over.
  std::uint64_t cuts_after_transfers() const { return cuts_after_transfers_; }
  // By "damaged" and the sort of file.
  const std::map<std::string, std::uint64_t>& damaged_files() const { return damaged_files_; }
  const std::vector<Instant>& power_losses() const { return power_losses_; }
  // How far ahead of the truth a server's wall clock was at most when it was started, or while it may still have been
  // starting.
  std::int64_t clock_ahead_at_start_ms() const { return clock_ahead_at_start_ms_; }

  // For kinds of fault, from their begin and end.

  World& world() { return world_; }
  const NodeCounts& nodes() const { return nodes_; }
  Node& target(const Fault& fault) { return world_.node(fault.target); }
  // Acts at that time, unless all was healed by then.
  void at(Instant when, std::move_only_function<void()> action);
  // The node's process is not started by anybody until as many bring_up() as hold_down().
  void hold_down(std::size_t node) { ++held_down_[node]; }
  void bring_up(std::size_t node);
  void lose_power(std::size_t node);
  // A file of that sort was damaged; none was, if it is empty.
  void count_damage(const std::string& sort);
  // The node's process doesn't trust its files any more, and is to be restarted when that is over.
  void hurt(std::size_t node) { hurt_.insert(node); }
  void restart_hurt(std::size_t node);
  void note_clock(std::size_t node);
  // Nothing passes that way as long as more was added to it than taken.
  void cut(std::size_t from, std::size_t to, int by);
  // Between the target and a node: both ways, to the target, or from it, by the fault's amount.
  void cut_by_direction(const Fault& fault, std::size_t node, int by);
  // Between the target and all other servers.
  void isolate(const Fault& fault, int by);
  // Isolates the target some time after the next leadership that it has to do with, up to the fault's end.
  void await_transfer(const Fault& fault) { awaits_transfer_.push_back(fault); }
  void stop_awaiting(const Fault& fault) { std::erase(awaits_transfer_, fault); }

 private:
  void begin(const Fault& fault);
  void supervise();
  void start(std::size_t node);

  static constexpr Duration supervision_interval = milliseconds(500);
  static constexpr Duration start_max = seconds(15);

  World& world_;
  NodeCounts nodes_;
  std::function<void(std::size_t)> start_;
  std::vector<int> held_down_;                               // per node: how many faults keep it down
  std::map<std::pair<std::size_t, std::size_t>, int> cuts_;  // likewise, of a way
  std::vector<Fault> awaits_transfer_;
  std::uint64_t cuts_after_transfers_ = 0;
  std::map<std::string, std::uint64_t> damaged_files_;
  std::set<std::size_t> hurt_;  // nodes whose files may be given up, as the disk had errors
  std::vector<Instant> power_losses_;
  std::int64_t clock_ahead_at_start_ms_ = 0;
  std::vector<Instant> started_;
  bool healed_ = false;
  std::set<std::size_t> supervised_;  // servers
};

}  // namespace fulmar
