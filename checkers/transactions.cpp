// Transactions: what read_committed consumers see of them, during the life and at the end.
//
// - atomicity: all records of a committed transaction exist, each once; of a transaction with unknown end, all or none.
//   (lost-transaction, torn-transaction, duplicate)
// - aborted reads (G1a): no record of an aborted transaction, or of one whose commit was never requested.
//   (aborted-read)
// - precommitted reads: no record before its commit was requested. (precommitted-read)
// - committed reads stay: records that such a consumer has read exist at the end. (lost-write)
// - order: in each partition the transactions of one transactional id have the order of their begins; a cycle of writes
//   among them (G0) would violate this somewhere. (write-inversion)
// - fencing: once a producer has taken over a transactional id, nothing of the previous one is committed.
//   (zombie-commit)
// - exactly once: each record of a stage's source below the offset committed with the transactions has exactly one
//   record in the target, and none at or above it has one. (lost-effect, doubled-effect)
#include <algorithm>

#include "checkers/history.h"

namespace fulmar {

namespace {

std::string told(const PipedTransaction& transaction) {
  auto ms = [](Instant at) { return at == Instant::max() ? "?" : std::to_string(at.ns / 1'000'000) + " ms"; };
  return "transaction " + std::to_string(transaction.number) + " of " + transaction.transactional_id + " (epoch " +
         std::to_string(transaction.epoch) + ", " + std::to_string(transaction.records) + " records, commit [" +
         ms(transaction.commit_invoked) + " .. " + ms(transaction.completed) + "])";
}

class TransactionChecker {
 public:
  TransactionChecker(const History& history, Violations& found) : history_(history), found_(found) {
    for (const auto& transaction : history.transactions) by_number_.emplace(transaction.number, &transaction);
  }

  void check() {
    for (const auto& stage : history_.final_stages) read_stage(stage);
    check_whole();
    check_reads();
    check_fencing();
    for (const auto& stage : history_.final_stages) check_effects(stage);
  }

 private:
  void report(const char* property, const char* anomaly, const std::string& what, Instant at) {
    found_.push_back({property, anomaly, what, at});
  }

  // Null, and reported, if no client has begun it.
  const PipedTransaction* owner(const TopicPartition& tp, const PipedRecord& record, Instant at) {
    auto known = by_number_.find(record.transaction);
    if (known != by_number_.end()) return known->second;
    report("transactions", "phantom",
           to_string(tp) + " has at offset " + std::to_string(record.offset) + " a record of transaction " +
               std::to_string(record.transaction) + ", which nobody has begun",
           at);
    return nullptr;
  }

  void check_visible(const TopicPartition& tp, const PipedRecord& record, const PipedTransaction& transaction,
                     Instant at) {
    auto place = to_string(tp) + " has at offset " + std::to_string(record.offset) + " a record of ";
    if (transaction.outcome == Outcome::failed || transaction.commit_invoked == Instant::max())
      report("aborted reads", "aborted-read", place + told(transaction) + ", which was never to be committed", at);
    else if (at < transaction.commit_invoked)
      report("precommitted reads", "precommitted-read", place + told(transaction) + ", before it was", at);
  }

  void read_stage(const FinalStage& stage) {
    for (const auto& [partition, records] : stage.targets) {
      TopicPartition tp{stage.target, partition};
      std::map<std::string, const PipedTransaction*> latest;  // by transactional id
      for (const auto& record : records) {
        final_records_.emplace(std::pair(tp, record.offset), record.transaction);
        const auto* transaction = owner(tp, record, Instant::max());
        if (!transaction) continue;
        ++seen_[record.transaction];
        check_visible(tp, record, *transaction, Instant::max());
        auto& last = latest[transaction->transactional_id];
        if (last && last->number > transaction->number)
          report("order", "write-inversion", to_string(tp) + ": " + told(*transaction) + " after " + told(*last),
                 transaction->completed);
        last = transaction;
      }
    }
  }

  void check_whole() {
    for (const auto& transaction : history_.transactions) {
      auto seen = seen_[transaction.number];
      if (seen == transaction.records) continue;
      auto much = "the final read has " + std::to_string(seen) + " records of " + told(transaction);
      if (seen > transaction.records)
        report("atomicity", "duplicate", much, transaction.completed);
      else if (transaction.outcome == Outcome::ok)
        report("atomicity", seen == 0 ? "lost-transaction" : "torn-transaction", much, transaction.completed);
      else if (seen > 0)
        report("atomicity", "torn-transaction", much, transaction.completed);
    }
  }

  void check_reads() {
    for (const auto& read : history_.committed_reads)
      for (const auto& record : read.records) {
        const auto* transaction = owner(read.from, record, read.completed);
        if (!transaction) continue;
        check_visible(read.from, record, *transaction, read.completed);
        auto there = final_records_.find({read.from, record.offset});
        if (!final_records_.empty() && (there == final_records_.end() || there->second != record.transaction))
          report("committed reads stay", "lost-write",
                 to_string(read.from) + " has no more at offset " + std::to_string(record.offset) +
                     " what was read of " + told(*transaction),
                 read.completed);
      }
  }

  void check_fencing() {
    std::map<std::string, std::vector<const TakeOver*>> by_id;
    for (const auto& take_over : history_.take_overs) by_id[take_over.transactional_id].push_back(&take_over);
    // The highest epoch known until then.
    std::map<std::string, std::vector<std::int16_t>> highest;
    for (auto& [id, list] : by_id) {
      std::ranges::sort(list, {}, [](const auto* one) { return std::pair(one->completed, one->epoch); });
      for (const auto* one : list)
        highest[id].push_back(highest[id].empty() ? one->epoch : std::max(highest[id].back(), one->epoch));
    }
    for (const auto& transaction : history_.transactions) {
      if (transaction.outcome != Outcome::ok) continue;
      const auto& list = by_id[transaction.transactional_id];
      auto after = std::ranges::lower_bound(list, transaction.commit_invoked, {},
                                            [](const auto* one) { return one->completed; });
      auto before = after - list.begin();
      if (before == 0) continue;
      auto epoch = highest[transaction.transactional_id][static_cast<std::size_t>(before - 1)];
      if (epoch > transaction.epoch)
        report("fencing", "zombie-commit",
               told(transaction) + " was committed, though epoch " + std::to_string(epoch) + " was another's before",
               transaction.completed);
    }
  }

  void check_effects(const FinalStage& stage) {
    std::map<std::pair<std::int32_t, Offset>, int> effects;
    for (const auto& [partition, records] : stage.targets)
      for (const auto& record : records) ++effects[{record.source_partition, record.source_offset}];
    for (const auto& [partition, offsets] : stage.sources) {
      auto known = stage.read_up_to.find(partition);
      auto end = known == stage.read_up_to.end() ? 0 : known->second;
      auto place = [&, partition = partition](Offset offset) {
        return "offset " + std::to_string(offset) + " of " + to_string(TopicPartition{stage.source, partition}) +
               ", of which all below " + std::to_string(end) + " is done,";
      };
      for (auto offset : offsets) {
        auto times = effects.extract({partition, offset});
        int count = times.empty() ? 0 : times.mapped();
        int wanted = offset < end ? 1 : 0;
        if (count < wanted)
          report("exactly once", "lost-effect", place(offset) + " has no record in " + stage.target, Instant::max());
        if (count > wanted)
          report("exactly once", "doubled-effect",
                 place(offset) + " has " + std::to_string(count) + " records in " + stage.target, Instant::max());
      }
    }
    for (const auto& [source, count] : effects)
      report("exactly once", "doubled-effect",
             stage.target + " has a record for offset " + std::to_string(source.second) + " of " +
                 to_string(TopicPartition{stage.source, source.first}) + ", where there is none",
             Instant::max());
  }

  const History& history_;
  Violations& found_;
  std::map<std::uint64_t, const PipedTransaction*> by_number_;
  std::map<std::uint64_t, int> seen_;  // records of each transaction in the final read
  std::map<std::pair<TopicPartition, Offset>, std::uint64_t> final_records_;
};

}  // namespace

void check_transactions(const History& history, Violations& found) {
  TransactionChecker(history, found).check();
}

}  // namespace fulmar
