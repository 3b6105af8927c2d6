// The workload's clients: each is a process' main that speaks to the cluster through the client library and writes down
// what it did and saw. They end some time after `stop` is set.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "broker/protocol/messages/metadata.h"
#include "checkers/history.h"
#include "faults/plan.h"
#include "runtime/host/host.h"
#include "runtime/host/network.h"
#include "scenarios/marks.h"

namespace fulmar {

struct TopicSpec {
  std::int32_t partitions;  // as many as are surely there: more may be added
  TopicPromise promise;
  std::map<std::string, std::string> configs;
  std::int16_t replication_factor = 1;
  bool idle = false;   // left alone but by who asks idle partitions
  bool grows = false;  // partitions are added under load
};

// A topic that is deleted and made again, as it is now.
struct RemadeTopic {
  std::string key;  // in the history: the name, '#' and a number
  Uuid id;
};

struct Workload {
  const Plan& plan;
  std::vector<SocketAddress> brokers;  // to begin at
  Duration request_timeout = seconds(3);
  std::map<std::string, TopicSpec> topics;
  std::map<std::string, RemadeTopic> remade;  // by name; all of one partition
  std::vector<std::string> stages;            // topics of pipelines, each read to fill the next; not among the topics
  TopicSpec stage_spec = {};
  std::uint64_t last_transaction = 0;
  History history;
  Marks marks;
  bool stop = false;
  ValueId next_value = 1;
  int next_producer = 0;
  int next_consumer = 0;
  int next_topic = 0;
  int next_remade = 0;
  int next_member = 0;
  int next_consumer_member = 0;
  Offset next_commit = 1;                                              // a number of its own for each
  std::map<std::string, int> living_members;                           // by group: those that don't vanish for good
  std::map<std::string, std::set<std::int32_t>> committed_since_stop;  // by group: partitions
  bool has_single_clients = false;                                     // the kinds of which there is one in all
  int time_kind = 0;       // of the times that records have now, where they have any
  int time_kind_left = 0;  // for so many batches more
  // Told of what a broker says of topics, and when it was asked.
  std::function<void(std::int32_t from, const MetadataResponse&, Instant asked)> on_metadata;
  // Told of what a consumer was just given: by the follower on that broker, or (-1) by a leader.
  std::function<void(const ReadOperation&, std::int32_t follower)> on_read;
  // Told of a deletion that was just acknowledged.
  std::function<void(const DeleteOperation&)> on_deletion;
  std::map<std::int32_t, SocketAddress> core;  // brokers that are well at the end
  Violations seen;  // what a client itself takes for wrong: answers to requests that it did not send

  explicit Workload(const Plan& p) : plan(p) {}
};

// Makes the topics; returns once all are there.
int create_topics(Host& host, Workload& workload);
// Producers, consumers and a deleter, as many as the plan says.
int run_clients(Host& host, Workload& workload);
// In peace: whether partitions that were left alone answer, what is deleted is told so, records are acknowledged, and a
// long poll gets its record, each in a second or so. What does not is in `seen`.
int ask_in_peace(Host& host, Workload& workload);
// Asks every broker of the core for all topics.
int list_topics(Host& host, Workload& workload);
// Asks who decides about the metadata.
int list_controllers(Host& host, Workload& workload);
// Reads what is committed of the pipelines' topics, once nothing is open any more, and how far each was read.
int read_stages(Host& host, Workload& workload);
// Reads every partition from its start to its end.
int read_everything(Host& host, Workload& workload);

}  // namespace fulmar
