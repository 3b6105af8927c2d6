// RaftInvariants: what must hold of one replica's core between two inputs, once everything that it has asked for is
// done: of its state, and of its state and the one before (as in LogCabin's RaftConsensusInvariants). Promises that
// take several replicas to break are left to checkers that see all of them.
//
// The model of tests/raft and the exhaustive search check them after each step, and so does a replica: one whose state
// breaks an invariant is out of order, whatever a peer has sent it (Replica::check_invariants). Between two states it
// only looks where it is observed, as in simulated lives.
#pragma once

#include <optional>
#include <string_view>

#include "broker/raft/raft.h"

namespace fulmar {

class RaftInvariants {
 public:
  // `commits_are_stable`: as in the group's RaftSettings.
  explicit RaftInvariants(bool commits_are_stable = true) : commits_are_stable_(commits_are_stable) {}

  // The first invariant of the state that does not hold, in words; nullopt: all hold. `log` is the core's. The cost is
  // a look at each member of the group.
  static std::optional<std::string_view> broken_in(const Raft& raft, const LogView& log);

  // The first that does not hold between the state given in the last call and this one; nullopt in the first call. For
  // one life of a replica.
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
