// LogCleaner: compacts the logs of a shard, the dirtiest first, one at a time (cleanup.policy=compact).
//
// Each replica does it by itself, with what is closed and decided (below its last stable offset); see log/compaction.h.
// It lets the shard's other fibers run between slices, keeps to log.cleaner.io.max.bytes.per.second (what it reads and
// what it writes, of this shard's part), and holds a partition up only while files are exchanged.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "broker/log/compaction.h"
#include "broker/log/retention.h"
#include "broker/replication/replica.h"
#include "broker/replication/token_bucket.h"
#include "broker/server/config/broker_config.h"
#include "runtime/fiber/group.h"
#include "runtime/host/host.h"

namespace fulmar {

class BrokerShard;

class LogCleaner {
 public:
  explicit LogCleaner(BrokerShard& shard);

  void start();
  // Waits for what it is about to end.
  void stop();
  // From now on.
  void set_settings(const CleanerSettings& settings);

 private:
  struct Candidate {
    std::shared_ptr<Replica> replica;
    std::vector<SegmentFacts> closed;
    CleaningPlan plan;
  };

  void run();
  std::optional<Candidate> dirtiest(const std::set<GroupId>& failed);
  // One pass. Errors: io_error, corrupt, no_space; closed: it was given up, as the log changed meanwhile.
  Result<void> clean(const Candidate& candidate);
  Result<void> pace(std::size_t bytes, const PartitionLog& log);

  BrokerShard& shard_;
  CleanerSettings settings_;
  std::optional<TokenBucket> rate_;  // none: as fast as it goes
  RetentionClock clock_;
  FiberGroup fibers_;
};

}  // namespace fulmar
