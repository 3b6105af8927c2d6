// Workers: processes that play lives, so that a failed assertion, a crash, a hang or a lack of memory is a violation of
// one life and does not end the campaign.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "campaign/memory_limit.h"
#include "campaign/played_twice.h"
#include "campaign/running_hashes.h"
#include "campaign/scenario.h"
#include "campaign/time_limit.h"

namespace fulmar {

// A life to be played. The scenario must exist while workers run, and before they start.
struct LifeOrder {
  const Scenario* scenario = nullptr;
  Plan plan;
  bool twice = false;               // it is played a second time, and compared
  RunningHashes* hashes = nullptr;  // gets the life's, unless nullptr: in memory that is shared with the workers
  // In guided campaigns, of a life that is not the seed's own: which seed's turn it is, and what it comes from.
  std::uint64_t turn = 0;
  std::string origin = {};  // empty: it is the seed's own
};

struct PlayedLife {
  LifeOrder order;
  LifeResult life;  // without its record
  double wall_seconds = 0;
  double cpu_seconds = 0;                    // of all it took, also of the second time; 0 if the process died
  std::optional<LifeDifference> difference;  // the second time, it was another life
};

struct WorkerLimits {
  int jobs = 1;  // processes at once
  double life_seconds_max = fulmar::life_seconds_max;
  std::size_t life_bytes_max = fulmar::life_bytes_max;
};

// Plays the lives that `next` gives. `next` is called when a worker is free; nullopt: there is none now, and it is
// asked again when another life has ended. Returns when there is none and none is under way. Calls `done` for each life
// when it ends, and `idle` about four times a second. A process that dies is the violation `crash`, with the end of its
// stderr; one that takes too long is the violation `hang`, and one that takes too much memory the violation `memory`.
// Returns 0, or the signal that interrupted it (SIGINT, SIGTERM); then it returns at once, without results of lives
// that still run.
int run_in_workers(const WorkerLimits& limits, const std::function<std::optional<LifeOrder>()>& next,
                   const std::function<void(const PlayedLife&)>& done, const std::function<void()>& idle);

// Plays one life. The error is the signal that interrupted it.
std::expected<PlayedLife, int> run_in_worker(const WorkerLimits& limits, LifeOrder order);

// For run_in_workers(): the lives of a scenario's seeds, first to last, in order.
std::function<std::optional<LifeOrder>()> lives_of_seeds(const Scenario& scenario, std::uint64_t first,
                                                         std::uint64_t last);

}  // namespace fulmar
