// The scenario `recovery`: how long a healthy cluster takes to serve again after a single fault.
//
// Three brokers with the default configuration, a topic with constant writes, and a consumer group that reads it
// through the client library. One broker has one fault. The life measures, in virtual time:
//
//   leader        from the fault's begin until every partition is led by a broker that the fault has not taken out
//   acknowledged  from its begin until every partition has acknowledged a record that was sent after it
//   consumed      from its begin until the group has read, from every partition, a record that was sent after it
//   in sync       from its end until every replica has everything that was committed when the fault ended
//
// Each kind of fault has a bound for each of these (recovery_levels.cpp); exceeding it is a violation. `fulmar-sim
// levels` shows the measurements of many lives.
#pragma once

#include "scenarios/life.h"

namespace fulmar {

// The kind of fault rotates with the seed: as many consecutive seeds as there are kinds have each once.
Plan plan_recovery(std::uint64_t seed);
LifeResult run_recovery(const Plan& plan, const LifeOptions& options);
// Errors: invalid_argument: not exactly one fault, an unknown kind, or wrong settings.
Result<void> check_recovery_plan(const Scenario& scenario, const Plan& plan);

}  // namespace fulmar
