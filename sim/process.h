// SimProcess: one run of a program on a simulated machine, from start to exit, kill or power loss; SimHost: the world
// as one of its shards sees it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/fiber/event.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "runtime/host/host.h"
#include "runtime/host/log.h"
#include "runtime/host/network.h"
#include "sim/disk.h"

namespace fulmar {

class Node;
class SimHost;
class SimProcess;
class World;
struct Crossing;

using ProcessMain = std::function<int(Host&)>;

// Reasons why the fibers of a shard do not run; they are independent.
enum class Hold : std::uint8_t { paused = 1, stalled = 2, computing = 4 };

class SimProcess {
 public:
  SimProcess(Node& node, std::uint64_t number, unsigned shards, ProcessMain main);
  ~SimProcess();

  bool alive() const { return !dead_ && !exit_code_; }
  std::optional<int> exit_code() const { return exit_code_; }
  void request_stop() { stop_requested_.set(); }
  void pause();
  void resume();
  // One shard does not run; the others continue.
  void stall(unsigned shard);
  void unstall();  // all of them
  // From now on each step of a fiber takes its shard this long; 0: undeclared computing takes no time.
  void set_step_cost(Duration cost);
  // From now on declared computing takes `factor` times as long; at least 1.
  void set_work_factor(unsigned factor);
  unsigned shard_count() const { return static_cast<unsigned>(shards_.size()); }
  std::size_t fiber_count() const;  // of those that are alive
  // Ends it at once: all fibers unwind, and nothing they do meanwhile has an effect.
  void die();

  Node& node() { return node_; }

 private:
  friend class SimHost;
  friend struct Crossing;
  struct Message;

  void send(unsigned from, unsigned to, std::move_only_function<void()> action);

  Node& node_;
  ProcessMain main_;
  Event stop_requested_;
  LogLevels log_levels_;
  std::vector<std::unique_ptr<SimHost>> shards_;
  std::deque<std::unique_ptr<Message>> messages_;  // in flight between shards, and used ones for reuse
  std::vector<Message*> free_messages_;
  std::vector<Crossing*> crossings_;  // calls between shards in progress
  bool dead_ = false;
  std::optional<int> exit_code_;
};

class SimHost final : public Host, private Timer {
 public:
  SimHost(SimProcess& process, unsigned shard, unsigned shard_count, Random random);
  ~SimHost() override;

  unsigned shard() const override { return shard_; }
  unsigned shard_count() const override { return shard_count_; }
  Clock& clock() override;
  Disk& disk() override { return disk_; }
  Network& network() override;
  Entropy& entropy() override;
  Logger& log() override { return log_; }
  Event& stop_requested() override { return process_.stop_requested_; }
  Descriptors descriptors() override;
  void post(unsigned n, FiberGroup* group, std::move_only_function<void(Host&)> fn) override;

 protected:
  void run_on(unsigned n, FiberGroup* group, RemoteCall& call) override;

 private:
  friend class SimProcess;
  friend struct Crossing;
  class ShardDomain;
  class ClockView;
  class NetworkView;
  class EntropyView;
  class Sink;

  void hold(Hold why);
  void release(Hold why);
  void stepped(std::string_view fiber);
  void end_computing();
  void fire() noexcept override { release(Hold::computing); }

  SimProcess& process_;
  unsigned shard_;
  unsigned shard_count_;
  std::unique_ptr<Domain> domain_;
  unsigned holds_ = 0;  // bits of Hold
  Duration step_cost_{0};
  Random crossing_times_;
  std::vector<Instant> last_arrival_;  // by target shard: messages of a pair arrive in order
  std::unique_ptr<ClockView> clock_;
  SimDiskHandle disk_;
  std::unique_ptr<NetworkView> network_;
  std::unique_ptr<EntropyView> entropy_;
  std::unique_ptr<Sink> sink_;
  Logger log_;
};

}  // namespace fulmar
