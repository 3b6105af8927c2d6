// History: what the clients of a life did and saw, in virtual time; the input of every checker.
//
// Operations end as checkers/base/outcome.h says: a send that ended `ok` was acknowledged, one that `failed` was
// certainly not written.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/protocol/record_batch.h"
#include "checkers/base/outcome.h"
#include "checkers/base/violation.h"
#include "runtime/base/time.h"

namespace fulmar {

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
};
std::string to_string(const TopicPartition& tp);

// Each record of a life has a unique number, which is in its value (see values.h).
using ValueId = std::uint64_t;

// The guarantees of a topic.
struct TopicPromise {
  bool synced = true;              // acknowledged records are on stable storage
  std::int64_t retention_ms = -1;  // old segments may be deleted; -1: never
  bool replicated = false;         // acks=1 covers one replica only, and another may lead next
  bool any_time = false;           // records have arbitrary timestamps, so any may expire at any time
};

struct SendOperation {
  int producer = 0;  // sends of one producer to one partition do not overlap
  TopicPartition to;
  ValueId first_value = 0;  // `count` consecutive ones
  int count = 1;
  std::int16_t acks = -1;
  bool idempotent = true;
  // The client takes a new producer epoch by itself, and sends again under it what may be written already: a broker
  // can't recognise that as a repetition (KIP-360).
  bool renumbers = false;
  Instant invoked;
  Instant completed = Instant::max();
  Outcome outcome = Outcome::pending;
  Offset base_offset = -1;  // if ok and acks != 0
  // Of its records, in their order; none: unknown.
  std::vector<Timestamp> timestamps;
};

struct SeenRecord {
  Offset offset = -1;
  ValueId value = 0;
  bool intact = true;  // the value is, byte for byte, what was sent
  // The producer id and epoch of its batch; known in the final read.
  std::pair<ProducerId, std::int16_t> numbering = {no_producer_id, -1};
};

struct ReadOperation {
  int consumer = 0;
  TopicPartition from;
  Instant invoked;
  Instant completed;
  Offset position = -1;  // requested
  bool sought = false;   // the position was set by a seek, not by the last read
  Offset high_watermark = -1;
  Offset log_start = -1;
  std::vector<SeenRecord> records;
  bool corrupt = false;        // bytes that are no valid records
  bool from_follower = false;  // whose high watermark may lag
};

struct DeleteOperation {
  TopicPartition of;
  Offset offset = -1;  // all records before it; -1: up to the high watermark
  Instant invoked;
  Instant completed = Instant::max();
  Outcome outcome = Outcome::pending;
  Offset low_watermark = -1;  // the log start in the response
};

// ListOffsets, with a response: the first offset whose record has a timestamp of at least `asked`, or a special offset.
struct LookupOperation {
  static constexpr Timestamp latest = -1;
  static constexpr Timestamp earliest = -2;
  static constexpr Timestamp maximum = -3;  // the record with the largest timestamp

  TopicPartition of;
  Timestamp asked = latest;
  Instant invoked;
  Instant completed;
  Offset offset = -1;  // -1: no record is that late
  Timestamp timestamp = -1;
};

// OffsetForLeaderEpoch, with a response: the largest existing epoch up to `asked`, and its end.
struct EpochEndOperation {
  TopicPartition of;
  Epoch asked = -1;
  Instant invoked;
  Instant completed;
  Epoch epoch = -1;
  Offset end = -1;
};

// A topic is created or deleted.
struct TopicOperation {
  enum class Kind : std::uint8_t { create, remove } kind;
  std::string name;
  Instant invoked;
  Instant completed = Instant::max();
  Outcome outcome = Outcome::pending;
};

// A request of a client that claims an epoch of the leader: one before the latest known, or one that is far off.
struct EpochProbe {
  TopicPartition of;
  Epoch claimed = -1;
  Epoch known = -1;
  Instant invoked;
  bool served = false;
};

// A member learned that it has joined a generation; a leader also assigns partitions to all members.
struct GroupJoin {
  std::string group;
  std::string member;
  std::int32_t generation = -1;
  bool leads = false;
  std::map<std::string, std::set<std::int32_t>> assigned;  // by instance, or else member; others: none
  std::string instance;                                    // of a static member
  Instant completed;
  std::size_t members = 0;  // of the generation, if it leads
};

// A member got its assignment.
struct GroupSync {
  std::string group;
  std::string member;
  std::int32_t generation = -1;
  std::set<std::int32_t> partitions;
  std::string instance;  // of a static member
  Instant completed;
  Instant invoked = {};
};

// An offset was committed, or deleted (-1).
struct GroupCommit {
  std::string group;
  std::string member;
  std::int32_t generation = -1;
  std::int32_t partition = 0;
  Offset offset = -1;         // of a commit: unique for this partition
  std::string instance = {};  // of a static member
  Instant invoked = {};
  Instant completed = Instant::max();
  Outcome outcome = Outcome::pending;
};

// A member of a consumer group (KIP-848) had a partition: from the response that assigned it until the member gave it
// up, learned that it was removed, or had no response for a session.
struct GroupOwnership {
  std::string group;
  std::string member;
  std::int32_t partition = 0;
  Instant from = {};
  Instant until = Instant::max();
};

// A member of a group has processed consecutive records of a partition.
struct GroupProcessing {
  std::string group;
  std::int32_t partition = 0;
  Offset first = -1;
  Offset last = -1;
  Instant at;
};

// OffsetFetch, with a response.
struct GroupFetch {
  std::string group;
  std::int32_t partition = 0;
  Offset offset = -1;  // -1: nothing is committed
  Instant invoked;
  Instant completed;
};

// One transaction of a pipeline: it reads records of one partition (those of other clients: of several), and writes one
// record for each of them, with the offset up to which they were read. Its number is in these records.
struct PipedTransaction {
  std::uint64_t number = 0;  // ascending, in the order of their begins
  std::string transactional_id;
  std::int16_t epoch = -1;
  int records = 0;  // in all partitions; known once its commit is invoked
  Instant commit_invoked = Instant::max();
  Instant completed = Instant::max();
  Outcome outcome = Outcome::pending;  // of the commit; `failed`: it was aborted instead
  // When the last of its writes that were acknowledged was invoked: a record, or the offset.
  std::optional<Instant> last_write = {};
};

// A producer has taken over the transactional id.
struct TakeOver {
  std::string transactional_id;
  std::int16_t epoch = -1;
  Instant completed;
};

// A transaction's record for one record of its source. A transaction writes them one after the other, in the order of
// the source's offsets.
struct PipedRecord {
  Offset offset = -1;
  std::uint64_t transaction = 0;  // 0: of no transaction
  std::int32_t source_partition = -1;
  Offset source_offset = -1;
};

// The records that a read_committed consumer got.
struct CommittedRead {
  TopicPartition from;
  Instant completed;
  std::vector<PipedRecord> records;
  Offset position = -1;           // requested; -1: unknown
  std::uint64_t transaction = 0;  // which passes these records on; 0: none
};

// OffsetFetch with require_stable (KIP-447), with a response: up to where the pipelines' transactions have read.
struct StableOffset {
  TopicPartition of;
  Offset offset = 0;  // 0: nothing is committed
  Instant invoked;
  Instant completed;
};

// A stage of pipelines: the committed records of two topics at the end, and up to where the first was read.
struct FinalStage {
  std::string source;
  std::string target;
  std::map<std::int32_t, std::set<Offset>> sources;          // offsets of records, by partition
  std::map<std::int32_t, Offset> read_up_to;                 // committed with the transactions
  std::map<std::int32_t, std::vector<PipedRecord>> targets;  // by partition
};

// A broker was added to the controllers, or removed.
struct ControllerOperation {
  std::int32_t broker = -1;
  bool adds = false;
  Instant invoked = {};
  Instant completed = Instant::max();
  Outcome outcome = Outcome::pending;
};

// What everybody may do with a guarded topic was changed, or was tried.
struct AccessOperation {
  enum class Kind : unsigned char { grant, withdraw, write, read };
  Kind kind = Kind::grant;
  std::string topic;
  Instant invoked = {};
  Instant completed = Instant::max();
  // Of a change: ok: every broker has shown it; unknown: it may be made, now or later. Of a try: ok: it was allowed;
  // failed: it was denied; unknown: neither was answered.
  Outcome outcome = Outcome::pending;
};

// A client tried to authenticate on a connection to a broker.
struct AuthenticationAttempt {
  std::int32_t broker = 0;
  std::string user;
  std::string mechanism;
  std::string password;
  Instant invoked = {};
  Instant completed = Instant::max();
  Outcome outcome = Outcome::pending;  // ok: the broker let it in; failed: it refused the credentials
};

// A request on a connection whose client may not be served any more, or never was to be.
struct GuardedRequest {
  std::int32_t broker = 0;
  std::string what;                    // for people: the request, and who sent it
  std::optional<Instant> session_end;  // nullopt: there is no session
  Instant invoked = {};
  Instant completed = Instant::max();
  Outcome outcome = Outcome::pending;  // ok: it was answered; failed: the connection was closed
};

// One shard of a broker knows that this is a user's password, from then on and until it knows another one, or ends.
struct KnownPassword {
  std::int32_t broker = 0;  // 0: all brokers
  std::string user;
  std::string mechanism;
  std::string password;  // empty: none, or one that no client has
  Instant from = {};
  Instant until = Instant::max();
};

// All records of a partition that can be read at the end.
struct FinalRead {
  Offset log_start = -1;
  Offset end = -1;
  std::vector<SeenRecord> records;
};

// A record of a compacted topic, sent in a batch of its own.
struct KeyedSend {
  int producer = 0;
  std::int32_t partition = 0;
  std::string key;
  std::optional<ValueId> value;  // none: a tombstone
  Instant invoked;
  Instant completed = Instant::max();
  Outcome outcome = Outcome::pending;
  Offset offset = -1;  // if ok
};

struct KeyedRecord {
  Offset offset = -1;
  std::string key;
  std::optional<ValueId> value;
  bool intact = true;
};

// All records of a partition that a reader got, from its start to its end, in order.
struct KeyedRead {
  std::int32_t partition = 0;
  Instant completed;
  std::vector<KeyedRecord> records;
  std::string replica = {};  // the broker whose files were read; empty: a client has read
  Offset end = -1;           // of the replica's log
};

struct History {
  std::map<std::string, TopicPromise> topics;
  std::vector<SendOperation> sends;
  std::vector<ReadOperation> reads;
  std::vector<DeleteOperation> deletes;
  std::vector<LookupOperation> lookups;
  std::vector<EpochEndOperation> epoch_ends;
  std::vector<TopicOperation> topic_operations;
  std::vector<EpochProbe> epoch_probes;
  std::vector<GroupJoin> group_joins;
  std::vector<GroupSync> group_syncs;
  std::vector<GroupCommit> group_commits;
  std::vector<GroupOwnership> group_ownerships;
  std::vector<GroupFetch> group_fetches;
  // Of the groups whose committed offsets are positions of reading; of others: empty.
  std::vector<GroupProcessing> group_processings;
  std::vector<PipedTransaction> transactions;
  std::vector<TakeOver> take_overs;
  std::vector<CommittedRead> committed_reads;  // those of one transaction in its order
  std::vector<StableOffset> stable_offsets;
  std::vector<FinalStage> final_stages;
  std::vector<ControllerOperation> controller_operations;  // one after the other
  std::vector<AccessOperation> access_operations;          // likewise
  std::vector<AuthenticationAttempt> authentication_attempts;
  std::vector<GuardedRequest> guarded_requests;
  std::vector<KnownPassword> known_passwords;  // of those who try to authenticate
  std::set<std::int32_t> first_controllers;    // as in controller.quorum.voters
  // The controllers at the end, according to the active one; nullopt: not requested.
  std::optional<std::set<std::int32_t>> final_controllers;
  std::optional<std::size_t> group_size_max;  // the members that a group may have; nullopt: any number
  // How long the offsets of a group without members stay at least, by clocks that are right; nullopt: for ever.
  std::optional<Duration> offsets_kept;
  // How long tombstones of compacted topics stay at least; nullopt: for ever.
  std::optional<Duration> tombstones_kept;
  std::vector<KeyedSend> keyed_sends;
  std::vector<KeyedRead> keyed_reads;                          // while records were sent
  std::map<std::int32_t, KeyedRead> keyed_final_reads;         // by partition, after the last send
  std::vector<KeyedRead> keyed_logs;                           // the replicas' own, after that
  std::map<std::int32_t, std::set<std::string>> final_topics;  // what each broker lists at the end
  std::vector<Instant> power_losses;
  // The most by which a broker's wall clock was ahead of true time when it started, which the broker can't notice.
  std::int64_t clock_ahead_at_start_ms = 0;
  std::int64_t length_ms = 0;  // of the life: no record is older
  // The true time at the life's first instant; nullopt: unknown, and checks that depend on it are omitted.
  std::optional<Timestamp> epoch_ms;
  bool clocks_jump = false;  // the brokers' clocks may be wrong, so that they can't tell the age of a file
  std::map<TopicPartition, FinalRead> final_reads;

  const TopicPromise& promise(const TopicPartition& tp) const { return topics.at(tp.topic); }
  // Whether a record that was acknowledged in this way has to stay.
  bool binds(const SendOperation& send) const;
  // Within an era all observations of a partition have to agree; nullopt: an observation from `from` to `to` says
  // nothing. Synced topics have one era. Page-cache topics of one broker: from one power loss to the next; of several:
  // up to the first, since any later election may lose records.
  std::optional<std::size_t> era(const TopicPartition& tp, Instant from, Instant to) const;
};

// Topics that are created again under the same name are distinguished by a suffix after '#', which topic names can't
// have: "orders#2". Returns the name as brokers know it.
std::string name_of(const std::string& topic);
std::int64_t making_of(const std::string& topic);  // the number after it, 0 if there is none

std::string to_string(const SendOperation& send);
std::string to_string(const ReadOperation& read);
std::string to_string(const DeleteOperation& deletion);
std::string to_string(const LookupOperation& lookup);
std::string to_string(const PipedTransaction& transaction);

// An operation that is turned into text only if it is reported; neither pointer: the final read.
struct Witness {
  const SendOperation* send = nullptr;
  const ReadOperation* read = nullptr;
};
std::string to_string(const Witness& witness);

// Every checker over the whole history.
Violations check_history(const History& history);
// Of a life that was ended early, without its final reads: leaves out what can only be judged at the end.
Violations check_history_so_far(const History& history);

// One each; see the .cpp for property and conditions.
void check_durability(const History& history, Violations& found);
void check_values(const History& history, Violations& found);
void check_offsets_agree(const History& history, Violations& found);
void check_order(const History& history, Violations& found);
void check_polls(const History& history, Violations& found);
void check_real_time(const History& history, Violations& found);
void check_topics(const History& history, Violations& found);
void check_lookups(const History& history, Violations& found);
void check_log_start(const History& history, Violations& found);
void check_retention(const History& history, Violations& found);
void check_groups(const History& history, Violations& found);
void check_transactions(const History& history, Violations& found);
void check_controllers(const History& history, Violations& found);
void check_access(const History& history, Violations& found);
void check_authentication(const History& history, Violations& found);
void check_compaction(const History& history, Violations& found);

}  // namespace fulmar
