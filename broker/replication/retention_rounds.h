// RetentionRounds: applies retention to the logs of a shard's replicas at intervals, and forgets idle producers. Each
// replica does this in its own turn, one after the other in the order of their groups; one that waits for room on the
// disk holds up no other.
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
  // `limits` and `replicas` outlive this, and may change at any time.
  RetentionRounds(Host& host, const LogLimits& limits, const Replicas& replicas);

  // Runs rounds until the fiber is cancelled.
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
