// The marks of the code (runtime/base/mark.h) in the result of a life.
#pragma once

#include "campaign/scenario.h"
#include "sim/world.h"

namespace fulmar {

// To be called by a scenario when its life has ended: adds the marks that it has passed.
void tell_code_marks(const World& world, LifeResult& life);

}  // namespace fulmar
