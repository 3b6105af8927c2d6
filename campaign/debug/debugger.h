// Debugger: a life that can be played to any event, forward and back. Going back plays forward from a checkpoint: as a
// life is the same each time, event N always is the same moment, with the same hash.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "campaign/debug/checkpoints.h"
#include "campaign/debug/orders.h"
#include "campaign/scenario.h"

namespace fulmar {

class Debugger {
 public:
  static constexpr std::size_t checkpoints_max = 16;

  // Starts the process that plays; it is before the life's first event. The scenario and the plan must outlive it.
  Debugger(const Scenario& scenario, const Plan& plan);
  ~Debugger();
  Debugger(const Debugger&) = delete;
  Debugger& operator=(const Debugger&) = delete;

  struct Moment {
    std::uint64_t events = 0;  // that have happened
    Instant at;                // the time of the next; at the end: of the last
    std::uint64_t hash = 0;    // of the trace so far
    bool ended = false;        // the life is over
    bool operator==(const Moment&) const = default;
  };
  const Moment& now() const { return now_; }
  // Whether the life crashed when it was last asked to go on: then it is right before the event in which it did.
  bool crashed() const { return crashed_; }

  // Each goes on until there, or to the life's end. `kind`: see is_stop().
  void to_event(std::uint64_t events);
  void to_time(Instant at);
  void to_next(const std::string& kind);
  // Prints what the life is in: "nodes", "node NAME", "messages", "trace N", "stopped_by": what to_next()
  // has found.
  void show(const std::string& words);

  pid_t player() const { return player_; }  // stopped, for gdb
  const Checkpoints& checkpoints() const { return checkpoints_; }

 private:
  void wake(std::uint64_t checkpoint);
  void order(const DebugOrder& order);
  // Until the player has stopped. False: it died.
  bool await(DebugReply::Kind kind);
  void go(const DebugOrder& order);
  void keep(const DebugReply& asked);
  void end_player();

  std::atomic<std::uint64_t>* events_;  // shared: how far the player is
  int orders_ = -1, replies_ = -1;
  std::vector<int> wakes_;
  pid_t first_ = -1;
  pid_t player_ = -1;
  int player_fd_ = -1;  // readable once it has died
  Checkpoints checkpoints_{checkpoints_max};
  Moment now_;
  bool crashed_ = false;
};

}  // namespace fulmar
