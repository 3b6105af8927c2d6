// RaftInvariants: what must hold of one replica's core between two inputs, after the driver has carried out its output:
// in its state, and between its state and the one before (as in LogCabin's RaftConsensusInvariants). Properties that
// involve several replicas are left to checkers that see all of them.
//
// The model of tests/raft and the exhaustive search check them after each step. A replica checks its own state
// (Replica::check_invariants): if an invariant is broken, it takes no part in its group any more. It compares two
// states only if it has an observer, as in simulated lives.
#pragma once

#include <optional>
#include <string_view>

#include "broker/raft/raft.h"

namespace fulmar {

class RaftInvariants {
 public:
  // `commits_are_stable`: as in the group's RaftSettings.
  explicit RaftInvariants(bool commits_are_stable = true) : commits_are_stable_(commits_are_stable) {}

  // The first invariant that the state breaks, in words; nullopt: none. `log` is the core's. Costs one look at each
  // member of the group.
  static std::optional<std::string_view> broken_in(const Raft& raft, const LogView& log);

  // The first invariant that is broken between the state at the last call and this one; nullopt in the first call. One
  // object serves one run of a replica.
  std::optional<std::string_view> broken_since(const Raft& raft, const LogView& log);

 private:
  struct State {
    Role role = Role::follower;
    std::optional<ReplicaId> leader;  // of the term, once known
    Offset commit = 0;
    Offset log_start = 0;
    Offset log_end = 0;
    HardState stored;
  };

  std::optional<std::string_view> broken_step(const Raft& raft, const LogView& log) const;

  bool commits_are_stable_;
  std::optional<State> before_;
};

}  // namespace fulmar
