// Access: once every broker has shown a change of what clients may do with a topic, a group or a transactional id, no
// operation that begins later is answered as before the change.
#include <map>
#include <optional>

#include "checkers/history.h"

namespace fulmar {

void check_access(const History& history, Violations& found) {
  // What every broker has shown, by topic; none: a change is under way, or in doubt for ever.
  std::map<std::string, std::optional<bool>> allowed;
  for (const auto& operation : history.access_operations) {
    auto& known = allowed[operation.topic];
    using Kind = AccessOperation::Kind;
    switch (operation.kind) {
      case Kind::grant:
      case Kind::withdraw:
        known = operation.outcome == Outcome::ok ? std::optional(operation.kind == Kind::grant) : std::nullopt;
        break;
      case Kind::write:
      case Kind::read: {
        const bool done = operation.outcome == Outcome::ok;
        const bool denied = operation.outcome == Outcome::failed;
        if (!known || (!done && !denied) || done == *known) break;
        auto what = std::string(operation.kind == Kind::write ? "writing to " : "reading ") + operation.topic;
        found.push_back({"access", done ? "allowed-after-withdrawal" : "denied-after-grant",
                         what + (done ? " succeeded after every broker had shown that it is denied"
                                      : " was denied after every broker had shown that it is allowed"),
                         operation.completed});
        break;
      }
    }
  }
}

}  // namespace fulmar
