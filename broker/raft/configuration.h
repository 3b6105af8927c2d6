// Configuration: the voters and learners of a group; while the voters change, both sets of voters (Raft §6).
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "broker/protocol/record_batch.h"
#include "broker/protocol/uuid.h"
#include "runtime/base/time.h"

namespace fulmar {

// One replica: a broker and its data directory, which has the replica's term and vote. A broker whose disk was replaced
// is another replica.
struct ReplicaId {
  std::int32_t broker = -1;
  Uuid directory;

  auto operator<=>(const ReplicaId&) const = default;
};
std::string to_string(const ReplicaId& id);  // "3", or "3/DIRECTORY"

struct Configuration {
  std::vector<ReplicaId> voters;       // ascending, as are the others
  std::vector<ReplicaId> next_voters;  // not empty: joint, a decision needs a majority of both sets
  std::vector<ReplicaId> learners;     // receive the log and do not vote; disjoint from the voters

  bool operator==(const Configuration&) const = default;
  bool joint() const { return !next_voters.empty(); }
  bool empty() const { return voters.empty(); }
  bool is_voter(const ReplicaId& id) const;
  bool is_learner(const ReplicaId& id) const;
  std::vector<ReplicaId> all_voters() const;  // of both sets, once each, ascending
  std::vector<ReplicaId> members() const;     // voters and learners
  // Whether each set is ascending, no learner is a voter, and an empty configuration has no members at all.
  bool is_well_formed() const;

  // Whether the voters for which `yes` is true are a majority, of both sets if joint.
  bool has_quorum(const std::function<bool(const ReplicaId&)>& yes) const;
  // The largest value that a majority has reached, of both sets if joint.
  std::int64_t reached_by_quorum(const std::function<std::int64_t(const ReplicaId&)>& reached) const;
};

// The same members under other ids, in ascending order.
using Renaming = std::function<ReplicaId(const ReplicaId&)>;
std::vector<ReplicaId> renamed(const std::vector<ReplicaId>& ids, const Renaming& rename);
Configuration renamed(const Configuration& configuration, const Renaming& rename);

// "1 2 3", "1 2 3 -> 2 3 4", "1 2 3 + 4".
std::string to_string(const Configuration& configuration);

}  // namespace fulmar
