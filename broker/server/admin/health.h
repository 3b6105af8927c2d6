// Health: whether the broker lives and is ready, with the reasons why not, as JSON for probes and people.
#pragma once

#include <string>
#include <vector>

#include "broker/server/admin/shard_watch.h"
#include "runtime/http/message.h"

namespace fulmar {

// What a broker is doing, in the order of a run.
enum class BrokerPhase : unsigned char {
  starting,  // reads what earlier runs have stored
  joining,   // registers with its cluster, and learns the metadata
  serving,
  stopping,
};

struct HealthReason {
  const char* code;    // "fenced": for programs, docs/metrics.md lists them
  std::string detail;  // one sentence
};

// What readiness depends on.
struct ReadinessFacts {
  BrokerPhase phase = BrokerPhase::starting;
  bool controller_known = false;
  bool metadata_current = false;
  bool fenced = false;
  std::int64_t partitions_opening = 0;  // of those that were there at the start
};

std::vector<HealthReason> reasons_against_readiness(const ReadinessFacts& facts);
std::vector<HealthReason> reasons_against_liveness(const std::vector<ShardWatch::Silent>& silent);

// 200 if there are no reasons, else 503: {"status": "ready", "reasons": []}. `good`, `bad`: the status.
HttpResponse health_response(const char* good, const char* bad, const std::vector<HealthReason>& reasons);

}  // namespace fulmar
