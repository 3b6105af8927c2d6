// World: one simulated life, determined by its seed: machines, their disks and clocks, the network between them and the
// processes on them, all on one thread and one virtual clock.
//
//   World world(seed);
//   Node& broker = world.add_node("broker");
//   broker.start(2, [](Host& host) { return run_broker(host, options); });
//   world.run_for(seconds(10));
//   broker.power_loss();
//
// The methods that change the world may be called between runs, or from at() actions; not from fibers.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/mark.h"
#include "runtime/host/log.h"
#include "sim/network.h"
#include "sim/process.h"
#include "sim/scheduler.h"
#include "sim/trace.h"

namespace fulmar {

// The error of a machine's wall clock against true time.
struct ClockFaults {
  std::int64_t offset_ms = 0;
  std::int64_t drift_ppm = 0;  // since `drift_since`

  bool operator==(const ClockFaults&) const = default;
};

// A step of a fiber that stalled its shard, by its declared work; see runtime/fiber/slices.h.
struct ShardStall {
  Instant at;
  std::string where;  // the machine and the shard
  std::string fiber;
  Duration work;
};

// What the processes of a machine have done so far.
struct NodeWork {
  std::uint64_t steps = 0;         // of fibers
  std::uint64_t copied_bytes = 0;  // in these; see runtime/base/copied_bytes.h
};

class Node {
 public:
  Node(World& world, std::size_t number, std::string name, Random random);
  ~Node();

  // Starts a process; none may be alive. Brings the machine up if it was down.
  void start(unsigned shards, ProcessMain main);
  void request_stop();
  void kill();        // the process dies; its files keep all writes, its peers see resets
  void power_loss();  // the machine dies: unsynced data may be lost, peers get no notice
  void pause();
  void resume();
  // One shard, chosen by `pick`, does not run until end_stalls(), or the end of the process.
  void stall_shard(std::uint64_t pick);
  void end_stalls();
  // In this and later processes each step of a fiber takes its shard this long; 0: no time.
  void set_step_cost(Duration cost);
  // In this and later processes declared computing takes `factor` times as long; at least 1. So small lives see what
  // large requests, files and clusters do to a shard.
  void set_work_factor(unsigned factor);
  void set_clock(ClockFaults faults);
  void jump_clock(std::int64_t by_ms) { set_clock({clock_.offset_ms + by_ms, clock_.drift_ppm}); }

  bool running() const { return process_ && process_->alive(); }
  bool paused() const { return paused_; }
  std::optional<int> exit_code() const { return process_ ? process_->exit_code() : std::nullopt; }

  const SimProcess* process() const { return process_.get(); }  // the latest, which may have ended; null: none ever was

  // The limit of files and sockets of a process, which the process has to respect by itself.
  std::size_t descriptors_max() const { return descriptors_max_; }
  void set_descriptors_max(std::size_t count) { descriptors_max_ = count; }

  Timestamp wall_ms() const;
  const NodeWork& work() const { return work_; }
  const ClockFaults& clock_faults() const { return clock_; }
  SimDisk& disk() { return disk_; }
  World& world() { return world_; }
  const std::string& name() const { return name_; }
  std::size_t number() const { return number_; }
  std::string address() const { return SimNetwork::address_of(number_); }
  const Random& random() const { return random_; }

 private:
  friend class SimHost;
  friend class SimProcess;
  friend class World;
  void reseed(const Random& random);
  void reap();  // ends a process whose main has returned, with all its shards

  World& world_;
  std::size_t number_;
  std::string name_;
  Random random_;
  SimDisk disk_;
  ClockFaults clock_;
  std::size_t descriptors_max_ = 20'000;
  std::int64_t drifted_ms_ = 0;
  Instant drift_since_;
  bool paused_ = false;
  bool has_stalled_shard_ = false;
  Duration step_cost_{0};
  unsigned work_factor_ = 1;
  std::uint64_t starts_ = 0;
  NodeWork work_;
  std::unique_ptr<SimProcess> process_;
};

class World {
 public:
  // True time starts here: 2026-01-01T00:00:00Z.
  static constexpr Timestamp epoch_ms = 1'767'225'600'000;
  // More steps than this in one instant mean that the world is caught in a loop.
  static constexpr std::uint64_t steps_per_instant_max = 2'000'000;
  // A fiber that declares more work than this before it yields has stalled its shard. Large enough for pieces of work
  // that can't be divided, at the largest work factor of lives.
  static constexpr Duration stall_min = milliseconds(50);

  explicit World(std::uint64_t seed, LogLevel log_level = LogLevel::info);
  ~World();

  Node& add_node(std::string name);
  Node& node(std::size_t number) { return *nodes_[number]; }
  std::size_t node_count() const { return nodes_.size(); }

  void run_until(Instant at);
  void run_for(Duration d) { run_until(now() + d); }
  // Runs until `holds` returns true, or the deadline; returns whether it does. Tested after each step.
  bool run_until(const std::function<bool()>& holds, Instant deadline);
  void at(Instant when, std::move_only_function<void()> action) { scheduler_.at(when, std::move(action)); }
  // After `events` events of the trace the life takes another way, which `seed` determines: the order of fibers and
  // events, the network, the disks and processes that start later draw from other streams. Processes keep those that
  // they have. To be called before the first run, for ascending events.
  void branch_at(std::uint64_t events, std::uint64_t seed);

  Instant now() const { return scheduler_.now(); }
  Timestamp true_ms() const { return epoch_ms + now().ns / 1'000'000; }
  SimScheduler& scheduler() { return scheduler_; }
  SimNetwork& network() { return network_; }
  Trace& trace() { return trace_; }
  const Random& random() const { return random_; }
  // The marks of the code that the life has passed, each with the number of events of the trace before that.
  const MarkWatch& marks() const { return marks_; }
  LogLevel log_level() const { return log_level_; }
  bool stuck() const { return stuck_; }  // whether a run ended because the world was caught in a loop

  // The first stalls, in order.
  const std::vector<ShardStall>& stalls() const { return stalls_; }

  // What is still alive after all processes have ended; should be empty.
  std::vector<std::string> leaks();

 private:
  friend class SimHost;
  static constexpr std::size_t stalls_max = 20;
  std::uint64_t copied_in_step();
  void note_stall(const Node& node, unsigned shard, std::string_view fiber, Duration work);

  LogLevel log_level_;
  std::int64_t byte_blocks_at_start_;
  std::uint64_t copied_until_now_;
  Random random_;
  Trace trace_;
  MarkWatch marks_{[this] { return trace_.events(); }};
  SimScheduler scheduler_;
  SimNetwork network_;
  std::vector<std::unique_ptr<Node>> nodes_;
  bool stuck_ = false;
  std::vector<ShardStall> stalls_;
};

}  // namespace fulmar
