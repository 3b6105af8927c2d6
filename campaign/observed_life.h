// ObservedLife: a life that is played in a process of its own, and whose happenings are read one by one while it is
// played. It may crash: then they end there.
#pragma once

#include <optional>
#include <string>

#include "campaign/life_process.h"
#include "campaign/scenario.h"

namespace fulmar {

class ObservedLife {
 public:
  ObservedLife(const Scenario& scenario, const Plan& plan, double life_seconds_max);

  // The next one; nullopt at the end.
  std::optional<Happening> next();

 private:
  LifeProcess process_;
  std::string buffer_;
};

}  // namespace fulmar
