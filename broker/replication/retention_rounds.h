// RetentionRounds: from time to time the replicas of a shard take off their logs what retention lets go, and forget
// producers that have written nothing for long. Each in its own turn, one after the other in the order of their groups;
// one that is held up, as it waits for room on the disk, holds up no other.
#pragma once

#include <map>
#include <memory>

#include "broker/log/log_config.h"
#include "broker/log/retention.h"
#include "broker/replication/group_id.h"
#include "broker/replication/replica.h"
#include "runtime/host/host.h"

namespace fulmar {

class RetentionRounds {
 public:
  using Replicas = std::map<GroupId, std::shared_ptr<Replica>>;
  // Both outlive this, and may change at any time.
  RetentionRounds(Host& host, const LogLimits& limits, const Replicas& replicas);

  // Goes round until the fiber is cancelled.
  void run();

 private:
  void visit(Replica& replica);

  Host& host_;
  const LogLimits& limits_;
  const Replicas& replicas_;
  Logger log_;
  RetentionClock clock_;
};

}  // namespace fulmar
