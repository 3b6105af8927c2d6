// A storm over real brokers: runs the project's own clients until the process is told to stop, then the final read, and
// all checkers over the history of these and other clients.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/host/network.h"
#include "scenarios/workload.h"

namespace fulmar {

struct StormOptions {
  std::vector<SocketAddress> bootstrap;
  std::map<std::string, TopicSpec> topics;  // which exist
  std::vector<OthersGroup> groups;          // of other clients
  std::vector<OthersPipeline> pipelines;
  std::vector<std::string> histories;  // files of history lines, complete when the stop comes
  std::uint64_t seed = 0;
};

struct StormResult {
  History history;
  Violations violations;
};

// Runs a process of its own until SIGTERM, which must be sent only when the cluster has healed and the other clients
// have ended. Errors: invalid_argument or not_found, for the files.
Result<StormResult> run_storm(const StormOptions& options);

}  // namespace fulmar
