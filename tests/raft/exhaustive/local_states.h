// LocalStates: the states that one replica can be in, and their successors, computed by the real core. Each pair of
// state and input is computed once, however many states of the group contain it: the search over the group's states
// then works on numbers only.
//
// The parts of an output are carried out in order, and the power may fail before each part and after the last: so an
// input has one outcome without a power loss, and one for each of these points. Steps of other replicas in between make
// no difference, since the messages are the last part.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/raft/raft.h"
#include "tests/raft/exhaustive/epoch_log.h"

namespace fulmar {

using LocalId = std::int32_t;
using MessageId = std::int32_t;

// The epochs of an append, beside its message.
struct Said {
  Message message;
  std::vector<Epoch> entries;
};

using LocalKey = std::pair<LocalId, std::uint64_t>;
struct LocalKeyHash {
  std::size_t operator()(const LocalKey& key) const {
    auto mixed = (key.second ^ static_cast<std::uint64_t>(key.first) << 40) * 0xd6e8feb86659fd93ULL;
    return mixed ^ mixed >> 32;
  }
};

// The offsets that a replica considers committed, so that clients may know them.
struct Commits {
  bool leads = false;
  Epoch term = -1;
  Offset start = 0;
  std::vector<Epoch> epochs;  // from there on

  bool operator==(const Commits&) const = default;
};

struct LocalOutcome {
  LocalId next = -1;
  Commits before;  // as of the crash, if it crashed
  bool crashed = false;
  std::vector<MessageId> messages;  // without those that only tell a leader where to continue
};

constexpr int world_replicas = 3;

// The permutations of the replicas' names: replica i is called names[i]. Two states that differ by a permutation count
// as one, since their successors differ by the same permutation.
constexpr std::size_t namings = 6;
using Names = std::array<int, world_replicas>;
constexpr std::array<Names, namings> all_names = {{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}};
using NamedHashes = std::array<std::uint64_t, namings>;  // one for each
Renaming renaming_of(const Names& names);

struct LocalSettings {
  int voters = 3;  // of the replicas, the first ones; the others know no configuration yet
  bool page_cache = false;
  bool power_fails_in_between = true;
  bool synced_at_once = false;  // each append is written and synced in one step
};

class LocalStates {
 public:
  explicit LocalStates(const LocalSettings& settings);

  struct Local {
    int self = 0;
    EpochLog log;
    HardState disk;
    std::unique_ptr<Raft> raft;  // with slots_[self] as its log

    // As far as they are kept.
    Commits commits = {};
    std::string_view broken = {};  // the broken invariant of the core, if any
    NamedHashes hashes = {};

    Commits find_commits() const;
  };
  const Local& at(LocalId id) const { return locals_[static_cast<std::size_t>(id)]; }
  const Message& message(MessageId id) const { return messages_[static_cast<std::size_t>(id)]; }
  std::size_t size() const { return locals_.size(); }

  static ReplicaId id_of(int replica) { return {replica, {}}; }
  LocalId newborn(int replica);  // of a new group
  const Configuration& configuration() const { return configuration_; }

  // -- Inputs. The first outcome is the one without a power loss.
  const std::vector<LocalOutcome>& stand(LocalId at);
  const std::vector<LocalOutcome>& append(LocalId at);  // a leader appends a client's record
  const std::vector<LocalOutcome>& sync(LocalId at);
  const std::vector<LocalOutcome>& crash(LocalId at, bool power_loss);
  const std::vector<LocalOutcome>& trim(LocalId at, Offset start);  // by a leader
  // A leader is told its target voters: replica i if bit i is set.
  const std::vector<LocalOutcome>& set_target(LocalId at, unsigned voters);
  const std::vector<LocalOutcome>& hear(LocalId at, MessageId message);
  // `key`: different for different messages; `make`: makes the message, when this state receives it for the first time.
  const std::vector<LocalOutcome>& hear(LocalId at, std::uint64_t key, const std::function<Said()>& make);
  // The next append of a leader to each other replica.
  const std::vector<Message>& plans(LocalId at);

 private:
  // A core keeps a reference to its log: this is the log of the state being processed.
  struct Slot : LogView {
    const EpochLog* log = nullptr;
    Offset start() const override { return log->start(); }
    Offset end() const override { return log->end(); }
    Offset stable_end() const override { return log->stable_end(); }
    Offset synced_end() const override { return log->synced_end(); }
    const EpochCache& epochs() const override { return log->epochs(); }
  };
  struct Run;

  template <class F>
  const std::vector<LocalOutcome>& outcomes(LocalId at, std::uint64_t key, F&& input);
  std::string bytes_of(const Local& local, const Names& names) const;
  LocalId intern(Local local);
  MessageId intern(const Message& message);

  const LocalSettings world_;
  RaftSettings settings_;
  Configuration configuration_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Local> locals_;
  std::unordered_map<std::string, LocalId> local_ids_;
  std::vector<Message> messages_;
  std::unordered_map<std::string, MessageId> message_ids_;
  std::unordered_map<LocalKey, std::vector<LocalOutcome>, LocalKeyHash> outcomes_;
  std::unordered_map<LocalId, std::vector<Message>> plans_;
  Instant now_{1'000'000'000};  // all earlier events are long ago
};

}  // namespace fulmar
