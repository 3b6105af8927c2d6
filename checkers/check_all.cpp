#include "checkers/history.h"

namespace fulmar {

Violations check_history(const History& history) {
  Violations found;
  check_durability(history, found);
  check_values(history, found);
  check_offsets_agree(history, found);
  check_order(history, found);
  check_polls(history, found);
  check_real_time(history, found);
  check_topics(history, found);
  check_lookups(history, found);
  check_log_start(history, found);
  check_retention(history, found);
  check_groups(history, found);
  check_transactions(history, found);
  check_controllers(history, found);
  check_access(history, found);
  check_authentication(history, found);
  check_compaction(history, found);
  return found;
}

Violations check_history_so_far(const History& history) {
  Violations found;
  check_values(history, found);
  check_offsets_agree(history, found);
  check_order(history, found);
  check_polls(history, found);
  check_real_time(history, found);
  check_log_start(history, found);
  check_retention(history, found);
  check_groups(history, found);
  check_transactions(history, found);
  check_access(history, found);
  check_authentication(history, found);
  check_compaction(history, found);
  // Whether all of a transaction can be read, and once, is known at the end only.
  std::erase_if(found,
                [](const Violation& one) { return one.property == "atomicity" || one.property == "exactly once"; });
  return found;
}

}  // namespace fulmar
