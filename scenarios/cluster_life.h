// The life of a cluster: brokers that replicate, their clients, and a plan's faults; used by all scenarios with several
// brokers.
//
// Safety: anything may fail, while every step of every replica is observed from inside. Liveness: a core with a
// majority of every partition heals and stays healed, while the other brokers are dead, cut off or paused, as the plan
// says; now every partition gets a leader in bounded time, every client finishes, everything that was acknowledged is
// read, the core's replicas become equal, its brokers stop in order with correct files, and nothing has leaked.
#pragma once

#include "faults/planner.h"
#include "scenarios/life.h"

namespace fulmar {

// Chooses the settings that all cluster lives have, by `random`; the scenario adds others. No faults.
void choose_cluster_settings(Random random, Plan& plan);
// The number of brokers whose disks may lose acknowledged data.
std::size_t victims_max(const Plan& plan);
// When faults may happen, according to the settings.
FaultWindow fault_window(const Plan& plan);

LifeResult run_cluster(const Plan& plan, const LifeOptions& options);

}  // namespace fulmar
