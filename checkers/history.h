// History: what the clients of a life did and saw, in virtual time; the input of every checker.
//
// An operation has an invocation and, if it ended, a completion. A send that ended `ok` was acknowledged; `failed`
// means that it was not written, for certain; `unknown`, and one that never ended, may have been written or may still
// be.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/protocol/record_batch.h"
#include "checkers/base/violation.h"
#include "runtime/base/time.h"

namespace fulmar {

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
};
std::string to_string(const TopicPartition& tp);

// Each record of a life has a number of its own, found again in its value (see values.h).
using ValueId = std::uint64_t;

enum class Outcome : std::uint8_t { pending, ok, failed, unknown };

// What a topic promises.
struct TopicPromise {
  bool synced = true;              // acknowledged means on stable storage
  std::int64_t retention_ms = -1;  // old segments may go by themselves; -1: never
  bool replicated = false;         // acks=1 says what one replica has, and another may lead next
  bool any_time = false;           // its records have timestamps of every kind, so that any may go at any time
};

struct SendOperation {
  int producer = 0;  // sends of one producer to one partition are one after the other
  TopicPartition to;
  ValueId first_value = 0;  // `count` consecutive ones
  int count = 1;
  std::int16_t acks = -1;
  bool idempotent = true;
  // Its client takes a new producer epoch by itself, and sends again under it what may be written already: a broker
  // can't know that for a repetition (KIP-360).
  bool renumbers = false;
  Instant invoked;
  Instant completed = Instant::max();
  Outcome outcome = Outcome::pending;
  Offset base_offset = -1;  // where ok and acks != 0
  // Of its records, in their order; none: not known.
  std::vector<Timestamp> timestamps;
};

struct SeenRecord {
  Offset offset = -1;
  ValueId value = 0;
  bool intact = true;  // the value is, byte for byte, what was sent
  // Under which id and epoch its producer sent it; known in the final read.
  std::pair<ProducerId, std::int16_t> numbering = {no_producer_id, -1};
};

struct ReadOperation {
  int consumer = 0;
  TopicPartition from;
  Instant invoked;
  Instant completed;
  Offset position = -1;  // asked for
  bool sought = false;   // the position was set anew, not where the last read ended
  Offset high_watermark = -1;
  Offset log_start = -1;
  std::vector<SeenRecord> records;
  bool corrupt = false;        // bytes came that are no records
  bool from_follower = false;  // whose high watermark may be a moment behind
};

struct DeleteOperation {
  TopicPartition of;
  Offset offset = -1;  // all before it; -1: all up to the high watermark
  Instant invoked;
  Instant completed = Instant::max();
  Outcome outcome = Outcome::pending;
  Offset low_watermark = -1;  // the log's start, as answered
};

// ListOffsets, answered: the first offset whose record has a time of at least `asked`, or one of the special answers.
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

// OffsetForLeaderEpoch, answered: the largest epoch up to `asked` there is, and where it ends.
struct EpochEndOperation {
  TopicPartition of;
  Epoch asked = -1;
  Instant invoked;
  Instant completed;
  Epoch epoch = -1;
  Offset end = -1;
};

// A topic is made or deleted.
struct TopicOperation {
  enum class Kind : std::uint8_t { create, remove } kind;
  std::string name;
  Instant invoked;
  Instant completed = Instant::max();
  Outcome outcome = Outcome::pending;
};

// A request that claims a leader epoch, after a later one was known.
struct EpochProbe {
  TopicPartition of;
  Epoch claimed = -1;
  Epoch known = -1;
  Instant invoked;
  bool served = false;
};

// A member of a group was told that it has joined a generation; and, where it leads, what it assigned to the others.
struct GroupJoin {
  std::string group;
  std::string member;
  std::int32_t generation = -1;
  bool leads = false;
  std::map<std::string, std::set<std::int32_t>> assigned;  // by instance, or else member; others: nothing
  std::string instance;                                    // of a static member
  Instant completed;
};

// It was told what it is assigned.
struct GroupSync {
  std::string group;
  std::string member;
  std::int32_t generation = -1;
  std::set<std::int32_t> partitions;
  std::string instance;  // of a static member
  Instant completed;
};

// An offset was committed, or deleted (-1).
struct GroupCommit {
  std::string group;
  std::string member;
  std::int32_t generation = -1;
  std::int32_t partition = 0;
  Offset offset = -1;         // of a commit: a number that no other to this partition has
  std::string instance = {};  // of a static member
  Instant invoked = {};
  Instant completed = Instant::max();
  Outcome outcome = Outcome::pending;
};

// A member of a consumer group (KIP-848) had a partition: from when it was told that it is its own until it gave it up,
// was told that it is out, or had not been heard for a session.
struct GroupOwnership {
  std::string group;
  std::string member;
  std::int32_t partition = 0;
  Instant from = {};
  Instant until = Instant::max();
};

// OffsetFetch, answered.
struct GroupFetch {
  std::string group;
  std::int32_t partition = 0;
  Offset offset = -1;  // -1: nothing is committed
  Instant invoked;
  Instant completed;
};

// One transaction of a pipeline: it reads records of one partition, and writes a record for each of them, with the
// offset up to which they were read. Its number is in the records that it writes.
struct PipedTransaction {
  std::uint64_t number = 0;  // ascending, in the order in which they are begun
  std::string transactional_id;
  std::int16_t epoch = -1;
  int records = 0;  // written, in all partitions; known once its commit is invoked
  Instant commit_invoked = Instant::max();
  Instant completed = Instant::max();
  Outcome outcome = Outcome::pending;  // of the commit: `failed`: it was aborted instead
};

// Somebody was told that the transactional id is now its own.
struct TakeOver {
  std::string transactional_id;
  std::int16_t epoch = -1;
  Instant completed;
};

// What a transaction has written for one record of its source.
struct PipedRecord {
  Offset offset = -1;
  std::uint64_t transaction = 0;
  std::int32_t source_partition = -1;
  Offset source_offset = -1;
};

// What a reader of committed records was given.
struct CommittedRead {
  TopicPartition from;
  Instant completed;
  std::vector<PipedRecord> records;
};

// A stage of pipelines: what is committed of two topics at the end, and up to where the first was read.
struct FinalStage {
  std::string source;
  std::string target;
  std::map<std::int32_t, std::set<Offset>> sources;          // offsets of records, by partition
  std::map<std::int32_t, Offset> read_up_to;                 // committed with the transactions
  std::map<std::int32_t, std::vector<PipedRecord>> targets;  // by partition
};

// A broker was added to those that decide about the metadata, or removed.
struct ControllerOperation {
  std::int32_t broker = -1;
  bool adds = false;
  Instant invoked = {};
  Instant completed = Instant::max();
  Outcome outcome = Outcome::pending;
};

// All that can be read of a partition at the end.
struct FinalRead {
  Offset log_start = -1;
  Offset end = -1;
  std::vector<SeenRecord> records;
};

// A record of a compacted topic, sent by itself.
struct KeyedSend {
  int producer = 0;
  std::int32_t partition = 0;
  std::string key;
  std::optional<ValueId> value;  // none: a tombstone
  Instant invoked;
  Instant completed = Instant::max();
  Outcome outcome = Outcome::pending;
  Offset offset = -1;  // where ok
};

struct KeyedRecord {
  Offset offset = -1;
  std::string key;
  std::optional<ValueId> value;
  bool intact = true;
};

// All that a reader was given of a partition, from its start to where it ended, in that order.
struct KeyedRead {
  std::int32_t partition = 0;
  Instant completed;
  std::vector<KeyedRecord> records;
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
  std::vector<PipedTransaction> transactions;
  std::vector<TakeOver> take_overs;
  std::vector<CommittedRead> committed_reads;
  std::vector<FinalStage> final_stages;
  std::vector<ControllerOperation> controller_operations;  // one after the other
  std::set<std::int32_t> first_controllers;                // whom controller.quorum.voters names
  // Who decides about the metadata at the end, by the controller's word; nullopt: not asked.
  std::optional<std::set<std::int32_t>> final_controllers;
  std::vector<KeyedSend> keyed_sends;
  std::vector<KeyedRead> keyed_reads;                          // while records were sent
  std::map<std::int32_t, KeyedRead> keyed_final_reads;         // by partition, when none are any more
  std::map<std::int32_t, std::set<std::string>> final_topics;  // what each broker lists at the end
  std::vector<Instant> power_losses;
  // How far ahead of the truth the wall clock was, at most, when a broker started: it can't but believe that.
  std::int64_t clock_ahead_at_start_ms = 0;
  std::int64_t length_ms = 0;  // of the life: no record is older
  // The true time at the life's first instant; nullopt: not known, and nothing that hangs on it is checked.
  std::optional<Timestamp> epoch_ms;
  bool clocks_jump = false;  // the brokers' clocks may be wrong, so that they can't tell how old a file is
  std::map<TopicPartition, FinalRead> final_reads;

  const TopicPromise& promise(const TopicPartition& tp) const { return topics.at(tp.topic); }
  // Whether what was acknowledged so has to stay.
  bool binds(const SendOperation& send) const;
  // Within an era all that is seen of a partition has to agree; nullopt: what was begun at `from` and ended at `to`
  // says nothing. Synced topics have but one. Page-cache topics of one broker: from one power loss to the next; of
  // several: up to the first, as from then on any election may find less than there was.
  std::optional<std::size_t> era(const TopicPartition& tp, Instant from, Instant to) const;
};

// A topic that is deleted and made again is several topics of one name, told apart by what follows a '#', which no
// name of a topic may have: "orders#2". The name as the brokers know it.
std::string name_of(const std::string& topic);
std::int64_t making_of(const std::string& topic);  // the number after it, 0 if there is none

std::string to_string(const SendOperation& send);
std::string to_string(const ReadOperation& read);
std::string to_string(const DeleteOperation& deletion);
std::string to_string(const LookupOperation& lookup);

// One operation of a history, put into words only when it has to be told; neither: the final read.
struct Witness {
  const SendOperation* send = nullptr;
  const ReadOperation* read = nullptr;
};
std::string to_string(const Witness& witness);

// Every checker over the whole history.
Violations check_history(const History& history);

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
void check_compaction(const History& history, Violations& found);

}  // namespace fulmar
