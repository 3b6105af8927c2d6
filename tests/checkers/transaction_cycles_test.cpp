// Cycles of dependencies between transactions: hand-made histories, and random ones against a cubic model.
#include <gmock/gmock.h>

#include <algorithm>

#include "checkers/transaction_index.h"
#include "tests/checkers/transaction_story.h"

namespace fulmar {
namespace {

using testing::HasSubstr;

// The order of a transaction's events is that of the offsets which it reads, and passes on.
struct Given {
  Given() { history.final_stages.push_back({"in", "out", {}, {}, {}}); }

  std::uint64_t transaction(const std::string& id) {
    auto& begun = history.transactions.emplace_back();
    begun.number = history.transactions.size();
    begun.transactional_id = id;
    begun.commit_invoked = begun.completed = Instant{};
    begun.outcome = Outcome::ok;
    return begun.number;
  }
  // It passes on the source's offset to this place.
  void writes(std::uint64_t transaction, Offset source_offset, std::int32_t partition, Offset offset) {
    auto& records = history.final_stages[0].targets[partition];
    records.push_back({offset, transaction, 7, source_offset});
    std::ranges::sort(records, {}, &PipedRecord::offset);
    ++history.transactions[transaction - 1].records;
  }
  void reads(std::uint64_t transaction, Offset source_offset, std::uint64_t writer) {
    history.committed_reads.push_back({{"in", 7}, {}, {{source_offset, writer, -1, -1}}, -1, transaction});
  }

  std::string anomalies() {
    TransactionIndex index(history);
    Violations found;
    check_transaction_cycles(index, found);
    std::string all;
    text.clear();
    for (const auto& one : found) {
      all += (all.empty() ? "" : " ") + one.anomaly;
      text += one.text;
    }
    return all;
  }

  History history;
  std::string text;
};

TEST(TransactionCycles, WritesOfOpenTransactionsInterleave) {
  Given given;
  auto a = given.transaction("a");
  auto b = given.transaction("b");
  given.writes(a, 0, 0, 0);
  given.writes(b, 0, 1, 0);
  given.writes(a, 1, 1, 1);
  given.writes(b, 1, 0, 1);
  EXPECT_EQ(given.anomalies(), "") << "a is before b in partition 0 and after it in partition 1";
}

TEST(TransactionCycles, PartitionsDoNotContradictTheOrderOfWrites) {
  Given given;
  auto a = given.transaction("a");
  auto b = given.transaction("b");
  given.writes(a, 0, 1, 4);
  given.writes(a, 1, 0, 5);
  given.writes(b, 0, 0, 6);
  given.writes(b, 1, 1, 3);
  EXPECT_EQ(given.anomalies(), "G0");
  EXPECT_THAT(given.text, HasSubstr("out-0 has offset 5 of transaction 1 before offset 6 of transaction 2 (ww)"));
  EXPECT_THAT(given.text, HasSubstr("out-1 has offset 3 of transaction 2 before offset 4 of transaction 1 (ww)"));
  EXPECT_THAT(given.text, HasSubstr("transaction 1 wrote to out-1 at offset 4, and then wrote to out-0 at offset 5"));
}

TEST(TransactionCycles, ATransactionsOwnWritesAreInOrder) {
  Given given;
  auto a = given.transaction("a");
  given.writes(a, 0, 0, 1);
  given.writes(a, 1, 0, 2);
  EXPECT_EQ(given.anomalies(), "");
  given.writes(a, 2, 0, 0);
  EXPECT_EQ(given.anomalies(), "G0");
}

TEST(TransactionCycles, TransactionsOfOneIdFollowEachOther) {
  for (bool same : {true, false}) {
    Given given;
    auto first = given.transaction("a");
    auto second = given.transaction(same ? "a" : "b");
    given.writes(second, 1, 0, 0);
    given.writes(first, 0, 0, 1);
    EXPECT_EQ(given.anomalies(), same ? "G0" : "");
  }
}

TEST(TransactionCycles, TransactionsDoNotReadEachOther) {
  Given given;
  auto a = given.transaction("a");
  auto b = given.transaction("b");
  auto c = given.transaction("c");
  given.writes(a, 0, 0, 0);
  given.reads(b, 0, a);
  given.writes(b, 0, 0, 1);
  given.reads(c, 0, b);
  given.writes(c, 0, 0, 2);
  EXPECT_EQ(given.anomalies(), "");
  given.reads(a, 1, c);
  given.writes(a, 1, 1, 0);
  EXPECT_EQ(given.anomalies(), "G1c");
  EXPECT_THAT(given.text,
              HasSubstr("transaction 3 was committed before transaction 1 got its record at offset 1 of in-7 (wr)"));
  EXPECT_THAT(given.text, HasSubstr("transaction 1 of a"));
  given.reads(a, 2, b);
  EXPECT_EQ(given.anomalies(), "G1c");
  EXPECT_THAT(given.text, Not(HasSubstr("transaction 3"))) << "that is not the shortest cycle";
}

TEST(TransactionCycles, NobodyReadsItself) {
  Given given;
  auto a = given.transaction("a");
  given.writes(a, 0, 0, 0);
  EXPECT_EQ(given.anomalies(), "");
  given.reads(a, 1, a);
  EXPECT_EQ(given.anomalies(), "G1c");
}

TEST(TransactionCycles, WhatIsWrittenAfterAReadFollowsWhatWasRead) {
  Given after;
  auto a = after.transaction("a");
  auto b = after.transaction("b");
  after.writes(a, 0, 0, 1);
  after.reads(b, 0, a);
  after.writes(b, 0, 0, 0);
  EXPECT_EQ(after.anomalies(), "G1c");

  Given before;
  a = before.transaction("a");
  b = before.transaction("b");
  before.writes(a, 0, 0, 1);
  before.writes(b, 0, 0, 0);
  before.reads(b, 1, a);
  before.writes(b, 1, 0, 2);
  EXPECT_EQ(before.anomalies(), "") << "it has read between its two writes";
}

TEST(TransactionCycles, WhatHasNoRecordsAtTheEndTakesNoPart) {
  Given given;
  auto a = given.transaction("a");
  auto aborted = given.transaction("b");
  given.writes(a, 1, 0, 0);
  given.reads(aborted, 0, a);
  given.reads(a, 0, aborted);
  EXPECT_EQ(given.anomalies(), "") << "another checker's matter: it is an aborted read";
}

// All pairs of events, and what follows from them.
class Model {
 public:
  explicit Model(const History& history) {
    for (const auto& stage : history.final_stages)
      for (const auto& [partition, records] : stage.targets)
        for (const auto& record : records)
          events_.push_back(
              {record.transaction, {stage.target, partition}, record.offset, record.source_offset, 1, {}});
    for (const auto& transaction : history.transactions)
      events_.push_back({transaction.number, {}, -1, 1'000'000, 2, {}});
    for (const auto& read : history.committed_reads)
      if (read.transaction) events_.push_back({read.transaction, {}, -1, read.records[0].offset, 0, read.records});
    std::erase_if(events_, [&](const Event& event) {
      return std::ranges::none_of(
          events_, [&](const Event& other) { return other.rank == 1 && other.transaction == event.transaction; });
    });
    auto id_of = [&](const Event& event) { return history.transactions[event.transaction - 1].transactional_id; };
    for (const auto& a : events_)
      for (const auto& b : events_) {
        bool one = a.transaction == b.transaction;
        bool in_order = std::tuple(a.source_offset, a.rank) < std::tuple(b.source_offset, b.rank);
        bool in_partition = a.rank == 1 && b.rank == 1 && a.place == b.place && a.offset < b.offset;
        bool of_one_id = !one && id_of(a) == id_of(b) && a.transaction < b.transaction;
        bool is_read = a.rank == 2 && std::ranges::count(b.read, a.transaction, &PipedRecord::transaction) > 0;
        before_.push_back((one && in_order) || in_partition || of_one_id);
        writes_.push_back(in_partition || of_one_id);
        reads_.push_back(is_read);
      }
  }

  std::string anomalies() {
    std::string found;
    if (has_cycle(writes_)) found = "G0";
    for (std::size_t n = 0; n < before_.size(); ++n) before_[n] = before_[n] || reads_[n];
    if (has_cycle(reads_)) found += found.empty() ? "G1c" : " G1c";
    return found;
  }

 private:
  struct Event {
    std::uint64_t transaction;
    TopicPartition place;
    Offset offset;
    Offset source_offset;
    int rank;  // 0: read, 1: write, 2: commit
    std::vector<PipedRecord> read;
  };

  bool has_cycle(const std::vector<bool>& through) const {
    auto n = events_.size();
    auto reach = before_;
    for (std::size_t by = 0; by < n; ++by)
      for (std::size_t from = 0; from < n; ++from)
        if (reach[from * n + by])
          for (std::size_t to = 0; to < n; ++to)
            if (reach[by * n + to]) reach[from * n + to] = true;
    for (std::size_t from = 0; from < n; ++from)
      for (std::size_t to = 0; to < n; ++to)
        if (through[from * n + to] && reach[to * n + from]) return true;
    return false;
  }

  std::vector<Event> events_;
  std::vector<bool> before_;  // for each pair, also the next two
  std::vector<bool> writes_;
  std::vector<bool> reads_;
};

std::string anomaly_kinds(const History& history) {
  TransactionIndex index(history);
  Violations found;
  check_transaction_cycles(index, found);
  std::string kinds;
  for (std::string kind : {"G0", "G1c"})
    if (std::ranges::count(found, kind, &Violation::anomaly) > 0) kinds += (kinds.empty() ? "" : " ") + kind;
  return kinds;
}

TEST(TransactionCycles, WhatKafkaMayDoIsAccepted) {
  std::size_t transactions = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    auto history = TransactionStory(Random(seed)).play(200);
    Violations found;
    check_transactions(history, found);
    ASSERT_TRUE(found.empty()) << "seed " << seed << ": " << found[0].anomaly << ", " << found[0].text;
    transactions += history.transactions.size();
  }
  EXPECT_GT(transactions, 1500u);
}

// Two records change places, or a transaction reads what another one has written instead.
void spoil(History& history, Random& random) {
  auto& targets = history.final_stages[random.below(2)].targets;
  std::vector<PipedRecord*> records;
  for (auto& [partition, all] : targets)
    for (auto& record : all) records.push_back(&record);
  if (records.size() < 2 || history.committed_reads.empty()) return;
  if (random.chance(1, 2)) {
    auto& one = *records[random.below(records.size())];
    auto& other = *records[random.below(records.size())];
    std::swap(one.transaction, other.transaction);
    std::swap(one.source_offset, other.source_offset);
  } else {
    auto& read = history.committed_reads[random.below(history.committed_reads.size())];
    read.records.back().transaction = 1 + random.below(history.transactions.size());
  }
}

TEST(TransactionCycles, AsAModelFindsThemInSpoiltHistories) {
  std::map<std::string, int> verdicts;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    auto history = TransactionStory(random.split("story")).play(80);
    for (auto times = random.below(4); times > 0; --times) spoil(history, random);
    auto expected = Model(history).anomalies();
    ASSERT_EQ(anomaly_kinds(history), expected) << "seed " << seed;
    ++verdicts[expected];
  }
  for (auto kind : {"", "G0", "G1c", "G0 G1c"}) EXPECT_GT(verdicts[kind], 10) << kind;
}

}  // namespace
}  // namespace fulmar
