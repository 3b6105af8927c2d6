// The injector: makes a plan's faults happen to a world, and undoes each at its end. Processes that end or are ended
// come back by themselves, as under a supervisor.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "faults/plan.h"
#include "sim/world.h"

namespace fulmar {

class Injector {
 public:
  // `start` starts the process of a broker node.
  Injector(World& world, std::size_t brokers, std::function<void(std::size_t node)> start);

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

  // What a broker's life has to know of: called after it has happened.
  std::function<void(std::size_t node)> on_power_loss = [](std::size_t) {};
  std::function<void(std::size_t node)> on_disk_hurt = [](std::size_t) {};

  // How many cuts came right after a leadership was handed over.
  std::uint64_t cuts_after_transfers() const { return cuts_after_transfers_; }
  // By "damaged" and the sort of file.
  const std::map<std::string, std::uint64_t>& damaged_files() const { return damaged_files_; }
  const std::vector<Instant>& power_losses() const { return power_losses_; }
  // How far ahead of the truth a broker's wall clock was at most when it was started, or while it may still have been
  // starting.
  std::int64_t clock_ahead_at_start_ms() const { return clock_ahead_at_start_ms_; }

 private:
  void begin(const Fault& fault);
  void end(const Fault& fault);
  void bring_down(const Fault& fault);
  void bring_up(std::size_t node);
  void lose_power(std::size_t node);
  void count_damage(const std::string& sort);
  void cut(std::size_t from, std::size_t to, int by);
  // Between the target and a node: both ways, to the target, or from it, by the fault's amount.
  void cut_by_direction(const Fault& fault, std::size_t node, int by);
  void isolate(const Fault& fault, int by);
  void follow_controller(const Fault& fault, std::optional<std::size_t> cut_off);
  // Calls with each pair of nodes between which nothing passes, one way.
  void for_each_cut(const Fault& fault, const std::function<void(std::size_t from, std::size_t to)>& call);
  void flap(const Fault& fault, Instant from);
  void supervise();
  void start(std::size_t node);
  void note_clock(std::size_t node);

  static constexpr Duration supervision_interval = milliseconds(500);
  static constexpr Duration controller_interval = milliseconds(50);  // in which a new controller is noticed

  World& world_;
  std::size_t brokers_;
  std::function<void(std::size_t)> start_;
  std::vector<int> held_down_;                               // per node: how many faults keep it down
  std::map<std::pair<std::size_t, std::size_t>, int> cuts_;  // likewise, of a way
  std::vector<Fault> awaits_transfer_;
  std::uint64_t cuts_after_transfers_ = 0;
  std::map<std::string, std::uint64_t> damaged_files_;
  std::set<std::size_t> hurt_;  // nodes whose logs may be offline, as the disk had errors
  std::vector<Instant> power_losses_;
  std::int64_t clock_ahead_at_start_ms_ = 0;
  static constexpr Duration start_max = seconds(15);
  std::vector<Instant> started_;
  bool healed_ = false;
  std::set<std::size_t> supervised_;  // broker nodes
};

}  // namespace fulmar
