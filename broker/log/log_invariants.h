// LogInvariants: what must hold of a partition's log while nobody is changing it: in its state, and between its state
// and the one before (as RaftInvariants is of a replica's core). A log that is offline is not looked at: a change of it
// may have ended half-way.
//
// A replica checks the first part after each step (Replica::check_invariants), and all of one state after each change
// if it has an observer, as in simulated lives. Random tests of logs check everything.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "broker/log/partition_log.h"

namespace fulmar {

class LogInvariants {
 public:
  // Each returns the first invariant that is broken, in words; nullopt: none.

  // In constant time.
  static std::optional<std::string_view> broken_in(const PartitionLog& log);
  // Likewise, and in the log's parts: takes time in its segments, epochs, producers and aborted transactions.
  static std::optional<std::string_view> broken_throughout(const PartitionLog& log);
  // The same, if the log has changed since the last call of this; else nullopt. What changes neither the log's bounds
  // nor its number of segments is checked with the next change.
  std::optional<std::string_view> broken_by_change(const PartitionLog& log);
  // Between the state at the last call and this one; nullopt in the first call. One object serves one log, from its
  // opening on.
  std::optional<std::string_view> broken_since(const PartitionLog& log);

 private:
  struct State {
    Offset log_start = 0;
    Offset log_end = 0;
    Offset stable_end = 0;
    Offset cleaned_to = 0;
    Offset tombstone_bound = 0;
    Epoch epoch = -1;  // the latest
    std::uint64_t cuts = 0;
    std::size_t segments = 0;
    bool operator==(const State&) const = default;
  };

  static State state_of(const PartitionLog& log);
  std::optional<std::string_view> broken_step(const PartitionLog& log, const State& now) const;

  std::optional<State> before_;   // of broken_since()
  std::optional<State> checked_;  // of broken_by_change()
};

}  // namespace fulmar
