// A group of replicas in a test: pure cores, logs of one-offset batches in memory, disks that keep synced data, and
// messages that are held until the test delivers, drops or repeats them. After every step the safety properties of Raft
// (figure 3) are checked; a violation ends the test with all steps so far.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "broker/raft/invariants.h"
#include "broker/raft/raft.h"

namespace fulmar {

// A value "k=v" is of the key k; without a v it is a tombstone. "p+v" is a record of a transaction of the producer p,
// and "p!" the marker that ends it.
struct ModelEntry {
  Epoch epoch;
  std::string value;
  bool gone = false;      // compacted away here
  bool ordinary = false;  // compacted here: not part of its transaction any more
  bool operator==(const ModelEntry& other) const { return epoch == other.epoch && value == other.value; }
};

class ModelLog : public LogView {
 public:
  Offset start() const override { return start_; }
  Offset end() const override { return start_ + static_cast<Offset>(entries_.size()); }
  Offset stable_end() const override { return stable_; }
  const EpochCache& epochs() const override { return epochs_; }
  Offset cleaned_to() const override { return cleaned_to_; }
  Offset tombstone_bound() const override { return tombstone_bound_; }

  const ModelEntry& at(Offset offset) const { return entries_.at(static_cast<std::size_t>(offset - start_)); }
  void append(ModelEntry entry);
  void truncate_to(Offset end);
  void advance_start(Offset start);
  void start_over(Offset at, Epoch epoch, Offset tombstone_bound);
  // The first offset of a transaction without a marker below `committed`; `committed` if there is none.
  Offset last_stable(Offset committed) const;
  // One pass of compaction of all below `end`. Tombstones and markers below `removable` go.
  void clean(Offset end, Offset removable);
  void keep_bound(Offset bound) { tombstone_bound_ = std::max(tombstone_bound_, bound); }
  void forget_compaction() { cleaned_to_ = 0; }
  void sync() { stable_ = end(); }
  void lose_unsynced() { truncate_to(stable_); }

 private:
  Offset start_ = 0;
  Offset stable_ = 0;
  Offset cleaned_to_ = 0, tombstone_bound_ = 0;
  std::vector<ModelEntry> entries_;
  EpochCache epochs_;
};

struct Parcel {
  Message message;
  std::vector<ModelEntry> entries;  // of an append
  // Instead of a message: pulses between the brokers, for quiesced groups.
  std::optional<Pulse> pulse = {};
  std::optional<PulseAnswer> answer = {};
};

class Model {
 public:
  struct Replica {
    ModelLog log;
    HardState disk;
    Offset commit_hint = 0;
    std::uint64_t life = 0;
    std::unique_ptr<Liveness> liveness;                // of this run
    std::vector<std::shared_ptr<const Watch>> others;  // of other quiesced groups between the same brokers
    std::unique_ptr<Raft> raft;                        // null: down
    bool syncs = true;                                 // at once; else when the test requests it
    Offset commit_seen = 0;
    Epoch term_seen = -1;
    RaftInvariants invariants;  // of this run
  };

  explicit Model(std::uint64_t seed = 1, RaftSettings settings = {});

  static ReplicaId id(int broker) { return {broker, {}}; }
  static std::vector<ReplicaId> ids(const std::vector<int>& brokers);
  // Creates the replicas of a new group.
  void make_group(const std::vector<int>& voters);
  // The same with existing logs: the epoch of each batch in each log; all replicas have the term `term`.
  void make_group(const std::map<int, std::vector<Epoch>>& logs, Epoch term);
  void add_newborn(int broker);  // knows no configuration yet

  Replica& at(int broker) { return replicas_.at(broker); }
  Raft& raft(int broker) { return *at(broker).raft; }
  const HardState& stored(int broker) { return at(broker).disk; }
  const std::map<int, Replica>& replicas() const { return replicas_; }
  Instant now() const { return now_; }

  // -- Steps.
  void pass(Duration time);  // ticks all replicas meanwhile; delivers nothing
  void run(Duration time);   // the same, and delivers messages
  void deliver_one(std::size_t index, bool keep = false);
  void deliver_all();  // until there are no messages
  void campaign(int broker);
  bool propose(int broker, const std::string& value);
  void sync(int broker);
  void crash(int broker, bool power_loss);
  void restart(int broker, std::uint64_t damage = 0);
  void transfer(int from, int to);
  void set_target(int leader, const std::vector<int>& voters, const std::vector<int>& learners = {});
  void advance_log_start(int leader, Offset to);
  // Compacts its log as far as it is committed and stable, and transactions are decided, at most up to `end`.
  void clean(int broker, Offset end);
  void damage_from(int broker, Offset offset);  // of a replica that is down
  // Of a replica that is down: its disk loses its terms, votes and configuration, but not its log. Restarts it.
  void restart_without_promises(int broker, std::uint64_t number);
  void settle(int broker);                 // carries out the core's outputs
  void settle(int broker, Output output);  // the same, beginning with this one

  bool other_groups = false;  // there are other quiesced groups between the brokers, so that pulses never end
  std::vector<Parcel> parcels;
  std::function<bool(const Message&)> lost = [](const Message&) {
    return false;
  };  // whether to drop a message that is sent
  std::function<void(const std::string&)> story = [](const std::string&) {};
  // Called before each part of an output that is carried out; may crash the replica there.
  std::function<bool()> dies_here = [] { return false; };

  // The leader of the highest term, if any.
  int leader() const;
  std::string status() const;
  Offset committed_end() const { return static_cast<Offset>(committed_.size()); }
  const std::map<Offset, ModelEntry>& committed() const { return committed_; }

 private:
  void start(int broker, HardState state);
  bool perform(int broker, Output output, const Parcel* parcel);
  void feed(int broker);
  void tick(int broker);
  void beat(int broker);
  void check_leases(int broker);
  void check(int broker);
  void check_deleted(int broker);
  void check_transactions(int broker);
  void add_to_log(Replica& replica, const ModelEntry& entry);
  [[noreturn]] void violated(const std::string& what);

  RaftSettings settings_;
  Instant beat_at_;
  Random random_;
  Instant now_{1'000'000'000};
  std::map<int, Replica> replicas_;
  std::set<std::pair<int, int>> fed_;

  std::map<Epoch, int> leaders_;
  std::map<Offset, ModelEntry> committed_;
  // By (offset, epoch): the value, and the epoch before it; equal for all replicas (log matching).
  std::map<std::pair<Offset, Epoch>, std::pair<std::string, Epoch>> known_;
};

}  // namespace fulmar
