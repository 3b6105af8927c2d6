// The faults of each kind of life: how often, how long and how strong.
#pragma once

#include <span>
#include <string_view>

#include "faults/planner.h"

namespace fulmar {

struct FaultMix {
  std::string_view scenario;
  std::span<const FaultShape> shapes;
  bool takes_promises;  // there may be faults after which a minority's disks have lost what they acknowledged
};

// Of a scenario that has a mix; asserted.
const FaultMix& fault_mix_of(std::string_view scenario);
// Of all scenarios that have one.
std::span<const FaultMix> fault_mixes();

}  // namespace fulmar
