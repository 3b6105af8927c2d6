// The kinds of clients of a workload; each runs in a fiber until the workload stops.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/client/producer.h"
#include "scenarios/workload.h"

namespace fulmar {

struct FetchRequest;

// How clients of this life come in; without addresses.
ClusterClientOptions guarded_options(const Workload& workload);
// A client's own connection options: it begins at a broker of its choice.
ClusterClientOptions cluster_options(const Workload& workload, Random random);
// The same for a client that begins with the brokers that are healthy at the end.
ClusterClientOptions core_options(const Workload& workload, Random random);

void produce(Host& host, Workload& workload);
void consume(Host& host, Workload& workload);
// Writes to a topic of its own with several batches under way at once.
void stream_batches(Host& host, Workload& workload);
// Deletes records up to some offset that was seen, or all.
void delete_records(Host& host, Workload& workload);

// Reassigns partitions, cancels some reassignments, and requests leader elections.
void operate(Host& host, Workload& workload);
// Looks up offsets by time, the maximum, the start and the end, and the ends of epochs.
void look_up(Host& host, Workload& workload);
// Looks up the ends of epochs only.
void ask_epochs(Host& host, Workload& workload);
// Sends requests for partitions that nobody else uses, after long pauses.
void ask_idle(Host& host, Workload& workload);
// Adds brokers to the controllers, and removes them.
void change_controllers(Host& host, Workload& workload);
// Grants everybody access to topics of its own, withdraws it, and tries each time.
void change_access(Host& host, Workload& workload);
// Comes in every way in which nobody may be served, and in those in which clients are; in the history. Only where the
// listener for clients is guarded.
void come_as_strangers(Host& host, Workload& workload);
// Changes the password of the clients' user. Only where it authenticates with SCRAM.
void change_passwords(Host& host, Workload& workload);
// Raises the level of the metadata to this release's, once all brokers support it.
void raise_levels(Host& host, Workload& workload);
// Adds partitions to the growing topics.
void add_partitions(Host& host, Workload& workload);
// Creates a topic of its own, fills, reads and deletes it, and creates it again.
void remake_topic(Host& host, Workload& workload);
// Changes topic configurations, without changing the guarantees that checkers verify.
void configure_topics(Host& host, Workload& workload);
// Makes, changes, moves and deletes topics of its own, and sees that each is as it has to be.
void own_topics(Host& host, Workload& workload);
// The same for SCRAM credentials of users of its own.
void own_users(Host& host, Workload& workload);
// Writes to, and reads from, topics of its own, and examines the answers.
void examine_answers(Host& host, Workload& workload);
// Sets quotas for all clients, and removes them at the end.
void limit_clients(Host& host, Workload& workload);
// Write records of few keys to a compacted topic, some in transactions, and read it; the last reads all of it at the
// end.
inline constexpr const char* compacted_topic = "compacted";
inline constexpr std::int32_t compacted_partitions = 2;
void write_keys(Host& host, Workload& workload);
void write_keys_in_transactions(Host& host, Workload& workload);
void read_keys(Host& host, Workload& workload);
void read_keys_at_the_end(Host& host, Workload& workload, ClusterClient& brokers);
// A member of a group: joins, commits, and sometimes leaves, vanishes or is too slow.
void join_groups(Host& host, Workload& workload);
// The same for consumer groups (KIP-848).
void join_consumer_groups(Host& host, Workload& workload);
// Members of both protocols in one group.
void join_migrating_group(Host& host, Workload& workload);
// Takes over pipelines between topics, and passes records on in transactions.
void pipe(Host& host, Workload& workload);
// Fetches the committed offsets of another client's group: once more after the workload stops.
void watch_group(Host& host, Workload& workload, const OthersGroup& group);
// Reads the target of another client's pipeline with read_committed, sometimes again from an earlier offset, and asks
// for the stable offsets.
void watch_pipeline(Host& host, Workload& workload, const OthersPipeline& pipeline);
// Sends batches that take long to recognise as malformed. Only where computing takes time.
void send_malformed(Host& host, Workload& workload);
// Commits offsets for a group without members, and deletes them.
void keep_offsets(Host& host, Workload& workload);
void make_and_delete_topics(Host& host, Workload& workload);
// Sends requests with leader epochs that can't be the leader's.
void probe_epochs(Host& host, Workload& workload);

// A partition of the topics that all clients use; or of an idle one, if there is any.
TopicPartition pick_partition(Random& random, const Workload& workload);
std::optional<TopicPartition> pick_idle_partition(Random& random, const Workload& workload);
// ListOffsets, once, from the leader; in the history if it was answered.
std::optional<LookupOperation> look_up_once(Host& host, Workload& workload, ClusterClient& brokers,
                                            const TopicPartition& of, Timestamp asked);
// DeleteRecords, once, from the leader; in the history. The new log start, or the error in the response.
Result<Offset, ErrorCode> delete_once(Host& host, Workload& workload, ClusterClient& brokers, const TopicPartition& of,
                                      Offset offset);
// CreateTopics, once, from any broker, with the plan's replication factor (1 if it has none). Returns whether the topic
// surely exists now; if not, it may all the same.
struct WantedTopic {
  std::string name;
  std::int32_t partitions = 1;
  std::vector<std::pair<std::string, std::string>> configs = {};
};
bool create_once(Host& host, Workload& workload, ClusterClient& brokers, const WantedTopic& wanted);
// A Fetch of one partition by its topic's name, for versions up to 12: up to `single_fetch_bytes_max`, waiting so long
// for at least `min_bytes`.
inline constexpr std::int32_t single_fetch_bytes_max = 1 << 20;
FetchRequest fetch_from(const TopicPartition& tp, Offset offset, std::int32_t min_bytes, Duration wait);
// Sends some records as one batch; in the history. `producer`: its number there. Returns whether it was acknowledged.
struct Sending {
  int producer = 0;
  std::int16_t acks = -1;
  bool idempotent = true;
};
bool send_batch(Host& host, Workload& workload, Producer& producer, const Sending& sending, const TopicPartition& to,
                int count, std::size_t value_size, std::vector<Timestamp> timestamps);
// Sleeps for up to so many ms.
void pause(Host& host, Random& random, std::int64_t ms_max);
void note_wrong_answer(Workload& workload, Host& host, bool wrong, const char* who);

}  // namespace fulmar
