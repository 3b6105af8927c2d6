// Workers: processes that play lives, so that a failed assertion, a crash or a hang is a violation of one seed and does
// not end the campaign.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "campaign/scenario.h"
#include "campaign/time_limit.h"

namespace fulmar {

struct SeedResult {
  std::uint64_t seed = 0;
  LifeResult life;
  double wall_seconds = 0;
};

struct CampaignLimits {
  std::uint64_t first_seed = 1;
  std::uint64_t last_seed = 1;
  int jobs = 1;
  double seconds_max = 0;  // no life begins after that; 0: no limit
  bool stop_at_violation = false;
  double life_seconds_max = fulmar::life_seconds_max;
};

// Runs the seeds; calls `done` for each when it ends, and `idle` about four times a second. A process that dies is the
// violation `crash`, with the end of its stderr; one that takes too long is the violation `hang`. Returns 0, or the
// signal that interrupted it (SIGINT, SIGTERM); then it returns at once, without results of lives that still run.
int run_in_workers(const Scenario& scenario, const CampaignLimits& limits,
                   const std::function<void(const SeedResult&)>& done, const std::function<void()>& idle);

}  // namespace fulmar
