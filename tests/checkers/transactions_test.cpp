#include <gtest/gtest.h>

#include "checkers/history.h"

namespace fulmar {
namespace {

Instant at(std::int64_t ms) {
  return Instant{} + milliseconds(ms);
}

const TopicPartition place{"out", 0};

// With one record, committed in [from, to].
PipedTransaction transaction(std::uint64_t number, std::int64_t from, std::int64_t to, Outcome outcome = Outcome::ok,
                             int records = 1, std::int16_t epoch = 0) {
  return {number, "id", epoch, records, at(from), outcome == Outcome::ok ? at(to) : Instant::max(), outcome};
}

// A history at whose end these transactions have one record each, at offsets 0, 1, .. for the source's offsets 0, 1, ..
History with_final(std::vector<PipedTransaction> transactions, const std::vector<std::uint64_t>& seen) {
  History history;
  history.transactions = std::move(transactions);
  auto& stage = history.final_stages.emplace_back(FinalStage{"in", "out", {}, {}, {}});
  auto count = static_cast<Offset>(seen.size());
  stage.read_up_to[0] = count;
  for (Offset n = 0; n < count; ++n) {
    stage.sources[0].insert(n);
    stage.targets[0].push_back({n, seen[static_cast<std::size_t>(n)], 0, n});
  }
  return history;
}

std::string anomalies(const History& history) {
  Violations found;
  check_transactions(history, found);
  std::string all;
  for (const auto& one : found) all += (all.empty() ? "" : " ") + std::string(one.anomaly);
  return all;
}

TEST(Transactions, CommittedOnesAreThere) {
  EXPECT_EQ(anomalies(with_final({transaction(1, 0, 10), transaction(2, 20, 30)}, {1, 2})), "");
  EXPECT_EQ(anomalies(with_final({transaction(1, 0, 10), transaction(2, 20, 30)}, {1})), "lost-transaction");
}

TEST(Transactions, AllOrNothingOfOneIsThere) {
  for (auto outcome : {Outcome::ok, Outcome::unknown}) {
    EXPECT_EQ(anomalies(with_final({transaction(1, 0, 10, outcome, 2)}, {1, 1})), "");
    EXPECT_EQ(anomalies(with_final({transaction(1, 0, 10, outcome, 2)}, {1})), "torn-transaction");
    EXPECT_EQ(anomalies(with_final({transaction(1, 0, 10, outcome)}, {1, 1})), "duplicate");
  }
  EXPECT_EQ(anomalies(with_final({transaction(1, 0, 10, Outcome::unknown)}, {})), "") << "nobody knows its end";
}

TEST(Transactions, NothingOfAbortedOnesIsRead) {
  EXPECT_EQ(anomalies(with_final({transaction(1, 0, 10, Outcome::failed)}, {1})), "G1a");
  auto never_ended = transaction(1, 0, 10, Outcome::pending);
  never_ended.commit_invoked = Instant::max();
  EXPECT_EQ(anomalies(with_final({never_ended}, {1})), "G1a");
  auto history = with_final({transaction(1, 0, 10, Outcome::failed)}, {});
  history.committed_reads = {{place, at(50), {{0, 1, 0, 0}}}};
  EXPECT_EQ(anomalies(history), "G1a");
}

TEST(Transactions, NothingIsReadBeforeItsCommitIsAskedFor) {
  auto history = with_final({transaction(1, 20, 30)}, {1});
  history.committed_reads = {{place, at(25), {{0, 1, 0, 0}}}};
  EXPECT_EQ(anomalies(history), "");
  history.committed_reads = {{place, at(15), {{0, 1, 0, 0}}}};
  EXPECT_EQ(anomalies(history), "precommitted-read");
}

TEST(Transactions, WhatWasReadStays) {
  auto history = with_final({transaction(1, 20, 30), transaction(2, 40, 50)}, {1, 2});
  history.committed_reads = {{place, at(60), {{0, 1, 0, 0}, {1, 2, 0, 1}}}};
  EXPECT_EQ(anomalies(history), "");
  history.committed_reads = {{place, at(60), {{5, 1, 0, 0}}}};
  EXPECT_EQ(anomalies(history), "lost-write");
}

TEST(Transactions, ReadersGetAllOfWhatTheyPass) {
  auto other = transaction(2, 0, 10);
  other.transactional_id = "other";
  auto history = with_final({transaction(1, 0, 10, Outcome::ok, 2), other}, {1, 2, 1});
  history.committed_reads = {{place, at(60), {{0, 1, 0, 0}, {1, 2, 0, 1}, {2, 1, 0, 2}}, 0}};
  EXPECT_EQ(anomalies(history), "");
  history.committed_reads = {{place, at(60), {{0, 1, 0, 0}, {1, 2, 0, 1}}, 0}};
  EXPECT_EQ(anomalies(history), "") << "the next read may get the rest";
  history.committed_reads = {{place, at(60), {{1, 2, 0, 1}, {2, 1, 0, 2}}, 1}};
  EXPECT_EQ(anomalies(history), "") << "it has begun in the middle";
  history.committed_reads = {{place, at(60), {{1, 2, 0, 1}, {2, 1, 0, 2}}, 0}};
  EXPECT_EQ(anomalies(history), "G1b");
  history.committed_reads = {{place, at(60), {{0, 1, 0, 0}, {2, 1, 0, 2}}, 0}};
  EXPECT_EQ(anomalies(history), "poll-skip") << "of another transaction";
  history.committed_reads = {{{"in", 0}, at(60), {{0, 0, -1, -1}, {2, 0, -1, -1}}, 0}};
  EXPECT_EQ(anomalies(history), "poll-skip") << "of no transaction";
}

TEST(Transactions, OneThatReadsUncommittedRecordsIsFound) {
  auto history = with_final({transaction(1, 20, 30), transaction(2, 40, 50)}, {1, 2});
  history.committed_reads = {{place, at(35), {{0, 1, 0, 0}}, 0, 2}};
  EXPECT_EQ(anomalies(history), "");
  history.committed_reads[0].completed = at(15);
  EXPECT_EQ(anomalies(history), "precommitted-read");
}

// Transaction 1 reads up to offset 5, transaction 2 up to offset 9.
struct StableOffsets : testing::Test {
  StableOffsets() {
    history.transactions = {transaction(1, 20, 30, Outcome::ok, 0), transaction(2, 40, 50, Outcome::ok, 0)};
    history.committed_reads = {{{"in", 0}, at(10), {{4, 0, -1, -1}}, 0, 1},
                               {{"in", 0}, at(35), {{8, 0, -1, -1}}, 5, 2}};
  }
  std::string told(Offset offset, std::int64_t from, std::int64_t to) {
    history.stable_offsets = {{{"in", 0}, offset, at(from), at(to)}};
    return anomalies(history);
  }
  History history;
};

TEST_F(StableOffsets, AreThoseOfCommittedTransactions) {
  EXPECT_EQ(told(0, 0, 19), "");
  EXPECT_EQ(told(5, 0, 19), "precommitted-read");
  EXPECT_EQ(told(5, 0, 25), "");
  EXPECT_EQ(told(5, 40, 45), "");
  EXPECT_EQ(told(9, 40, 45), "");
  EXPECT_EQ(told(7, 40, 45), "phantom-commit");
  EXPECT_EQ(told(9, 60, 70), "");
}

TEST_F(StableOffsets, OfSeveralPartitionsComeFromOneTransaction) {
  history.committed_reads.push_back({{"in", 1}, at(36), {{2, 0, -1, -1}}, 0, 2});
  EXPECT_EQ(told(9, 60, 70), "");
  history.stable_offsets.push_back({{"in", 1}, 3, at(60), at(70)});
  EXPECT_EQ(anomalies(history), "");
  history.stable_offsets.back().offset = 0;
  EXPECT_EQ(anomalies(history), "stale-read");
}

TEST_F(StableOffsets, AreNotThoseOfAbortedTransactions) {
  history.transactions[1].outcome = Outcome::failed;
  EXPECT_EQ(told(9, 60, 70), "G1a");
  EXPECT_EQ(told(5, 60, 70), "");
  history.transactions[1].outcome = Outcome::unknown;
  EXPECT_EQ(told(9, 60, 70), "");
  EXPECT_EQ(told(5, 60, 70), "");
}

TEST_F(StableOffsets, AreNotOlderThanTheLastEnd) {
  EXPECT_EQ(told(0, 29, 70), "");
  EXPECT_EQ(told(0, 31, 70), "stale-read");
  EXPECT_EQ(told(5, 49, 70), "");
  EXPECT_EQ(told(5, 51, 70), "stale-read");
  history.transactions[0].outcome = Outcome::unknown;
  EXPECT_EQ(told(0, 31, 70), "");
}

TEST(Transactions, OneThatNobodyHasBegunIsAPhantom) {
  EXPECT_EQ(anomalies(with_final({transaction(1, 0, 10)}, {1, 7})), "phantom");
}

TEST(Transactions, ThoseOfOneProducerAreInTheirOrder) {
  EXPECT_EQ(anomalies(with_final({transaction(1, 0, 10), transaction(2, 20, 30)}, {2, 1})), "write-inversion G0");
  auto other = transaction(2, 20, 30);
  other.transactional_id = "other";
  EXPECT_EQ(anomalies(with_final({transaction(1, 0, 10), other}, {2, 1})), "");
}

TEST(Transactions, WhoWasTakenOverFromCommitsNothing) {
  auto history = with_final({transaction(1, 20, 30)}, {1});
  history.take_overs = {{"id", 1, at(25)}};
  EXPECT_EQ(anomalies(history), "") << "it was asked for before";
  history.take_overs = {{"id", 0, at(5)}, {"id", 1, at(15)}};
  EXPECT_EQ(anomalies(history), "zombie-commit");
  history.take_overs = {{"other", 1, at(15)}};
  EXPECT_EQ(anomalies(history), "");
}

TEST(Transactions, WhoWasTakenOverFromWritesNothing) {
  auto left = transaction(1, 0, 0, Outcome::pending, 0);
  left.commit_invoked = Instant::max();
  History history;
  history.transactions = {left};
  history.take_overs = {{"id", 1, at(25)}};
  history.transactions[0].last_write = at(25);
  EXPECT_EQ(anomalies(history), "") << "it may have been written before";
  history.transactions[0].last_write = at(26);
  EXPECT_EQ(anomalies(history), "zombie-write");
  history.transactions[0].epoch = 1;
  EXPECT_EQ(anomalies(history), "");
}

TEST(Transactions, EachRecordOfTheSourceHasItsEffectOnce) {
  auto history = with_final({transaction(1, 0, 10), transaction(2, 20, 30)}, {1, 2});
  history.final_stages[0].targets[0][1].source_offset = 0;
  EXPECT_EQ(anomalies(history), "doubled-effect lost-effect");
  history = with_final({transaction(1, 0, 10), transaction(2, 20, 30)}, {1, 2});
  history.final_stages[0].read_up_to[0] = 1;
  EXPECT_EQ(anomalies(history), "doubled-effect") << "the offsets are behind the records";
  history.final_stages[0].read_up_to[0] = 2;
  history.final_stages[0].sources[0].erase(1);
  EXPECT_EQ(anomalies(history), "doubled-effect") << "of nothing";
  history.final_stages[0].read_up_to[0] = 5;
  history.final_stages[0].sources[0] = {0, 1, 4};
  EXPECT_EQ(anomalies(history), "lost-effect");
}

}  // namespace
}  // namespace fulmar
