// DebugPlayer: plays a life in a process of its own for the debugger (debugger.h), stops it where it is asked to,
// prints what it is in there, and leaves copies of itself behind, as checkpoints.
//
// The life runs on one thread, so that fork() copies all of it, in the middle of whatever it is doing. Whoever plays
// reads orders; a checkpoint waits until its slot is woken, then leaves a copy of itself that reads orders. All end
// when the debugger does.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <span>
#include <string>

#include "campaign/debug/orders.h"
#include "campaign/scenario.h"

namespace fulmar {

// The ends that a player has.
struct DebugEnds {
  int orders = -1;                               // to read from; hung up once the debugger has ended
  int replies = -1;                              // to write to
  std::span<const int> wakes;                    // by slot: eventfds
  std::atomic<std::uint64_t>* events = nullptr;  // shared: how far the playing process is
};

// Something to stop at after it has happened: a kind of happening, or "election".
bool is_stop(std::string_view what);

class DebugPlayer {
 public:
  static constexpr std::uint64_t checkpoint_every = 20'000;  // events
  static constexpr std::size_t lines_kept = 1'000;           // of the trace

  explicit DebugPlayer(const DebugEnds& ends) : ends_(ends) {}
  // Waits before the life's first event as the checkpoint in slot 0. To be called once, in a fork.
  [[noreturn]] void play(const Scenario& scenario, const Plan& plan);

 private:
  void before_event(std::uint64_t events, Instant at, std::uint64_t hash);
  void happened(const Happening& happening);
  std::string described(const Happening& happening) const;
  void offer_checkpoint();
  void wait_in(std::size_t slot);
  void stop();
  void show(std::string_view words);
  void show_node(std::string_view name);
  DebugOrder read_order();
  void reply(DebugReply::Kind kind, std::uint64_t number = 0, pid_t pid = 0);

  DebugEnds ends_;
  const LifeView* view_ = nullptr;
  std::deque<std::string> lines_;
  std::uint64_t events_ = 0;
  Instant at_;
  std::uint64_t hash_ = 0;
  bool begun_ = false;
  bool viewed_ = false;  // there was a view
  bool ended_ = false;
  // Where to stop.
  std::uint64_t stop_events_ = 0;
  Instant stop_at_ = Instant::max();
  std::string stop_kind_;  // empty: at none
  bool stop_now_ = false;
  std::string stopped_by_;  // the happening
  std::uint64_t next_checkpoint_ = checkpoint_every;
};

}  // namespace fulmar
