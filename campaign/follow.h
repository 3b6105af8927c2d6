// follow: lets a life's world be observed and branched as the engine asks. Each scenario calls it before its world
// runs.
#pragma once

#include "campaign/scenario.h"

namespace fulmar {

class World;

// Connects the world's trace with what the options ask for, and lets the life take the plan's branches. `record`, which
// has to outlive the world, gets the events, if a record is wanted.
void follow(World& world, const Plan& plan, const LifeOptions& options, LifeRecord& record);

}  // namespace fulmar
