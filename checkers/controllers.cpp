// Controllers: a broker whose addition to those that decide about the metadata was acknowledged is one of them at the
// end, and one whose removal was acknowledged is not, unless the other was asked for later. Who was neither added nor
// removed is one if controller.quorum.voters names it.
#include <map>

#include "checkers/history.h"

namespace fulmar {

void check_controllers(const History& history, Violations& found) {
  if (!history.final_controllers) return;
  struct Fate {
    std::optional<bool> decides;  // by what was acknowledged last
    Instant since = {};
    bool asked[2] = {false, false};  // to remove it, to add it, and not answered: that may be done late
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
