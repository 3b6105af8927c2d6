// The scenario `single-broker`: one broker and its clients, through crashes, disk errors, bad networks and bad clocks.
//
// Safety: producers with all kinds of acknowledgement, idempotent or not, consumers, and a client that deletes records,
// while the plan's faults happen. Liveness: everything heals, the broker is restarted, and now all clients finish,
// everything that was acknowledged is read, the broker stops in order with correct files, and nothing has leaked.
#pragma once

#include "faults/planner.h"
#include "scenarios/life.h"

namespace fulmar {

// When the faults may begin.
constexpr std::int64_t single_broker_faults_begin_ms = 2000;

Plan plan_single_broker(std::uint64_t seed, FaultDraw draw);
LifeResult run_single_broker(const Plan& plan, const LifeOptions& options);

}  // namespace fulmar
