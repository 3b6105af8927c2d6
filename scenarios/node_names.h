// The names of the nodes of a life.
#pragma once

#include <string>
#include <vector>

#include "faults/plan.h"

namespace fulmar {

// By number: brokers, clients, and the admin.
std::vector<std::string> node_names(const Plan& plan);

}  // namespace fulmar
