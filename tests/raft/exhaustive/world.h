// SmallWorld: all executions of a small group: every order of the replicas' steps, of late and lost messages, and of
// power losses. It uses the real core (LocalStates).
//
// Messages never disappear: everything that the leader of a term may have sent of its log can arrive at any replica, at
// any time, any number of times and in any order, as long as that replica is in no later term. (Replies reach their
// leader at once. Late ones would say the same, and the leader would commit later, which is safe.) An election is one
// step, by a minimal quorum; it leaves terms and votes only, which other replicas may learn at any time.
//
// With changes of the configuration, a leader's log and its configuration are separate messages: a real message that
// has both is two of these. A reply that would let a leader go on to another configuration may be lost.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/base/assert.h"
#include "tests/raft/exhaustive/local_states.h"

namespace fulmar {

struct WorldSettings {
  int terms = 3;            // elections there may be
  int length = 2;           // of the longest log
  int crashes = 1;          // of all replicas together
  bool deletes = false;     // the leader raises its log start
  bool page_cache = false;  // written entries count; processes die, and the power never fails
  bool power_fails_in_between = true;

  // Changes of the configuration: how many replicas vote at first (the others know no configuration yet), and how often
  // leaders are told to change it, to any set of `fewest` to `most` voters. If there are any, appends are synced at
  // once.
  int voters = 3;
  int changes = 0;
  int fewest = 1;
  int most = 1;

  // The steps that every execution begins with, each by a prefix of its text (see step_to()); if several steps have
  // that prefix, the last.
  std::vector<std::string> begins = {};
};

constexpr int world_terms_max = 6;
constexpr int world_length_max = 4;
constexpr int reign_configurations_max = 8;

// The log of the leader of a term.
struct Reign {
  std::int8_t leader = -1;  // -1: there was none, or no replica can receive its messages any more
  std::int8_t start = 0;    // its log end at its election
  std::int8_t end = 0;      // its log end now, or when it was deposed
  std::int8_t log_start = 0;
  std::int8_t first_log_start = 0;  // at its election
  std::int8_t commit = 0;
  std::array<std::int8_t, world_length_max> epochs{};
  // The leader's configurations, by their numbers (see SmallWorld), in order; 0: no more. They stay while any replica
  // may still take one: a replica that has one answers vote requests of any term with it.
  std::array<std::uint8_t, reign_configurations_max> configurations{};

  bool operator==(const Reign&) const = default;
};

struct WorldState {
  std::array<LocalId, world_replicas> replicas{};
  std::array<Reign, world_terms_max> reigns{};            // by term
  std::array<std::int8_t, world_length_max> committed{};  // epoch + 1; 0: nothing
  std::array<std::int8_t, world_length_max> committed_in{};
  std::int8_t crashes = 0;
  std::int8_t changes = 0;

  bool operator==(const WorldState&) const = default;
};
inline std::int8_t small(std::int64_t number) {
  FULMAR_ASSERT(number >= -1 && number < 100);
  return static_cast<std::int8_t>(number);
}
inline std::size_t at(std::int64_t index) {
  return static_cast<std::size_t>(index);
}

class SmallWorld {
 public:
  explicit SmallWorld(const WorldSettings& settings);

  WorldState first();  // an assertion fails if a step of `begins` can't be taken
  // Calls `reached` with each successor state. `violated`: empty, or the violation.
  using Reached = std::function<void(const WorldState& next, const std::string& violated)>;
  void successors(const WorldState& state, const Reached& reached);
  // The step that leads to the successor `next`, as text.
  std::string step_to(const WorldState& state, const WorldState& next);
  std::string describe(const WorldState& state) const;
  // Equal for states that differ only in the names of the replicas.
  std::uint64_t hash_of(const WorldState& state) const;
  std::size_t local_states() const { return locals_.size(); }

 private:
  const LocalStates::Local& local(const WorldState& state, int replica) const {
    return locals_.at(state.replicas[static_cast<std::size_t>(replica)]);
  }
  // `on_the_way`: the offsets that were taken for committed between the two states.
  void arrive(WorldState next, const std::string& what, int who, const Reached& reached,
              const std::vector<Commits>& on_the_way = {});
  void each(const WorldState& state, int replica, const std::vector<LocalOutcome>& outcomes, const char* what,
            const Reached& reached);

  // elections.cpp
  void elect(const WorldState& state, int candidate, const Reached& reached);
  const std::vector<unsigned>& whose_votes_are_enough(LocalId candidate);  // each a set, replica i if bit i is set
  void ask_for_votes(const WorldState& state, int candidate, unsigned voters, const Reached& reached);

  // members.cpp
  void change_members(const WorldState& state, int leader, const Reached& reached);
  void hear_configurations(const WorldState& state, int replica, const Reached& reached);
  void note_configuration(Reign& reign, const MarkedConfiguration& configuration);
  std::string check_marks(const WorldState& state) const;
  bool some_may_take(const WorldState& state, const MarkedConfiguration& configuration) const;
  std::uint8_t number_of(const MarkedConfiguration& configuration);

  // hearing.cpp
  void hear_reigns(const WorldState& state, int replica, const Reached& reached);
  void heard(const WorldState& state, int replica, const LocalOutcome& outcome, const std::string& what,
             const Reached& reached);
  void each_message(const Reign& reign, Epoch term, int replica,
                    const std::function<void(std::uint64_t key, const std::function<Said()>& make)>& hear) const;
  const std::vector<LocalOutcome>& all_heard(LocalId id, const Reign& reign, Epoch term, int replica);

  std::string check(WorldState& state);
  std::string check_leader(WorldState& state, int replica);
  std::string check_commits(WorldState& state, const Commits& commits);
  void forget(WorldState& state) const;

  const WorldSettings settings_;
  LocalStates locals_;
  std::unordered_map<LocalId, std::vector<unsigned>> votes_;
  std::vector<MarkedConfiguration> configurations_;  // that of number n at n - 1
  std::vector<NamedHashes> configuration_hashes_;    // theirs
  std::unordered_map<LocalKey, std::vector<LocalOutcome>, LocalKeyHash> heard_;
  // The text of the current step, if asked for.
  bool aloud_ = false;
  std::string told_;
};

}  // namespace fulmar
