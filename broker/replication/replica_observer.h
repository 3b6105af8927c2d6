// ReplicaObserver: one who watches the replicas of a broker from inside, step by step, to hold them against what must
// be. Nothing hangs on it; a broker in production has none.
//
// Called on the replica's shard, in the midst of its work: must not wait.
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
  Offset last_stable = -1;  // up to where it gives committed records only; -1: nowhere yet
  Offset log_start = 0;
  Offset log_end = 0;
  Epoch last_epoch = -1;  // of the log's last batch, as the epoch cache has it; -1: none is known
  bool established = false;
  bool synced = true;    // what is stable counts; else what is written
  bool solo = false;     // a group of one: nobody was ever told anything
  bool damaged = false;  // has lost part of what it had promised, and counts for nothing until that is made good
  // Likewise, and does not know which terms it has seen: it is made anew, from the start of its leader's log on.
  bool made_anew = false;
  bool out_of_order = false;
  ConfigurationMark configuration_mark = {};
  bool configuration_settled = false;  // as its leader has it
  Configuration configuration;

  bool operator==(const ReplicaSight&) const = default;
};

class ReplicaObserver {
 public:
  virtual ~ReplicaObserver() = default;
  // Takes up its part, with the log that recovery left in `directory`.
  virtual void opened(const ReplicaSight& sight, const std::string& directory, const EpochCache& epochs) = 0;
  // A batch was written to the end of its log. (Where a topic stamps the times of appending, a leader's own still have
  // the checksum they came with.)
  virtual void appended(const GroupId& group, const ReplicaId& self, const BatchHeader& batch) = 0;
  // Its segments from `base` to `end` are about to be replaced by one without some of their records: these batches have
  // lost some, or are gone. From now on a crash may leave it either way.
  virtual void rewriting(const GroupId& group, const ReplicaId& self, Offset base, Offset end,
                         const std::vector<RewrittenBatch>& batches) = 0;
  // All at and after `offset` is about to be dropped; or all there is, and the log begins anew there.
  virtual void truncated(const GroupId& group, const ReplicaId& self, Offset offset) = 0;
  virtual void started_over(const GroupId& group, const ReplicaId& self, Offset offset) = 0;
  // From now on it may serve consumers up to there, if it serves any; what it has to store first comes later.
  virtual void commits(const GroupId& group, Offset offset) = 0;
  // Something of it has changed. Before anybody else is told.
  virtual void stepped(const ReplicaSight& sight) = 0;
  // An invariant of its core does not hold (see RaftInvariants).
  virtual void broke(const GroupId& group, const ReplicaId& self, std::string_view invariant) = 0;
  // Is about to be sent.
  virtual void sends(const GroupId& group, const Message& message) = 0;
  // Was taken in, by a replica that is in this term after it.
  virtual void heard(const GroupId& group, const Message& message, Epoch term) = 0;
  // The group is no more, or no more here.
  virtual void removed(const GroupId& group, const ReplicaId& self) = 0;
};

}  // namespace fulmar
