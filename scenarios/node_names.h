// What the nodes of a life are called.
#pragma once

#include <string>
#include <vector>

#include "faults/plan.h"

namespace fulmar {

// By their numbers: brokers, clients, and the admin.
std::vector<std::string> node_names(const Plan& plan);

}  // namespace fulmar
