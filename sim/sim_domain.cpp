#include "sim/sim_domain.h"

namespace fulmar {

std::optional<Place> place_of_fiber() {
  auto* fiber = Fiber::current();
  if (!fiber) return std::nullopt;
  const auto* domain = dynamic_cast<const SimDomain*>(&fiber->domain());
  return domain ? std::optional(domain->place()) : std::nullopt;
}

}  // namespace fulmar
