// RecordedLife: a life that is played in a process of its own, and whose happenings are read one by one while it is
// played; at its end also what its clients did. It may crash: then the happenings end there, and there are no
// operations.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "campaign/life_process.h"
#include "campaign/scenario.h"

namespace fulmar {

class RecordedLife {
 public:
  RecordedLife(const Scenario& scenario, const Plan& plan, double life_seconds_max);

  // The next one; nullopt at the end.
  std::optional<Happening> next();
  // Known once next() has returned nullopt; by invocation.
  const std::vector<LifeRecord::Operation>& operations() const { return operations_; }

 private:
  LifeProcess process_;
  std::vector<LifeRecord::Operation> operations_;
};

}  // namespace fulmar
