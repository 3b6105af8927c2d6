#include "scenarios/operation_teller.h"

#include <algorithm>

#include "sim/sim_domain.h"
#include "sim/world.h"

namespace fulmar {

void OperationTeller::operator()(const LifeRecord::Operation& operation, bool ended) {
  std::tuple key(operation.client, operation.what, operation.invoked.ns);
  Happening happening{.kind = Happening::Kind::client, .where = place_of_fiber(), .subject = operation.client};
  if (!ended) {
    happening.text = operation.what;
    begun_[key] = world_.trace().tell(world_.now(), [&] { return happening; });
    return;
  }
  happening.began = std::min(operation.invoked, world_.now());
  happening.text = operation.what + ": " + operation.outcome;
  if (auto begun = begun_.find(key); begun != begun_.end()) {
    happening.cause = begun->second;
    begun_.erase(begun);
  }
  world_.trace().tell(world_.now(), [&] { return happening; });
}

}  // namespace fulmar
