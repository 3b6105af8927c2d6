#include "scenarios/real/history_lines.h"

#include <gtest/gtest.h>

#include <sstream>

#include "checkers/values.h"

namespace fulmar {
namespace {

History history_of(const std::string& text) {
  History history;
  history.topics["t"] = {};
  std::istringstream lines(text);
  auto read = read_history_lines(lines, history);
  EXPECT_TRUE(read.has_value()) << read.error().detail;
  return history;
}

std::string invoke(ValueId value, int count = 1) {
  return R"({"invoke": )" + std::to_string(value) +
         R"(, "at": 5, "producer": 3, "topic": "t", "partition": 1, "count": )" + std::to_string(count) +
         R"(, "acks": -1, "idempotent": true})" + "\n";
}

TEST(HistoryLines, ASendHasItsInvocationAndItsCompletion) {
  auto history = history_of(invoke(7, 2) + invoke(9) + invoke(10) + invoke(11) + R"({"ok": 7, "at": 8, "offset": 40}
{"failed": 9, "at": 9}
{"unknown": 10, "at": 10}
)");
  ASSERT_EQ(history.sends.size(), 4u);
  const auto& send = history.sends[0];
  EXPECT_EQ(send.to, (TopicPartition{"t", 1}));
  EXPECT_EQ(send.producer, 3);
  EXPECT_EQ(send.count, 2);
  EXPECT_EQ(send.invoked, Instant{5});
  EXPECT_EQ(send.completed, Instant{8});
  EXPECT_EQ(send.base_offset, 40);
  EXPECT_EQ(send.outcome, Outcome::ok);
  EXPECT_EQ(history.sends[1].outcome, Outcome::failed);
  EXPECT_EQ(history.sends[2].outcome, Outcome::unknown);
  EXPECT_EQ(history.sends[3].outcome, Outcome::pending);
}

TEST(HistoryLines, AReadSeesWhetherValuesAreIntact) {
  auto value = make_value(7, 30);
  auto history = history_of(R"({"read": 4, "topic": "t", "partition": 0, "invoked": 1, "completed": 2, "position": 9,)"
                            R"( "sought": true, "records": [[9, ")" +
                            value + R"("], [11, ")" + value + R"(x"]]})");
  ASSERT_EQ(history.reads.size(), 1u);
  const auto& read = history.reads[0];
  EXPECT_EQ(read.consumer, 4);
  EXPECT_EQ(read.position, 9);
  EXPECT_TRUE(read.sought);
  ASSERT_EQ(read.records.size(), 2u);
  EXPECT_EQ(read.records[0].value, 7u);
  EXPECT_TRUE(read.records[0].intact);
  EXPECT_EQ(read.records[1].offset, 11);
  EXPECT_FALSE(read.records[1].intact);
}

TEST(HistoryLines, MembersProcessAndCommit) {
  auto history = history_of(R"({"processed": "g", "partition": 2, "first": 4, "last": 6, "at": 5}
{"commit": 1, "group": "g", "member": "m", "partition": 2, "offset": 7, "at": 6}
{"commit": 2, "group": "g", "member": "m", "partition": 2, "offset": 9, "at": 9}
{"commit-ok": 1, "at": 8}
)");
  ASSERT_EQ(history.group_processings.size(), 1u);
  EXPECT_EQ(history.group_processings[0].group, "g");
  EXPECT_EQ(history.group_processings[0].partition, 2);
  EXPECT_EQ(history.group_processings[0].first, 4);
  EXPECT_EQ(history.group_processings[0].last, 6);
  EXPECT_EQ(history.group_processings[0].at, Instant{5});
  ASSERT_EQ(history.group_commits.size(), 2u);
  EXPECT_EQ(history.group_commits[0].offset, 7);
  EXPECT_EQ(history.group_commits[0].outcome, Outcome::ok);
  EXPECT_EQ(history.group_commits[0].invoked, Instant{6});
  EXPECT_EQ(history.group_commits[0].completed, Instant{8});
  EXPECT_EQ(history.group_commits[1].outcome, Outcome::unknown);
  EXPECT_EQ(history.group_commits[1].completed, Instant::max());
}

TEST(HistoryLines, ACommitThatIsAcknowledgedLateMayTakeEffectOnceMore) {
  auto history = history_of(R"({"commit": 1, "group": "g", "member": "m", "partition": 2, "offset": 7, "at": 6}
{"commit-ok": 1, "at": 1000000007}
)");
  ASSERT_EQ(history.group_commits.size(), 2u);
  EXPECT_EQ(history.group_commits[0].outcome, Outcome::ok);
  const auto& again = history.group_commits[1];
  EXPECT_EQ(again.outcome, Outcome::unknown);
  EXPECT_EQ(again.offset, 7);
  EXPECT_EQ(again.invoked, Instant{6});
  EXPECT_EQ(again.completed, Instant::max());
}

TEST(HistoryLines, APipelineHasItsTransactionsAndWhatTheyRead) {
  auto history = history_of(R"({"take-over": "id", "epoch": 3, "at": 4}
{"transaction": 7, "id": "id", "epoch": 3}
{"passed": 7, "topic": "t", "partition": 1, "position": 5, "offsets": [5, 8], "at": 6}
{"end": 7, "records": 2, "at": 7}
{"transaction": 9, "id": "id", "epoch": 3}
{"aborted": 9, "at": 12}
{"transaction": 10, "id": "id", "epoch": 3}
{"committed": 7, "at": 8}
)");
  ASSERT_EQ(history.take_overs.size(), 1u);
  EXPECT_EQ(history.take_overs[0].epoch, 3);
  ASSERT_EQ(history.transactions.size(), 3u);
  EXPECT_EQ(history.transactions[0].number, 7u);
  EXPECT_EQ(history.transactions[0].transactional_id, "id");
  EXPECT_EQ(history.transactions[0].records, 2);
  EXPECT_EQ(history.transactions[0].commit_invoked, Instant{7});
  EXPECT_EQ(history.transactions[0].completed, Instant{8});
  EXPECT_EQ(history.transactions[0].outcome, Outcome::ok);
  EXPECT_EQ(history.transactions[1].outcome, Outcome::failed);
  EXPECT_EQ(history.transactions[2].outcome, Outcome::pending);
  EXPECT_EQ(history.transactions[2].commit_invoked, Instant::max());
  ASSERT_EQ(history.committed_reads.size(), 1u);
  EXPECT_EQ(history.committed_reads[0].transaction, 7u);
  EXPECT_EQ(history.committed_reads[0].from, (TopicPartition{"t", 1}));
  EXPECT_EQ(history.committed_reads[0].position, 5);
  ASSERT_EQ(history.committed_reads[0].records.size(), 2u);
  EXPECT_EQ(history.committed_reads[0].records[1].offset, 8);
}

TEST(HistoryLines, WhatIsWrongIsRefusedWithItsLine) {
  for (const std::string& text :
       {std::string("no json\n"), std::string("{}\n"), std::string(R"({"ok": 8, "at": 1})"), invoke(7) + invoke(7),
        invoke(7) + R"({"ok": 7, "at": "soon"})", invoke(7) + R"({"ok": 7, "at": 1})" + "\n" + R"({"ok": 7, "at": 1})",
        std::string(R"({"commit-ok": 1, "at": 8})"), std::string(R"({"committed": 7, "at": 8})"),
        std::string(R"({"take-over": "id", "at": 8})"),
        std::string(R"({"read": 4, "topic": "u", "partition": 0, "invoked": 1, "completed": 2})")}) {
    History history;
    history.topics["t"] = {};
    std::istringstream lines(text);
    auto read = read_history_lines(lines, history);
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(read.error().code, Errc::invalid_argument);
    EXPECT_TRUE(read.error().detail.starts_with("line ")) << read.error().detail;
  }
}

TEST(HistoryLines, ASendWhoseOffsetNobodyWasToldIsFoundInTheFinalRead) {
  auto history = history_of(invoke(7) + R"({"ok": 7, "at": 8})" + "\n");
  history.final_reads[{"t", 1}] = {.log_start = 0, .end = 4, .records = {{3, 7, true}}};
  Violations found;
  place_untold_sends(history, found);
  EXPECT_TRUE(found.empty());
  EXPECT_EQ(history.sends[0].base_offset, 3);
  EXPECT_TRUE(check_history(history).empty());
}

TEST(HistoryLines, AndIsLostIfItIsNotThere) {
  auto history = history_of(invoke(7) + R"({"ok": 7, "at": 8})" + "\n");
  history.final_reads[{"t", 1}] = {.log_start = 0, .end = 0, .records = {}};
  Violations found;
  place_untold_sends(history, found);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].anomaly, "lost-write");
  EXPECT_TRUE(check_history(history).empty()) << "it is told once";
}

}  // namespace
}  // namespace fulmar
