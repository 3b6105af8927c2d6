// Makes a life's record: its machines' events while it is played, its clients' operations from the checkers' history.
#pragma once

#include <vector>

#include "campaign/scenario.h"

namespace fulmar {

class World;
struct History;

// As follow() of any world; messages are told by the names of their requests.
void follow_brokers(World& world, const Plan& plan, const LifeOptions& options, LifeRecord& record);

// Of what the checkers get, by invocation; final reads, which have no invocation, are left out.
std::vector<LifeRecord::Operation> operations_of(const History& history);

}  // namespace fulmar
