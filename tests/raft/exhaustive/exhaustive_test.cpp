// All executions of small groups: the safety properties of Raft (figure 3) hold whatever messages are late, lost or
// repeated, and whenever processes die and the power fails. For each rule of docs/raft.md a patch of tests/planted
// leaves it out; then the search finds a path to a violation.
//
// FULMAR_RAFT_WORLD="terms=4 length=2 crashes=2 deletes=1 page_cache=0 states=20000000" searches this world instead;
// with changes of the configuration: "terms=3 length=1 crashes=0 voters=3 changes=2 fewest=1 most=1".
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "tests/raft/exhaustive/search.h"

namespace fulmar {
namespace {

void goes_through(const WorldSettings& settings, std::size_t states_max = 50'000'000) {
  auto result = search(settings, states_max);
  std::printf("%zu states of the group, %zu of its replicas, depth %d%s\n", result.states, result.local_states,
              result.depth, result.exhausted ? "" : " (not all)");
  EXPECT_EQ(result.violated, "");
  EXPECT_TRUE(result.exhausted);
  EXPECT_GT(result.states, 10'000u) << "and there was something to go through";
}

TEST(RaftExhaustive, ThreeElections) {
  goes_through({.terms = 3, .length = 2, .crashes = 0});
}

TEST(RaftExhaustive, FourElectionsOverALogOfOne) {
  goes_through({.terms = 4, .length = 1, .crashes = 0});
}

TEST(RaftExhaustive, TwoElectionsAndAPowerLoss) {
  goes_through({.terms = 2, .length = 2, .crashes = 1});
}

TEST(RaftExhaustive, ThreeElectionsAndAPowerLossOverALogOfOne) {
  goes_through({.terms = 3, .length = 1, .crashes = 1});
}

TEST(RaftExhaustive, TheStartOfTheLogMoves) {
  goes_through({.terms = 2, .length = 2, .crashes = 0, .deletes = true});
}

TEST(RaftExhaustive, TheStartOfTheLogMovesAndThePowerFails) {
  goes_through({.terms = 3, .length = 1, .crashes = 1, .deletes = true});
}

// Processes die, and the power never fails.
TEST(RaftExhaustive, WhatIsInThePageCacheCounts) {
  goes_through({.terms = 3, .length = 1, .crashes = 1, .page_cache = true});
  goes_through({.terms = 2, .length = 2, .crashes = 1, .page_cache = true});
}

// The leader, or another replica, becomes the only voter: what only the removed replicas have stored must not decide.
TEST(RaftExhaustive, AChangeOfMembersAndAPowerLoss) {
  goes_through({.terms = 2, .length = 1, .crashes = 1, .changes = 1});
}

TEST(RaftExhaustive, ANewcomerBecomesAVoter) {
  goes_through({.terms = 2, .length = 1, .crashes = 0, .voters = 2, .changes = 1, .fewest = 2, .most = 3});
}

// The leaders of two terms have each begun a different change that no other replica knows yet.
const std::vector<std::string> two_changes = {
    "replica 0 asks 1 for votes",    "replica 1 hears 0>1 t0 heartbeat",
    "replica 1 hears 0>1 t0 append", "replica 0 is to change the voters to 0",
    "replica 1 asks 2 for votes",    "replica 2 hears 1>2 t1 heartbeat",
    "replica 2 hears 1>2 t1 append", "replica 1 is to change the voters to 1",
};

TEST(RaftExhaustive, TheLeadersOfTwoTermsChangeTheMembers) {
  goes_through({.terms = 4, .length = 1, .crashes = 0, .changes = 2, .begins = two_changes});
}

TEST(RaftExhaustive, AnotherWorld) {
  const char* wanted = std::getenv("FULMAR_RAFT_WORLD");
  if (wanted == nullptr) GTEST_SKIP() << "no FULMAR_RAFT_WORLD";
  WorldSettings settings;
  std::size_t states = 20'000'000;
  std::istringstream words(wanted);
  for (std::string word; words >> word;) {
    auto equals = word.find('=');
    auto name = word.substr(0, equals);
    if (word == "begins=two_changes") settings.begins = two_changes;
    auto value = std::atoi(word.substr(equals + 1).c_str());
    if (name == "terms") settings.terms = value;
    if (name == "length") settings.length = value;
    if (name == "crashes") settings.crashes = value;
    if (name == "deletes") settings.deletes = value != 0;
    if (name == "page_cache") settings.page_cache = value != 0;
    if (name == "in_between") settings.power_fails_in_between = value != 0;
    if (name == "voters") settings.voters = value;
    if (name == "changes") settings.changes = value;
    if (name == "fewest") settings.fewest = value;
    if (name == "most") settings.most = value;
    if (name == "states") states = static_cast<std::size_t>(value);
  }
  goes_through(settings, states);
}

}  // namespace
}  // namespace fulmar
