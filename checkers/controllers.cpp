// Controllers: at the end, a broker whose addition to the controllers was acknowledged is one of them, and one whose
// removal was acknowledged is not, unless the opposite was requested later. A broker that was neither added nor removed
// is one if controller.quorum.voters names it.
#include <map>

#include "checkers/history.h"

namespace fulmar {

void check_controllers(const History& history, Violations& found) {
  if (!history.final_controllers) return;
  struct Fate {
    std::optional<bool> decides;  // according to the last acknowledged operation
    Instant since = {};
    bool asked[2] = {false, false};  // its removal or addition was requested, without a response: it may be made late
  };
  std::map<std::int32_t, Fate> fates;
  for (auto broker : history.first_controllers) fates[broker].decides = true;
  for (auto broker : *history.final_controllers) fates.try_emplace(broker, Fate{.decides = false});
  for (const auto& operation : history.controller_operations) {
    auto& fate = fates[operation.broker];
    if (operation.outcome == Outcome::failed) continue;
    if (operation.outcome == Outcome::ok) {
      fate.decides = operation.adds;
      fate.since = operation.completed;
    } else {
      fate.asked[operation.adds] = true;
    }
  }
  for (const auto& [broker, fate] : fates) {
    bool is_one = history.final_controllers->contains(broker);
    if (!fate.decides || is_one == *fate.decides || fate.asked[is_one]) continue;
    found.push_back({"controllers", is_one ? "controller-returned" : "controller-lost",
                     "broker " + std::to_string(broker) + (is_one ? " decides" : " does not decide") +
                         " about the metadata, against what was acknowledged last",
                     fate.since});
  }
}

}  // namespace fulmar
