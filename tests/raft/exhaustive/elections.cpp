// Elections of a SmallWorld, each one step: by a minimal quorum of the candidate's configuration.
#include <algorithm>

#include "tests/raft/exhaustive/world.h"

namespace fulmar {

namespace {

bool among(unsigned replicas, const ReplicaId& id) {
  return (replicas >> id.broker & 1) != 0;
}

bool is_quorum(const Configuration& configuration, unsigned replicas) {
  return configuration.has_quorum([&](const ReplicaId& id) { return among(replicas, id); });
}

bool is_minimal(const Configuration& configuration, unsigned voters, int candidate) {
  for (int voter = 0; voter < world_replicas; ++voter)
    if ((voters >> voter & 1) != 0 && is_quorum(configuration, (voters & ~(1u << voter)) | 1u << candidate))
      return false;
  return true;
}

}  // namespace

void SmallWorld::elect(const WorldState& state, int candidate, const Reached& reached) {
  const auto& raft = *local(state, candidate).raft;
  if (raft.term() + 1 >= settings_.terms || !raft.configuration().is_voter(LocalStates::id_of(candidate))) return;
  // A leader that enough others have not answered stands again; without changes of members it may as well continue to
  // lead.
  if (raft.role() == Role::leader && settings_.changes == 0) return;
  for (auto voters : whose_votes_are_enough(state.replicas[at(candidate)]))
    ask_for_votes(state, candidate, voters, reached);
}

const std::vector<unsigned>& SmallWorld::whose_votes_are_enough(LocalId id) {
  auto [found, fresh] = votes_.try_emplace(id);
  if (!fresh) return found->second;
  const auto candidate = locals_.at(id).self;
  const auto& configuration = locals_.at(id).raft->configuration();
  for (unsigned voters = 0; voters < 1u << world_replicas; ++voters)
    if ((voters >> candidate & 1) == 0 && is_quorum(configuration, voters | 1u << candidate) &&
        is_minimal(configuration, voters, candidate))
      found->second.push_back(voters);
  return found->second;
}

// The candidate asks every voter, and only those in `voters` receive it; their replies arrive.
void SmallWorld::ask_for_votes(const WorldState& state, int candidate, unsigned voters, const Reached& reached) {
  auto next = state;
  auto step = [&](int replica, const std::vector<LocalOutcome>& outcomes) {
    next.replicas[at(replica)] = outcomes.front().next;
    return outcomes.front().messages;
  };
  auto asked = step(candidate, locals_.stand(next.replicas[at(candidate)]));
  for (int round = 0; round < 2; ++round) {  // pre-votes, and votes
    std::vector<MessageId> said;
    for (auto question : asked) {
      const auto voter = locals_.message(question).to;
      if (!among(voters, voter)) continue;
      for (auto answer : step(voter.broker, locals_.hear(next.replicas[at(voter.broker)], question)))
        if (locals_.message(answer).to.broker == candidate)
          for (auto more : step(candidate, locals_.hear(next.replicas[at(candidate)], answer))) said.push_back(more);
    }
    asked = std::move(said);
  }
  const auto &before = *local(state, candidate).raft, &after = *local(next, candidate).raft;
  // Without success, and it has not even received a later term or configuration.
  if (after.term() == before.term() && after.configuration_mark() == before.configuration_mark()) return;
  std::string names;
  for (int voter = 0; voter < world_replicas; ++voter)
    if ((voters >> voter & 1) != 0) names += " " + std::to_string(voter);
  arrive(next, "asks" + (names.empty() ? " nobody else" : names) + " for votes", candidate, reached);
}

}  // namespace fulmar
