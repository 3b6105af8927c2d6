// The core's settings, the state that it must have again after a restart, and its view of the log.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "broker/log/epoch_cache.h"
#include "broker/raft/configuration.h"
#include "runtime/base/time.h"

namespace fulmar {

enum class Role : unsigned char { follower, pre_candidate, candidate, leader };

struct RaftSettings {
  // A follower that hears nothing from a leader for this long, plus up to half of it (drawn each time), stands for
  // election. A leader that a quorum has not answered for this long resigns.
  Duration election_timeout = milliseconds(500);
  Duration heartbeat_interval = milliseconds(100);
  // By how much one monotonic clock may run faster than another, in thousandths; leases are shortened by it.
  int clock_drift_permille = 100;
  int appends_in_flight_max = 16;  // to one follower in Feeding::replicate; in other modes, one at a time
  Offset catch_up_lag = 10'000;    // a follower this many offsets behind is in Feeding::catch_up
  bool throttles = true;           // whether a follower that catches up may be delayed; see Raft::throttled()
  Offset caught_up_lag = 100;      // a learner this close to the end may become a voter
  // Off for topics in the page cache: power losses may take committed offsets, and then a later leader's shorter log is
  // the valid one.
  bool commits_are_stable = true;
  Duration replica_lag_max = seconds(30);  // see Raft::in_sync()
  // A group whose followers have everything is quiesced when nothing has happened for this long (see Liveness).
  bool quiesces = true;
  Duration idle_before_quiescing = seconds(1);
  bool announce_commits = false;  // heartbeats at once when the commit index moves, for clients that wait on followers
  // a follower is sent the commit index as soon as it is known to have the offsets below it
  bool announce_at_once = false;

  bool operator==(const RaftSettings&) const = default;
};

// A voter trusts a term more than this beyond its own only once a quorum of the voters has sent messages of terms that
// late: one faulty replica must not use up the terms of the group. An election uses up one.
constexpr Epoch term_leap_max = 1'000'000;

// When the next heartbeats are due: at the same instants for all groups, so that the heartbeats between two brokers are
// sent together.
constexpr Instant next_beat(Instant now, Duration interval) {
  return Instant{(now.ns / interval.count() + 1) * interval.count()};
}

constexpr Instant long_ago{std::numeric_limits<std::int64_t>::min() / 2};

// A shard's epoch towards one broker (see Liveness); it only grows, also across restarts.
struct LivenessEpoch {
  std::int32_t shard = 0;
  std::int64_t number = 0;

  bool operator==(const LivenessEpoch&) const = default;
};

// Of two configurations of a group the one with the greater mark is the later.
struct ConfigurationMark {
  Epoch term = -1;           // of the last leader that adopted it; -1: the group was created with it
  std::int64_t version = 0;  // each change raises it by one

  auto operator<=>(const ConfigurationMark&) const = default;
};

// The mark of a configuration that the previous release kept in the log, as a batch of this epoch at this offset (-1:
// the configuration that the group was created with). Marks keep the order of the offsets.
constexpr ConfigurationMark version_of_offset(Epoch epoch, Offset offset) {
  return {epoch, offset + 1};
}

struct MarkedConfiguration {
  ConfigurationMark mark;
  Configuration configuration;

  bool operator==(const MarkedConfiguration&) const = default;
};

// Numbers of damage, made from random numbers so that no two are equal. lost_log(): the replica has lost a part of its
// log, and knows which terms it has seen. lost_promises(): it does not know its terms and votes either.
constexpr std::uint64_t lost_log(std::uint64_t number) {
  return (number | 1) & ~std::uint64_t{2};
}
constexpr std::uint64_t lost_promises(std::uint64_t number) {
  return number | 3;
}
constexpr bool promises_are_lost(std::uint64_t damage) {
  return (damage & 3) == 3;
}

// As a HardState::log_term: the epoch of the last batch, in a directory that was converted from the previous release.
// It is right there because that release's leaders began with a batch of their own. The core replaces it with the
// term before anything else.
constexpr Epoch log_term_of_last_batch = -2;

// The state that must be on stable storage before any message depends on it (Raft figure 2); kept outside the log.
struct HardState {
  Epoch term = -1;  // so that a group's first leader has epoch 0
  std::optional<ReplicaId> vote;
  // The latest term t such that this log is known to agree with the log of t's leader, at least up to where that ended
  // at the leader's election, and has no batch of an earlier epoch beyond; all of it on stable storage. Never falls.
  // Elections compare it and the log's end, and an acknowledgement in a term counts only if the log term is that term
  // (docs/raft.md).
  Epoch log_term = -1;
  // The group has never had another member. This replica stays leader of its term across restarts, since no other
  // replica has seen what a power loss took from its log.
  bool solo = false;
  // Not 0: this replica has lost, by the damage of this number, data that it had promised to keep. It neither votes nor
  // stands for election until a leader has sent it everything again. See lost_log(), lost_promises().
  std::uint64_t damage = 0;
  // The latest configuration received; it is in force here. Empty: a learner that knows none yet.
  MarkedConfiguration configuration;

  bool operator==(const HardState&) const = default;
};

// What the core may read of its log. The log changes only between calls of the core, as outputs ask.
class LogView {
 public:
  virtual ~LogView() = default;
  virtual Offset start() const = 0;  // offsets below are deleted, or treated as deleted
  // The base offset of the first batch that is still stored: at or below start(). Followers are sent the log from here.
  virtual Offset held_from() const { return start(); }
  virtual Offset end() const = 0;  // the offset after the last one, on stable storage or not
  // The end of what counts as stored: up to the last sync, or end() for topics in the page cache.
  virtual Offset stable_end() const = 0;
  virtual Offset synced_end() const { return stable_end(); }  // up to the last sync, for all topics
  virtual const EpochCache& epochs() const = 0;
  // Of a compacted log: below, no key has more than one record, and no record is part of a transaction.
  virtual Offset cleaned_to() const { return 0; }
  // As stored: what Output::tombstone_bound asked for, or what the log was begun with.
  virtual Offset tombstone_bound() const { return 0; }
};

}  // namespace fulmar
