// What the consensus core is told once, and what it must find again after a restart.
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
  // A follower that hears nothing for this long, up to half as long again (drawn anew each time), asks for an election.
  // A leader that a quorum has not answered for this long resigns.
  Duration election_timeout = milliseconds(500);
  Duration heartbeat_interval = milliseconds(100);
  // By how much one monotonic clock may run faster than another, in thousandths: what a lease is shortened by.
  int clock_drift_permille = 100;
  int appends_in_flight_max = 16;  // to one follower that keeps up; one that is probed or catches up gets one at a time
  Offset catch_up_lag = 10'000;    // a follower this many offsets behind catches up: one append at a time
  bool throttles = true;           // whether one that catches up may be held up; see Raft::throttled()
  Offset caught_up_lag = 100;      // a learner this close to the end may become a voter
  // Off, where a topic chose the page cache: power losses may take what was committed, and then a later leader's log
  // counts, though it has less.
  bool commits_are_stable = true;
  Duration replica_lag_max = seconds(30);  // see Raft::in_sync()
  // A group whose followers have everything is quiesced when nothing has happened for this long (see Liveness).
  bool quiesces = true;
  Duration idle_before_quiescing = seconds(1);
  bool announce_commits = false;  // a heartbeat at once when the commit index moves, for who waits on followers
  bool announce_at_once = false;  // each follower is told of a commit the moment it is known to have what is committed

  bool operator==(const RaftSettings&) const = default;
};

// A voter that hears of a term that many beyond its own believes it only once a quorum of the voters has spoken in
// terms so late: one that is mistaken, or lies, must not use up the terms of the group. An election uses up one.
constexpr Epoch term_leap_max = 1'000'000;

// When the next heartbeats are due: at instants that are the same for all groups, so that those of one leader's groups
// travel together.
constexpr Instant next_beat(Instant now, Duration interval) {
  return Instant{(now.ns / interval.count() + 1) * interval.count()};
}

constexpr Instant long_ago{std::numeric_limits<std::int64_t>::min() / 2};

// Of one shard towards one broker (see Liveness); moves forward only, also across restarts.
struct LivenessEpoch {
  std::int32_t shard = 0;
  std::int64_t number = 0;

  bool operator==(const LivenessEpoch&) const = default;
};

// Of two configurations of a group the one with the greater mark is the later.
struct ConfigurationMark {
  Epoch term = -1;           // of the last leader that has made it its own; -1: the group was made with it
  std::int64_t version = 0;  // one more with each change

  auto operator<=>(const ConfigurationMark&) const = default;
};

// The mark of what stood in the log as a batch of this epoch at this offset (-1: with which the group was made), as in
// the release before: those of a group keep their order.
constexpr ConfigurationMark version_of_offset(Epoch epoch, Offset offset) {
  return {epoch, offset + 1};
}

struct MarkedConfiguration {
  ConfigurationMark mark;
  Configuration configuration;

  bool operator==(const MarkedConfiguration&) const = default;
};

// Numbers of damage, made of numbers that nobody else draws: whether a replica has lost of its log, and knows which
// terms it has seen; or does not know even that.
constexpr std::uint64_t lost_log(std::uint64_t number) {
  return (number | 1) & ~std::uint64_t{2};
}
constexpr std::uint64_t lost_promises(std::uint64_t number) {
  return number | 3;
}
constexpr bool promises_are_lost(std::uint64_t damage) {
  return (damage & 3) == 3;
}

// As a HardState::log_term: that of the last batch's epoch, which is right for a log that was kept by leaders who begin
// with a batch of their own, as those of the release before did. For a directory that was converted; the core puts the
// term in its place before all else.
constexpr Epoch log_term_of_last_batch = -2;

// What must be on stable storage before anybody hears of it (Raft figure 2), kept outside the log.
struct HardState {
  Epoch term = -1;  // so that a group's first leader has epoch 0
  std::optional<ReplicaId> vote;
  // The latest term with whose leader this log is known to agree, at least up to where that leader's log ended when it
  // was elected, and to hold nothing beyond that of an earlier epoch; all that on stable storage. Never falls. By it,
  // and the log's end, elections are decided, and nothing counts in a term that was not told by one whose log is of
  // that term (docs/raft.md).
  Epoch log_term = -1;
  // The group has never had a member but this one: it stays leader of its term across restarts, as nobody else ever
  // saw what of its log a power loss took.
  bool solo = false;
  // Not 0: this replica has lost, by damage of this number, part of what it had promised to keep. It neither votes nor
  // stands until a leader has given it all of that again. See lost_log(), lost_promises().
  std::uint64_t damage = 0;
  // The latest one heard of, which is in force here. Empty: a learner that knows none yet.
  MarkedConfiguration configuration;

  bool operator==(const HardState&) const = default;
};

// What the core may ask of the log it decides about. It changes only between calls of the core, by its orders.
class LogView {
 public:
  virtual ~LogView() = default;
  virtual Offset start() const = 0;  // what is below is deleted, or as good as deleted
  // Where the first batch begins of which anything is held: at or before start(), and what followers are given.
  virtual Offset held_from() const { return start(); }
  virtual Offset end() const = 0;  // the offset after the last one, on stable storage or not
  // What counts as kept: up to the last sync, or the end, where a topic chose the page cache.
  virtual Offset stable_end() const = 0;
  virtual Offset synced_end() const { return stable_end(); }  // up to the last sync, whatever the topic chose
  virtual const EpochCache& epochs() const = 0;
};

}  // namespace fulmar
