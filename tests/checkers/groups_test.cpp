#include <gtest/gtest.h>

#include "checkers/history.h"

namespace fulmar {
namespace {

Instant at(std::int64_t ms) {
  return Instant{} + milliseconds(ms);
}

GroupCommit commit(Offset offset, std::int64_t from, std::int64_t to, Outcome outcome = Outcome::ok,
                   std::int32_t generation = 1) {
  return {"g", "m", generation, 0, offset, "", at(from), outcome == Outcome::ok ? at(to) : Instant::max(), outcome};
}

GroupFetch fetch(Offset offset, std::int64_t from, std::int64_t to) {
  return {"g", 0, offset, at(from), at(to)};
}

std::string anomalies(const History& history) {
  Violations found;
  check_groups(history, found);
  std::string all;
  for (const auto& one : found) all += (all.empty() ? "" : " ") + std::string(one.anomaly);
  return all;
}

TEST(Groups, ACommitThatWasAcknowledgedIsToldUntilALaterOne) {
  History history;
  history.group_commits = {commit(1, 0, 10), commit(2, 20, 30)};
  history.group_fetches = {fetch(-1, 0, 5), fetch(1, 12, 15), fetch(1, 12, 25), fetch(2, 22, 25), fetch(2, 40, 50)};
  EXPECT_EQ(anomalies(history), "");
  history.group_fetches = {fetch(1, 40, 50)};
  EXPECT_EQ(anomalies(history), "lost-commit");
  history.group_fetches = {fetch(-1, 11, 12)};
  EXPECT_EQ(anomalies(history), "lost-commit");
}

TEST(Groups, OneThatWasNeverAnsweredMayTakeEffectAtAnyTimeOrNever) {
  History history;
  history.group_commits = {commit(1, 0, 0, Outcome::unknown), commit(2, 20, 30)};
  history.group_fetches = {fetch(1, 40, 50), fetch(2, 60, 70)};
  EXPECT_EQ(anomalies(history), "");
}

TEST(Groups, WhatNobodyHasCommittedIsNotTold) {
  History history;
  history.group_commits = {commit(1, 0, 10), commit(2, 60, 70), commit(3, 0, 0, Outcome::failed)};
  history.group_fetches = {fetch(7, 20, 30)};
  EXPECT_EQ(anomalies(history), "phantom-commit");
  history.group_fetches = {fetch(2, 20, 30)};
  EXPECT_EQ(anomalies(history), "phantom-commit");
  history.group_fetches = {fetch(3, 20, 30)};
  EXPECT_EQ(anomalies(history), "phantom-commit");
}

TEST(Groups, WhatIsBelowACommittedOffsetWasProcessedBefore) {
  History history;
  history.group_commits = {commit(5, 20, 30), commit(9, 60, 70)};
  history.group_processings = {{"g", 0, 3, 6, at(15)}, {"g", 0, 0, 2, at(10)}, {"g", 0, 5, 8, at(40)}};
  history.group_fetches = {fetch(-1, 0, 5), fetch(5, 22, 25), fetch(9, 65, 68)};
  EXPECT_EQ(anomalies(history), "");
  history.group_processings[0].first = 4;
  EXPECT_EQ(anomalies(history), "unprocessed") << "offset 3 is left out";
  history.group_processings[0] = {"g", 0, 3, 6, at(26)};
  EXPECT_EQ(anomalies(history), "unprocessed") << "it was processed after the commit";
  history.group_processings[0] = {"other", 0, 3, 6, at(15)};
  EXPECT_EQ(anomalies(history), "unprocessed") << "it was processed by another group";
  history.group_processings.clear();
  EXPECT_EQ(anomalies(history), "") << "the offsets of this group are not positions of reading";
}

TEST(Groups, AMemberOfAnEarlierGenerationCommitsNoMore) {
  History history;
  history.group_syncs = {{"g", "other", 2, {0}, "", at(50)}};
  history.group_commits = {commit(1, 40, 60)};
  EXPECT_EQ(anomalies(history), "");
  history.group_commits = {commit(1, 51, 60)};
  EXPECT_EQ(anomalies(history), "zombie-commit");
  history.group_commits = {commit(1, 51, 60, Outcome::ok, 2)};
  EXPECT_EQ(anomalies(history), "");
}

TEST(Groups, MembersAreToldWhatTheirLeaderAssigned) {
  History history;
  history.group_joins = {{"g", "a", 3, true, {{"a", {0}}, {"b", {1}}}, "", at(1)}, {"g", "b", 3, false, {}, "", at(1)}};
  history.group_syncs = {{"g", "a", 3, {0}, "", at(2)}, {"g", "b", 3, {1}, "", at(2)}};
  EXPECT_EQ(anomalies(history), "");
  history.group_syncs[1].partitions = {2};
  EXPECT_EQ(anomalies(history), "wrong-assignment");
}

// If a coordinator is lost before a generation is stable, the next one uses its number again, with another leader.
TEST(Groups, ANumberMayComeAgainButNotBeInForceTwice) {
  History history;
  history.group_joins = {{"g", "a", 3, true, {{"a", {1}}}, "", at(1)}, {"g", "b", 3, true, {{"b", {0}}}, "", at(5)}};
  history.group_syncs = {{"g", "b", 3, {0}, "", at(6)}};
  EXPECT_EQ(anomalies(history), "");
  history.group_syncs.push_back({"g", "a", 3, {1}, "", at(7)});
  EXPECT_EQ(anomalies(history), "two-leaders");
}

// The leader of the lost generation joins the one with the same number as another member.
TEST(Groups, WhoLedBeforeMayFollowUnderTheSameNumber) {
  History history;
  history.group_joins = {{"g", "a", 3, true, {{"a", {0}}}, "", at(1)},
                         {"g", "b", 3, true, {{"a", {1}}, {"b", {0}}}, "", at(5)},
                         {"g", "a", 3, false, {}, "", at(5)}};
  history.group_syncs = {{"g", "b", 3, {0}, "", at(6)}, {"g", "a", 3, {1}, "", at(7)}};
  EXPECT_EQ(anomalies(history), "");
}

TEST(Groups, WhatWasDeletedDoesNotComeBackAndWhatWasNotStays) {
  History history;
  history.group_commits = {commit(1, 0, 10), commit(-1, 20, 30)};
  history.group_fetches = {fetch(1, 12, 15), fetch(1, 12, 25), fetch(-1, 22, 25), fetch(-1, 40, 50)};
  EXPECT_EQ(anomalies(history), "");
  history.group_fetches = {fetch(1, 31, 40)};
  EXPECT_EQ(anomalies(history), "returned-commit");
  history.group_commits.push_back(commit(2, 60, 70));
  history.group_fetches = {fetch(-1, 80, 90)};
  EXPECT_EQ(anomalies(history), "lost-commit");
  history.group_commits.push_back(commit(-1, 65, 0, Outcome::unknown));
  EXPECT_EQ(anomalies(history), "");
  history.group_commits.back().outcome = Outcome::failed;
  EXPECT_EQ(anomalies(history), "lost-commit");
}

TEST(Groups, AStaticMembersProcessThatWasReplacedCommitsNoMore) {
  History history;
  history.group_syncs = {{"g", "i-1", 2, {0}, "i", at(10)}, {"g", "i-2", 2, {0}, "i", at(50)}};
  auto by = [](const char* member, std::int64_t from) {
    return GroupCommit{"g", member, 2, 0, from, "i", at(from), at(from + 5), Outcome::ok};
  };
  history.group_commits = {by("i-1", 20), by("i-1", 49), by("i-2", 51)};
  EXPECT_EQ(anomalies(history), "");
  history.group_commits = {by("i-1", 51)};
  EXPECT_EQ(anomalies(history), "zombie-instance");
}

TEST(Groups, APartitionHasOneOwnerInAGeneration) {
  History history;
  history.group_syncs = {{"g", "a", 2, {0}, "", at(10)},
                         {"g", "b", 2, {1}, "", at(10)},
                         {"g", "b", 3, {0}, "", at(20)},
                         {"g", "i-1", 4, {0}, "i", at(30)},
                         {"g", "i-2", 4, {0}, "i", at(40)}};
  EXPECT_EQ(anomalies(history), "");
  history.group_syncs.push_back({"g", "b", 2, {0, 1}, "", at(11)});
  EXPECT_EQ(anomalies(history), "two-owners");
}

TEST(Groups, MembersOfAConsumerGroupHaveAPartitionOneAfterTheOther) {
  History history;
  history.group_ownerships = {{"g", "a", 0, at(10), at(50)},
                              {"g", "b", 0, at(50), at(90)},
                              {"g", "a", 0, at(90)},
                              {"g", "b", 1, at(20)},
                              {"h", "c", 0, at(10)}};
  EXPECT_EQ(anomalies(history), "");
  history.group_ownerships.push_back({"g", "c", 0, at(49), at(50)});
  EXPECT_EQ(anomalies(history), "two-owners");
  // It ends as it begins: the member had been silent for longer than its session.
  history.group_ownerships.back() = {"g", "c", 0, at(60), at(55)};
  EXPECT_EQ(anomalies(history), "");
  // The one that has it longest, not the last to get it.
  history.group_ownerships = {{"g", "a", 0, at(10), at(90)}, {"g", "a", 0, at(20), at(30)}, {"g", "b", 0, at(80)}};
  EXPECT_EQ(anomalies(history), "two-owners");
}

TEST(Groups, NobodyCommitsForAPartitionThatIsAnothersInAConsumerGroup) {
  History history;
  history.group_ownerships = {{"g", "a", 0, at(10), at(50)}, {"g", "b", 0, at(60), at(100)}};
  auto by_a = [](std::int64_t from, std::int64_t to, Outcome outcome) {
    return GroupCommit{"g", "a", 2, 0, from, "", at(from), at(to), outcome};
  };
  history.group_commits = {by_a(20, 30, Outcome::ok), by_a(55, 65, Outcome::ok), by_a(61, 65, Outcome::failed),
                           by_a(95, 105, Outcome::ok)};
  EXPECT_EQ(anomalies(history), "");
  history.group_commits = {by_a(61, 65, Outcome::ok)};
  EXPECT_EQ(anomalies(history), "zombie-commit");
}

TEST(Groups, AnOffsetThatIsGoneDoesNotComeBack) {
  History history;
  history.offsets_kept = milliseconds(100);
  history.group_commits = {{"g", "", -1, 0, 1, "", at(0), at(10), Outcome::ok}};
  history.group_fetches = {fetch(-1, 200, 210), fetch(1, 205, 220)};
  EXPECT_EQ(anomalies(history), "") << "it may have expired meanwhile";
  history.group_fetches = {fetch(-1, 200, 210), fetch(1, 211, 220)};
  EXPECT_EQ(anomalies(history), "returned-commit");
  history.group_fetches = {fetch(1, 211, 220), fetch(-1, 221, 230), fetch(-1, 200, 240)};
  EXPECT_EQ(anomalies(history), "");
  history.group_commits.push_back({"g", "", -1, 0, 2, "", at(205), at(215), Outcome::ok});
  history.group_fetches = {fetch(-1, 200, 210), fetch(2, 211, 220)};
  EXPECT_EQ(anomalies(history), "");
}

TEST(Groups, AnOffsetWithoutAMemberExpiresByItsAge) {
  History history;
  history.group_commits = {{"g", "", -1, 0, 1, "", at(20), at(50), Outcome::ok}};
  history.group_fetches = {fetch(-1, 160, 170)};
  EXPECT_EQ(anomalies(history), "lost-commit") << "offsets are kept";
  history.offsets_kept = milliseconds(100);
  EXPECT_EQ(anomalies(history), "");
  history.group_fetches = {fetch(-1, 60, 115)};
  EXPECT_EQ(anomalies(history), "lost-commit");
}

TEST(Groups, OffsetsOfAGroupExpireOnceItHasHadNoMembersForLong) {
  History history;
  history.offsets_kept = milliseconds(100);
  history.group_commits = {{"g", "m", 1, 0, 1, "", at(0), at(10), Outcome::ok},
                           {"g", "m", 1, 1, 2, "", at(90), at(95), Outcome::ok}};
  history.group_fetches = {fetch(-1, 140, 150)};
  EXPECT_EQ(anomalies(history), "lost-commit") << "m was a member at 90";
  history.group_fetches = {fetch(-1, 180, 192)};
  EXPECT_EQ(anomalies(history), "");
  // Another member's life follows, with a gap that is too short.
  history.group_syncs = {{"g", "n", 2, {}, "", at(150), at(140)}, {"g", "n", 3, {}, "", at(250), at(240)}};
  EXPECT_EQ(anomalies(history), "lost-commit");
  history.group_syncs[0].completed = at(195);
  EXPECT_EQ(anomalies(history), "") << "it may have expired before n was a member";
  history.group_fetches = {fetch(-1, 180, 260)};
  history.group_syncs[0].completed = at(150);
  EXPECT_EQ(anomalies(history), "lost-commit");
  history.group_syncs[0].group = history.group_syncs[1].group = "other";
  EXPECT_EQ(anomalies(history), "");
}

TEST(Groups, OffsetsOfAConsumerGroupExpireByTheirAgeButNotWhileItHasMembers) {
  History history;
  history.offsets_kept = milliseconds(100);
  history.group_ownerships = {{"g", "m", 0, at(0), at(150)}};
  history.group_commits = {{"g", "m", 1, 0, 1, "", at(0), at(10), Outcome::ok},
                           {"g", "m", 1, 1, 2, "", at(150), at(155), Outcome::ok}};
  history.group_fetches = {fetch(-1, 140, 145)};
  EXPECT_EQ(anomalies(history), "lost-commit");
  history.group_fetches = {fetch(-1, 160, 170)};
  EXPECT_EQ(anomalies(history), "");
}

TEST(Groups, AGroupThatWasDeletedBeginsItsGenerationsAgain) {
  History history;
  history.group_syncs = {{"g", "a", 3, {0}, "", at(50), at(40)}, {"g", "b", 3, {0}, "", at(300), at(290)}};
  history.group_commits = {{"g", "c", 1, 1, 1, "", at(310), at(320), Outcome::ok}};
  EXPECT_EQ(anomalies(history), "zombie-commit zombie-commit two-owners");
  history.offsets_kept = milliseconds(100);
  EXPECT_EQ(anomalies(history), "") << "nobody is known to have been a member between 50 and 300";
  history.group_commits.push_back({"g", "a", 3, 1, 2, "", at(305), at(306), Outcome::ok});
  history.group_commits.push_back({"g", "b", 3, 1, 3, "", at(330), at(331), Outcome::ok});
  EXPECT_EQ(anomalies(history), "zombie-commit zombie-commit two-owners");
}

TEST(Groups, AGroupHasNoMoreMembersThanAreAllowed) {
  History history;
  history.group_joins = {{"g", "a", 3, true, {}, "", at(1), 2}, {"g", "b", 3, false, {}, "", at(1)}};
  history.group_ownerships = {{"h", "a", 0, at(10), at(50)},
                              {"h", "a", 1, at(20), at(30)},
                              {"h", "b", 2, at(20), at(60)},
                              {"h", "c", 0, at(50), at(90)},
                              {"i", "d", 0, at(10), at(90)}};
  EXPECT_EQ(anomalies(history), "") << "there is no limit";
  history.group_size_max = 2;
  EXPECT_EQ(anomalies(history), "") << "c begins as a ends";
  history.group_joins[0].members = 3;
  EXPECT_EQ(anomalies(history), "group-too-large");
  history.group_joins[0].members = 2;
  history.group_ownerships.push_back({"h", "d", 1, at(59), at(60)});
  EXPECT_EQ(anomalies(history), "group-too-large");
  history.group_size_max = 3;
  EXPECT_EQ(anomalies(history), "");
}

TEST(Groups, AMemberThatItsLeaderLeavesOutIsToldNothing) {
  History history;
  history.group_joins = {{"g", "a", 3, true, {{"a", {0, 1}}}, "", at(1)}, {"g", "b", 3, false, {}, "", at(1)}};
  history.group_syncs = {{"g", "a", 3, {0, 1}, "", at(2)}, {"g", "b", 3, {}, "", at(2)}};
  EXPECT_EQ(anomalies(history), "");
  history.group_syncs[1].partitions = {2};
  EXPECT_EQ(anomalies(history), "wrong-assignment");
}

}  // namespace
}  // namespace fulmar
