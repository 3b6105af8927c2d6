#include <gtest/gtest.h>

#include "checkers/history.h"

namespace fulmar {
namespace {

Instant at(std::int64_t ms) {
  return Instant{} + milliseconds(ms);
}

GroupCommit commit(Offset offset, std::int64_t from, std::int64_t to, Outcome outcome = Outcome::ok,
                   std::int32_t generation = 1) {
  return {"g", "m", generation, 0, offset, at(from), outcome == Outcome::ok ? at(to) : Instant::max(), outcome};
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

TEST(Groups, AMemberOfAnEarlierGenerationCommitsNoMore) {
  History history;
  history.group_syncs = {{"g", "other", 2, {0}, at(50)}};
  history.group_commits = {commit(1, 40, 60)};
  EXPECT_EQ(anomalies(history), "");
  history.group_commits = {commit(1, 51, 60)};
  EXPECT_EQ(anomalies(history), "zombie-commit");
  history.group_commits = {commit(1, 51, 60, Outcome::ok, 2)};
  EXPECT_EQ(anomalies(history), "");
}

TEST(Groups, MembersAreToldWhatTheirLeaderAssigned) {
  History history;
  history.group_joins = {{"g", "a", 3, true, {{"a", {0}}, {"b", {1}}}, at(1)}, {"g", "b", 3, false, {}, at(1)}};
  history.group_syncs = {{"g", "a", 3, {0}, at(2)}, {"g", "b", 3, {1}, at(2)}};
  EXPECT_EQ(anomalies(history), "");
  history.group_syncs[1].partitions = {0};
  EXPECT_EQ(anomalies(history), "wrong-assignment");
}

// A generation that was not stable before its coordinator was gone is made again by the next, with another leader.
TEST(Groups, ANumberMayComeAgainButNotBeInForceTwice) {
  History history;
  history.group_joins = {{"g", "a", 3, true, {{"a", {0}}}, at(1)}, {"g", "b", 3, true, {{"b", {0}}}, at(5)}};
  history.group_syncs = {{"g", "b", 3, {0}, at(6)}};
  EXPECT_EQ(anomalies(history), "");
  history.group_syncs.push_back({"g", "a", 3, {0}, at(7)});
  EXPECT_EQ(anomalies(history), "two-leaders");
}

// Who led the generation that was not kept joins the one of the same number as another member.
TEST(Groups, WhoLedBeforeMayFollowUnderTheSameNumber) {
  History history;
  history.group_joins = {{"g", "a", 3, true, {{"a", {0}}}, at(1)},
                         {"g", "b", 3, true, {{"a", {1}}, {"b", {0}}}, at(5)},
                         {"g", "a", 3, false, {}, at(5)}};
  history.group_syncs = {{"g", "b", 3, {0}, at(6)}, {"g", "a", 3, {1}, at(7)}};
  EXPECT_EQ(anomalies(history), "");
}

}  // namespace
}  // namespace fulmar
