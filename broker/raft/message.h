// What the replicas of one group say to each other. An append's records travel beside it: the core knows offsets and
// epochs only.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "broker/raft/types.h"

namespace fulmar {

struct VoteRequest {
  Offset log_end = 0;     // of the candidate's log
  Epoch log_term = -1;    // HardState::log_term
  bool pre_vote = false;  // would you? The term is the one it would stand for (Raft thesis §9.6)
  bool transfer = false;  // the leader wants it: no need to have lost the leader first (Raft thesis §3.10)
  ConfigurationMark configuration = {};  // of the one in force at the candidate's
};

struct VoteReply {
  bool pre_vote = false;
  bool granted = false;
  Offset log_start = 0;                                   // of the voter's log: the new leader's is to be no lower
  std::optional<MarkedConfiguration> configuration = {};  // for a candidate that has an earlier one
};

// Batches [prev_offset, end), whose epochs are `epochs`; nothing in them, and still a question, if the two are equal.
struct AppendRequest {
  Offset prev_offset = 0;
  // Of the last batch before prev_offset; -1: there never was one; unknown_epoch: it is gone from the leader's log.
  Epoch prev_epoch = -1;
  std::vector<EpochCache::Entry> epochs;  // which epoch begins where; the first at prev_offset
  Offset end = 0;
  Offset commit = 0;
  Offset log_start = 0;        // of the leader's log: what is below may go
  Offset log_end = 0;          // likewise, as of now
  Offset term_start = 0;       // likewise, when it was elected: what is at or above is of its term
  Instant sent_at = long_ago;  // of the leader's clock, to be given back
  std::optional<MarkedConfiguration> configuration = {};  // the leader's, until the follower has said that it keeps it
};
constexpr Epoch unknown_epoch = -2;

enum class Verdict : unsigned char {
  matched,     // the logs agree up to `match`, and it is kept
  mismatched,  // what precedes the append is not there: look further back, see hint
  start_over,  // there is nothing to build on: begin anew at the start of the leader's log
};

struct AppendReply {
  Verdict verdict = Verdict::matched;
  Offset match = 0;        // kept and known to agree with the leader's
  Offset prev_offset = 0;  // of the append that did not match
  // Where the largest epoch not above the append's previous one ends here: the logs agree there or before (KIP-101).
  EpochCache::Entry hint{-1, 0};
  Offset log_end = 0;
  std::uint64_t damage = 0;  // HardState::damage
  Instant sent_at = long_ago;
  Offset log_start = 0;  // as it is kept
  // HardState::log_term. `match` counts for commits if it is the term of the reply.
  Epoch log_term = -1;
  ConfigurationMark configuration = {};  // as it is kept
};

struct Heartbeat {
  Offset commit = 0;  // never beyond what the follower is known to share
  Offset log_start = 0;
  std::uint64_t healed = 0;  // the damage of this number is made good
  Instant sent_at = long_ago;
  std::optional<LivenessEpoch> quiesce;                   // from now on, pulses of this epoch stand in for heartbeats
  std::optional<MarkedConfiguration> configuration = {};  // as in an AppendRequest
};

struct HeartbeatReply {
  Offset match = 0;
  std::uint64_t damage = 0;
  Instant sent_at = long_ago;
  std::optional<LivenessEpoch> quiesced;  // agreed; answers of this epoch stand in for replies
  Offset log_start = 0;                   // as it is kept
  Epoch log_term = -1;                    // as in an AppendReply
  ConfigurationMark configuration = {};   // as it is kept
};

// Stand for election at once: the leader hands over. You have everything, and `commit` of it is committed.
struct TimeoutNow {
  Offset commit = 0;
};

// Forget the log, and begin anew at `offset`. A group with a state machine sends its
// snapshot along.
struct StartOver {
  Offset offset = 0;
  Epoch epoch = -1;                   // of the last batch before
  MarkedConfiguration configuration;  // the leader's
  Offset commit = 0;
  Instant sent_at = long_ago;
  Offset term_start = 0;  // as in an AppendRequest
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
