// SimDomain: the fibers of one shard of a simulated process, which know their place in the world.
#pragma once

#include <optional>

#include "runtime/fiber/scheduler.h"
#include "sim/happening.h"

namespace fulmar {

class SimDomain : public Domain {
 public:
  SimDomain(Scheduler& scheduler, std::string_view name, Place place) : Domain(scheduler, name), place_(place) {}
  const Place& place() const { return place_; }

 private:
  Place place_;
};

// Where the running fiber is; nullopt in the scheduler's own context.
std::optional<Place> place_of_fiber();

}  // namespace fulmar
