// The workload's clients: each is the main function of a process that uses the cluster through the client library and
// records what it did and saw. They end some time after `stop` is set.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "broker/protocol/messages/metadata.h"
#include "campaign/life_record.h"
#include "checkers/history.h"
#include "faults/plan.h"
#include "runtime/host/host.h"
#include "runtime/host/network.h"
#include "scenarios/life_security.h"
#include "scenarios/marks.h"

namespace fulmar {

struct TopicSpec {
  std::int32_t partitions;  // that surely exist: more may be added
  TopicPromise promise;
  std::map<std::string, std::string> configs;
  std::int16_t replication_factor = 1;
  bool idle = false;   // used only by clients of idle partitions
  bool grows = false;  // partitions are added under load
};

// The present topic of a name that is deleted and created again.
struct RemadeTopic {
  std::string key;  // in the history: the name, '#' and a number
  Uuid id;
};

// A group of clients that are not the workload's, which reads all of a topic.
struct OthersGroup {
  std::string group;
  std::string topic;  // of the workload's
};

// A pipeline of clients that are not the workload's: members of the group pass the source's records on to the partition
// of the target that has the same number.
struct OthersPipeline {
  std::string group;
  std::string source;  // of the workload's topics
  std::string target;
};

// A password that was made for the clients' user.
struct MadePassword {
  std::string password;
  Instant invoked;  // the change to it
};

struct Workload {
  const Plan& plan;
  LifeSecurity security;
  std::string password = LifeSecurity::worker_password;  // of the clients' user now
  std::map<std::string, MadePassword> passwords;         // after the first one; by the salts of their credentials
  std::vector<SocketAddress> brokers;                    // bootstrap addresses
  Duration request_timeout = seconds(3);
  std::map<std::string, TopicSpec> topics;
  std::map<std::string, RemadeTopic> remade;  // by name; each has one partition
  std::vector<std::string> stages;            // topics of pipelines, each read to fill the next, and, in a ring, the
                                              // last to fill the first; not in `topics`
  std::size_t grouped_stages = 0;             // how many of the first are read by members of groups
  TopicSpec stage_spec = {};
  std::vector<OthersGroup> others_groups;
  std::vector<OthersPipeline> others_pipelines;
  std::uint64_t last_transaction = 0;
  History history;
  Marks marks;
  bool stop = false;
  ValueId next_value = 1;
  int next_producer = 0;
  int next_consumer = 0;
  int next_topic = 0;
  int next_remade = 0;
  int next_owned = 0;
  int next_examined = 0;
  int next_member = 0;
  int next_consumer_member = 0;
  int next_migrating_member = 0;
  int next_piping_member = 0;
  bool migrating_by_coordinator = false;  // members were assigned by the coordinator, when they last joined
  std::vector<std::pair<std::string, std::int32_t>> shared_partitions;  // see group_offsets.h
  Offset next_commit = 1;                                               // a unique number for each
  std::set<std::string> groups_that_say_more;                           // with their commits: see group_offsets.h
  std::map<std::string, int> living_members;                            // by group: those that don't vanish for good
  std::map<std::string, std::set<std::int32_t>> committed_since_stop;   // by group: partitions
  bool has_single_clients = false;  // the kinds of client of which there is only one
  int time_kind = 0;                // the kind of times that records have now
  int time_kind_left = 0;           // for so many more batches
  // Called with a broker's metadata response, and when it was requested.
  std::function<void(std::int32_t from, const MetadataResponse&, Instant asked)> on_metadata;
  // Called with records that a consumer has just got: from the follower on that broker, or (-1) from a leader.
  std::function<void(const ReadOperation&, std::int32_t follower)> on_read;
  // Called with a deletion that was just acknowledged.
  std::function<void(const DeleteOperation&)> on_deletion;
  // How many events the simulated world has had. Not set in another world.
  std::function<std::uint64_t()> events;
  // Called when an operation begins, and when it has ended, by its fiber; see telling.h. Not set: nobody observes.
  std::function<void(const LifeRecord::Operation&, bool ended)> on_operation;
  std::map<std::int32_t, SocketAddress> core;  // brokers that are healthy at the end
  Violations seen;  // violations noticed by clients: responses to requests that they did not send

  explicit Workload(const Plan& p) : plan(p), security(p) {}
};

// Creates the topics; returns once all exist.
int create_topics(Host& host, Workload& workload);
// Producers, consumers and a deleter, as many as the plan says.
int run_clients(Host& host, Workload& workload);
// At the end of a life: whether idle partitions answer, deletions and records are acknowledged, and a long poll gets
// its record, each in about a second. Failures are in `seen`.
int ask_in_peace(Host& host, Workload& workload);
// The same with a transaction that is open for a second: what consumers of committed records get meanwhile.
int transact_in_peace(Host& host, Workload& workload);
// At the end of a life with groups: whether their members get what they should, whatever changes, once all is well.
// Failures are in `seen`.
int have_groups_in_peace(Host& host, Workload& workload);
// At the end of a life with quotas, all of which are removed: whether a new one is kept. Failures are in `seen`.
int have_quotas_in_peace(Host& host, Workload& workload);
// Requests the metadata of all topics from every broker of the core.
int list_topics(Host& host, Workload& workload);
// Requests the present controllers.
int list_controllers(Host& host, Workload& workload);
// Raises the level of the metadata to this release's, if that has not been done.
int finish_upgrade(Host& host, Workload& workload);
// Reads the committed records of the pipelines' topics, once no transaction is open, and how far each was read. Those
// of others after read_everything().
int read_stages(Host& host, Workload& workload);
// Fetches the offsets of all groups until they have expired, in lives in which they do; what has not expired in time is
// in `seen`.
int see_offsets_expire(Host& host, Workload& workload);
// Reads every partition from its start to its end.
int read_everything(Host& host, Workload& workload);

}  // namespace fulmar
