// The kinds of clients of a workload; each runs in a fiber until the workload stops.
#pragma once

#include <optional>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/client/producer.h"
#include "scenarios/workload.h"

namespace fulmar {

// A connection to the cluster of the client's own: it begins at a broker of its choice.
ClusterClientOptions cluster_options(const Workload& workload, Random random);

void produce(Host& host, Workload& workload);
void consume(Host& host, Workload& workload);
// Deletes records up to somewhere that was seen, or all there are.
void delete_records(Host& host, Workload& workload);

// Moves partitions to other brokers, thinks better of it, and has leaders elected.
void operate(Host& host, Workload& workload);
// Asks for offsets by time, for the maximum, the start and the end, and where epochs end.
void look_up(Host& host, Workload& workload);
// Asks where epochs end, and nothing else.
void ask_epochs(Host& host, Workload& workload);
// Asks something of partitions that nobody else asks anything, after long silences.
void ask_idle(Host& host, Workload& workload);
// Adds brokers to those that decide about the metadata, and removes them.
void change_controllers(Host& host, Workload& workload);
// Adds partitions to the topics that grow.
void add_partitions(Host& host, Workload& workload);
// Has a topic of its own, which it fills, reads, deletes and makes again.
void remake_topic(Host& host, Workload& workload);
// Changes what topics are configured to, within what the checkers hold the cluster to.
void configure_topics(Host& host, Workload& workload);
// Writes records of few keys to a compacted topic, and reads it; and reads all of it at the end.
void write_keys(Host& host, Workload& workload);
void read_keys(Host& host, Workload& workload);
void read_keys_at_the_end(Host& host, Workload& workload, ClusterClient& brokers);
// A member of a group: joins, commits, and leaves, vanishes or is too slow at times.
void join_groups(Host& host, Workload& workload);
// The same of consumer groups (KIP-848).
void join_consumer_groups(Host& host, Workload& workload);
// Takes over pipelines from topic to topic, and passes records on in transactions.
void pipe(Host& host, Workload& workload);
// Sends batches that take long to find malformed. Where computing takes time only.
void send_malformed(Host& host, Workload& workload);
// Keeps offsets in a group without members, and deletes them.
void keep_offsets(Host& host, Workload& workload);
void make_and_delete_topics(Host& host, Workload& workload);
// Asks with leader epochs that are known to be past.
void probe_epochs(Host& host, Workload& workload);

// Of the topics that all clients use; or of the idle ones, if there is any.
TopicPartition pick_partition(Random& random, const Workload& workload);
std::optional<TopicPartition> pick_idle_partition(Random& random, const Workload& workload);
// ListOffsets, from the leader, once; in the history if it was answered.
std::optional<LookupOperation> look_up_once(Host& host, Workload& workload, ClusterClient& brokers,
                                            const TopicPartition& of, Timestamp asked);
// DeleteRecords, from the leader, once; in the history. Where the log starts then, or the error that it was answered
// with.
Result<Offset, ErrorCode> delete_once(Host& host, Workload& workload, ClusterClient& brokers, const TopicPartition& of,
                                      Offset offset);
// Some records, as one batch of a producer of its own numbering; in the history. Whether it was acknowledged.
struct Sending {
  int producer = 0;
  std::int16_t acks = -1;
  bool idempotent = true;
};
bool send_batch(Host& host, Workload& workload, Producer& producer, const Sending& sending, const TopicPartition& to,
                int count, std::size_t value_size, std::vector<Timestamp> timestamps);
void pause(Host& host, Random& random, std::int64_t ms_max);
void note_wrong_answer(Workload& workload, Host& host, bool wrong, const char* who);

}  // namespace fulmar
