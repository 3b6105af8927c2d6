// Groups in peace: what members of a group may expect once all faults are over. Each kind of group goes through a
// course of changes, in each of which the members get what they should in time; see consumers_in_peace.cpp and
// members_in_peace.cpp.
#pragma once

#include <optional>
#include <string>

#include "scenarios/workload.h"

namespace fulmar {

struct WrongInPeace {
  const char* anomaly;
  std::string what;
};

// A course with a group and topics of that name. What went wrong; nullopt: nothing did. A coordinator that moves may
// cost a member its membership: so once is no violation.
std::optional<WrongInPeace> consumers_in_peace(Host& host, Workload& workload, const std::string& name);
std::optional<WrongInPeace> members_in_peace(Host& host, Workload& workload, const std::string& name);

}  // namespace fulmar
