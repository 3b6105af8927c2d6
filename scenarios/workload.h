// The workload's clients: each is a process' main that speaks to the cluster through the client library and writes down
// what it did and saw. They end some time after `stop` is set.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "checkers/history.h"
#include "faults/plan.h"
#include "runtime/host/host.h"
#include "runtime/host/network.h"
#include "scenarios/marks.h"

namespace fulmar {

struct TopicSpec {
  std::int32_t partitions;
  TopicPromise promise;
  std::map<std::string, std::string> configs;
  std::int16_t replication_factor = 1;
};

struct Workload {
  const Plan& plan;
  std::vector<SocketAddress> brokers;  // to begin at
  Duration request_timeout = seconds(3);
  std::map<std::string, TopicSpec> topics;
  History history;
  Marks marks;
  bool stop = false;
  ValueId next_value = 1;
  int next_producer = 0;
  int next_consumer = 0;
  int next_topic = 0;
  std::map<std::int32_t, SocketAddress> core;  // brokers that are well at the end
  Violations seen;  // what a client itself takes for wrong: answers to requests that it did not send

  explicit Workload(const Plan& p) : plan(p) {}
};

// Makes the topics; returns once all are there.
int create_topics(Host& host, Workload& workload);
// Producers, consumers and a deleter, as many as the plan says.
int run_clients(Host& host, Workload& workload);
// Asks every broker of the core for all topics.
int list_topics(Host& host, Workload& workload);
// Reads every partition from its start to its end.
int read_everything(Host& host, Workload& workload);

}  // namespace fulmar
