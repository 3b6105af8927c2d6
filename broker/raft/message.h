// The messages between the replicas of one group. An append's records travel beside it: the core knows only offsets and
// epochs.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "broker/raft/types.h"

namespace fulmar {

struct VoteRequest {
  Offset log_end = 0;     // of the candidate's log
  Epoch log_term = -1;    // HardState::log_term
  bool pre_vote = false;  // asks only; the term is the one that it would stand for (Raft thesis §9.6)
  bool transfer = false;  // by leadership transfer: voters that hear a leader vote too (Raft thesis §3.10)
  ConfigurationMark configuration = {};  // of the candidate's configuration
};

struct VoteReply {
  bool pre_vote = false;
  bool granted = false;
  Offset log_start = 0;                                   // of the voter's log; the leader's must become no lower
  std::optional<MarkedConfiguration> configuration = {};  // the voter's, if the candidate has an earlier one
};

// Batches [prev_offset, end), whose epochs are `epochs`. If the two offsets are equal it has no batches, and probes
// whether the logs agree there.
struct AppendRequest {
  Offset prev_offset = 0;
  // Of the last batch before prev_offset; -1: there never was one; unknown_epoch: the leader no longer knows it.
  Epoch prev_epoch = -1;
  std::vector<EpochCache::Entry> epochs;  // which epoch begins where; the first at prev_offset
  Offset end = 0;
  Offset commit = 0;
  Offset log_start = 0;        // of the leader's log: the follower may delete offsets below
  Offset log_end = 0;          // of the leader's log, when the append was made
  Offset term_start = 0;       // of the leader's log, when it was elected: offsets at or above are of its term
  Instant sent_at = long_ago;  // by the leader's clock; the reply returns it
  std::optional<MarkedConfiguration> configuration = {};  // the leader's, until the follower says that it has stored it
  Offset tombstone_bound = 0;                             // the leader's; see LogView
};
constexpr Epoch unknown_epoch = -2;

enum class Verdict : unsigned char {
  matched,     // the logs agree up to `match`, and it is stored
  mismatched,  // the log does not agree before the append: the leader has to probe lower, see `hint`
  start_over,  // the logs cannot be compared: the follower has to start over at the leader's log start
};

struct AppendReply {
  Verdict verdict = Verdict::matched;
  Offset match = 0;        // stored and known to agree with the leader's log, below it
  Offset prev_offset = 0;  // of the append that did not match
  // The largest epoch here that is not above prev_epoch, and where it ends: the logs agree there or below (KIP-101).
  EpochCache::Entry hint{-1, 0};
  Offset log_end = 0;
  std::uint64_t damage = 0;  // HardState::damage
  Instant sent_at = long_ago;
  Offset log_start = 0;  // as it is stored
  // HardState::log_term. `match` counts for commits if it is the term of the reply.
  Epoch log_term = -1;
  ConfigurationMark configuration = {};  // as it is stored
  Offset cleaned_to = 0;                 // of its log, as it is stored
  Offset tombstone_bound = 0;            // likewise
};

struct Heartbeat {
  Offset commit = 0;  // at most the follower's known match
  Offset log_start = 0;
  std::uint64_t healed = 0;  // the damage of this number is repaired
  Instant sent_at = long_ago;
  std::optional<LivenessEpoch> quiesce;                   // from now on, pulses of this epoch replace heartbeats
  std::optional<MarkedConfiguration> configuration = {};  // as in an AppendRequest
  Offset tombstone_bound = 0;                             // likewise
  Offset tombstones_removable = 0;                        // tombstones and markers below may be removed
};

struct HeartbeatReply {
  Offset match = 0;
  std::uint64_t damage = 0;
  Instant sent_at = long_ago;
  std::optional<LivenessEpoch> quiesced;  // agreed; from now on, answers of this epoch replace replies
  Offset log_start = 0;                   // as it is stored
  Epoch log_term = -1;                    // as in an AppendReply
  ConfigurationMark configuration = {};   // as it is stored
  Offset cleaned_to = 0;                  // as in an AppendReply
  Offset tombstone_bound = 0;             // likewise
};

// Leadership transfer: the receiver, which has everything, is to stand for election at once. Offsets below `commit` are
// committed.
struct TimeoutNow {
  Offset commit = 0;
};

// The receiver is to delete its log and begin it at `offset`. The metadata group sends its snapshot beside it.
struct StartOver {
  Offset offset = 0;
  Epoch epoch = -1;                   // of the last batch before `offset`
  MarkedConfiguration configuration;  // the leader's
  Offset commit = 0;
  Instant sent_at = long_ago;
  Offset term_start = 0;       // as in an AppendRequest
  Offset tombstone_bound = 0;  // likewise; the new log's
};

struct Message {
  ReplicaId from;
  ReplicaId to;
  Epoch term = -1;
  std::variant<VoteRequest, VoteReply, AppendRequest, AppendReply, Heartbeat, HeartbeatReply, TimeoutNow, StartOver>
      body;
};

// "1>2 t3 append 10@2..15 commit 10", for tests and traces.
std::string to_string(const Message& message);

}  // namespace fulmar
