// Changes of members in a SmallWorld: the targets of leaders, and the messages with configurations.
//
// A configuration comes from the leader, in its term, at any time and any number of times; or from any replica that has
// it, in the reply to a vote request, where it is valid whatever the term.
#include <algorithm>
#include <bit>

#include "tests/raft/exhaustive/world.h"

namespace fulmar {

std::uint8_t SmallWorld::number_of(const MarkedConfiguration& configuration) {
  auto found = std::find(configurations_.begin(), configurations_.end(), configuration);
  if (found == configurations_.end()) {
    found = configurations_.insert(found, configuration);
    auto& hashes = configuration_hashes_.emplace_back();
    const auto mark = std::to_string(configuration.mark.term) + "." + std::to_string(configuration.mark.version) + " ";
    for (std::size_t naming = 0; naming < namings; ++naming)
      hashes[naming] = std::hash<std::string>()(
          mark + to_string(renamed(configuration.configuration, renaming_of(all_names[naming]))));
  }
  FULMAR_ASSERT(configurations_.size() < 256);
  return static_cast<std::uint8_t>(found - configurations_.begin() + 1);
}

// Only if the target changes the configuration now: a target that has to wait may as well be set later.
void SmallWorld::change_members(const WorldState& state, int leader, const Reached& reached) {
  for (unsigned voters = 1; voters < 1u << world_replicas; ++voters) {
    if (std::popcount(voters) < settings_.fewest || std::popcount(voters) > settings_.most) continue;
    for (const auto& outcome : locals_.set_target(state.replicas[at(leader)], voters)) {
      if (outcome.crashed && state.crashes >= settings_.crashes) continue;
      auto next = state;
      next.replicas[at(leader)] = outcome.next;
      if (local(next, leader).raft->configuration_mark() == local(state, leader).raft->configuration_mark()) continue;
      ++next.changes;
      next.crashes = small(next.crashes + outcome.crashed);
      std::string names;
      for (int voter = 0; voter < world_replicas; ++voter)
        if ((voters >> voter & 1) != 0) names += " " + std::to_string(voter);
      arrive(next,
             (outcome.crashed ? "crashes as it is to change the voters to" : "is to change the voters to") + names,
             leader, reached, outcome.crashed ? std::vector{outcome.before} : std::vector<Commits>());
    }
  }
}

// A leader may have sent any configuration that it had in force.
void SmallWorld::note_configuration(Reign& reign, const MarkedConfiguration& configuration) {
  const auto number = number_of(configuration);
  for (auto& known : reign.configurations) {
    if (known == number) return;
    if (known != 0) continue;
    known = number;
    return;
  }
  FULMAR_UNREACHABLE();
}

// A mark names one configuration: a term has one leader, which counts the versions.
std::string SmallWorld::check_marks(const WorldState& state) const {
  for (int one = 0; one < world_replicas; ++one)
    for (int other = 0; other < one; ++other) {
      const auto& mine = local(state, one).raft->hard_state().configuration;
      const auto& theirs = local(state, other).raft->hard_state().configuration;
      bool alike =
          mine.configuration == theirs.configuration || mine.configuration.empty() || theirs.configuration.empty();
      if (mine.mark == theirs.mark && !alike) return "marks: two configurations have the same one";
    }
  return "";
}

bool SmallWorld::some_may_take(const WorldState& state, const MarkedConfiguration& configuration) const {
  for (int replica = 0; replica < world_replicas; ++replica) {
    const auto& known = local(state, replica).disk.configuration;
    if (known.configuration.empty() || known.mark < configuration.mark) return true;
  }
  return false;
}

void SmallWorld::hear_configurations(const WorldState& state, int replica, const Reached& reached) {
  const auto id = state.replicas[at(replica)];
  const auto here = local(state, replica).raft->term();
  for (Epoch term = 0; term < settings_.terms; ++term) {
    const auto& reign = state.reigns[at(term)];
    for (auto number : reign.configurations) {
      if (number == 0) break;
      auto key = ((static_cast<std::uint64_t>(number) * 8 + at(reign.leader + 1)) * 8 + at(term)) * 4096;
      const bool leads_it = term >= here;
      if (leads_it && (reign.leader < 0 || reign.leader == replica)) continue;
      key += leads_it ? 4092 : 4093;
      auto message = [&] {
        Message said{LocalStates::id_of((replica + 1) % world_replicas), LocalStates::id_of(replica), term, {}};
        const auto& configuration = configurations_[at(number - 1)];
        if (leads_it) {
          said.from = LocalStates::id_of(reign.leader);
          Heartbeat heartbeat;
          heartbeat.configuration = configuration;
          said.body = heartbeat;
        } else {
          said.body = VoteReply{true, false, 0, configuration};
        }
        return said;
      };
      for (const auto& outcome : locals_.hear(id, key, [&] { return Said{message(), {}}; }))
        heard(state, replica, outcome, aloud_ ? to_string(message()) : "", reached);
    }
  }
}

}  // namespace fulmar
