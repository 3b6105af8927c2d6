// The settings of a life's workload: its topics, and which clients use them how. The names are the same for one broker
// and for clusters.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "runtime/base/random.h"
#include "scenarios/workload.h"

namespace fulmar {

// Each setting is drawn from a stream of its own name.
void choose_workload(const Random& random, Plan& plan);
// The brokers' properties by the setting `client_memory_bytes`.
void limit_client_memory(const Plan& plan, std::map<std::string, std::string, std::less<>>& properties);
// The topics of these settings, and the marks that their clients can reach.
void describe_topics(Workload& workload, std::int16_t replication_factor);

}  // namespace fulmar
