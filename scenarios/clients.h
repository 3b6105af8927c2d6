// The kinds of clients of a workload; each runs in a fiber until the workload stops.
#pragma once

#include "broker/client/cluster_client.h"
#include "scenarios/workload.h"

namespace fulmar {

// A connection to the cluster of the client's own: it begins at a broker of its choice.
ClusterClientOptions cluster_options(const Workload& workload, Random random);

void produce(Host& host, Workload& workload);
void consume(Host& host, Workload& workload);
// Deletes records up to somewhere that was seen.
void delete_records(Host& host, Workload& workload);

// Moves partitions to other brokers, thinks better of it, and has leaders elected.
void operate(Host& host, Workload& workload);
void make_and_delete_topics(Host& host, Workload& workload);
// Asks with leader epochs that are known to be past.
void probe_epochs(Host& host, Workload& workload);

TopicPartition pick_partition(Random& random, const Workload& workload);
void pause(Host& host, Random& random, std::int64_t ms_max);
void note_wrong_answer(Workload& workload, Host& host, bool wrong, const char* who);

}  // namespace fulmar
