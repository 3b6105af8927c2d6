// The operations of clients as a life's record has them, from those that the checkers get.
#pragma once

#include <vector>

#include "campaign/life_record.h"
#include "checkers/base/linearizability.h"

namespace fulmar {

// By invocation, in the words of the model.
template <SequentialModel Model>
std::vector<LifeRecord::Operation> recorded_operations(
    const Model& model, const Operations<typename Model::Input, typename Model::Output>& operations) {
  std::vector<LifeRecord::Operation> recorded;
  for (const auto& operation : operations.all()) {
    const auto* output = operation.outcome == Outcome::ok ? &operation.output : nullptr;
    recorded.push_back({operation.client, model.describe(operation.input, output), operation.invoked,
                        operation.completed, name_of(operation.outcome)});
  }
  return recorded;
}

}  // namespace fulmar
