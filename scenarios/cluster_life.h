// The life of a cluster: whole brokers that replicate, their clients, and a plan's faults; the stage of every scenario
// of several brokers.
//
// Safety: anything may fail, while every step of every replica is watched from inside. Liveness: a core that holds a
// majority of every partition heals and stays healed, while the rest stays dead, cut off or paused, as the plan says;
// now every partition has a leader in bounded time, every client finishes, all that was acknowledged is read, the
// core's replicas become equal, its brokers stop in order with files as they must be, and nothing has leaked.
#pragma once

#include "faults/planner.h"
#include "scenarios/life.h"

namespace fulmar {

// The settings that every cluster's life has, chosen by `random`; a scenario goes on from there. Not its faults.
void choose_cluster_settings(Random random, Plan& plan);
// How many brokers' disks may lose what they had promised to keep.
std::size_t victims_max(const Plan& plan);
// When faults may happen, by the settings.
FaultWindow fault_window(const Plan& plan);

LifeResult run_cluster(const Plan& plan, const LifeOptions& options);

}  // namespace fulmar
