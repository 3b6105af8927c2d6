// ReplicaObserver: watches the replicas of a broker from inside, step by step, so that checkers can verify them.
// Nothing depends on it; a broker in production has none.
//
// Called on the replica's shard, in the middle of its work: must not wait.
#pragma once

#include <string_view>
#include <vector>

#include "broker/log/rewriting.h"
#include "broker/protocol/record_batch.h"
#include "broker/raft/message.h"
#include "broker/replication/group_id.h"

namespace fulmar {

enum class Role : unsigned char;

// A replica between two steps.
struct ReplicaSight {
  GroupId group;
  ReplicaId self;
  Role role{};
  Epoch term = -1;
  Offset commit = 0;
  Offset last_stable = -1;  // last stable offset; -1: unknown yet
  Offset log_start = 0;
  Offset log_end = 0;
  Epoch last_epoch = -1;  // of the log's last batch, as the epoch cache has it; -1: none is known
  bool established = false;
  bool synced = true;    // whether synced records count as stored; else written ones
  bool solo = false;     // a group of one: it has sent nothing to anybody
  bool damaged = false;  // has lost data that it had acknowledged, and does not vote until that is repaired
  // Likewise, and does not know its terms: it starts over at its leader's log start.
  bool made_anew = false;
  bool out_of_order = false;
  ConfigurationMark configuration_mark = {};
  bool configuration_settled = false;  // as its leader knows
  Configuration configuration;

  bool operator==(const ReplicaSight&) const = default;
};

class ReplicaObserver {
 public:
  virtual ~ReplicaObserver() = default;
  // The replica joins its group, with the log that recovery left in `directory`.
  virtual void opened(const ReplicaSight& sight, const std::string& directory, const EpochCache& epochs) = 0;
  // A batch was written to the end of its log. (With message.timestamp.type=LogAppendTime a leader's own batch still
  // has the client's checksum.)
  virtual void appended(const GroupId& group, const ReplicaId& self, const BatchHeader& batch) = 0;
  // Its segments from `base` to `end` are about to be replaced by one without some of their records: these batches have
  // lost some, or are gone. From now on a crash may leave either.
  virtual void rewriting(const GroupId& group, const ReplicaId& self, Offset base, Offset end,
                         const std::vector<RewrittenBatch>& batches) = 0;
  // All offsets at and above `offset` are about to be removed.
  virtual void truncated(const GroupId& group, const ReplicaId& self, Offset offset) = 0;
  // Its whole log is about to be removed, and begins at `offset`.
  virtual void started_over(const GroupId& group, const ReplicaId& self, Offset offset) = 0;
  // It may serve consumers below `offset` from now on; what it has to store first is stored later.
  virtual void commits(const GroupId& group, Offset offset) = 0;
  // Its state has changed. Called before anybody else is told.
  virtual void stepped(const ReplicaSight& sight) = 0;
  // An invariant of its core is broken (see RaftInvariants).
  virtual void broke(const GroupId& group, const ReplicaId& self, std::string_view invariant) = 0;
  // The message is about to be sent.
  virtual void sends(const GroupId& group, const Message& message) = 0;
  // The message was processed; the replica's term is `term` afterwards.
  virtual void heard(const GroupId& group, const Message& message, Epoch term) = 0;
  // The group was deleted, or the replica was removed from this broker.
  virtual void removed(const GroupId& group, const ReplicaId& self) = 0;
};

}  // namespace fulmar
