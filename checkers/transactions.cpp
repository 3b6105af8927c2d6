// Transactions: whether they are whole, in order, fenced, and have their effects once, at the end of the life.
//
// - atomicity: all records of a committed transaction exist, each once; of a transaction with unknown end, all or none.
//   (lost-transaction, torn-transaction, duplicate)
// - order: in each partition the transactions of one transactional id have the order of their begins. (write-inversion)
// - fencing: once a producer has taken over a transactional id, nothing of the previous one is committed, and nothing
//   that it writes is acknowledged. (zombie-commit, zombie-write)
// - exactly once: each record of a stage's source below the offset committed with the transactions has exactly one
//   record in the target, and none at or above it has one. (lost-effect, doubled-effect)
//
// What is read of them meanwhile, and how they depend on each other: transaction_reads.cpp, transaction_cycles.cpp.
#include <algorithm>

#include "checkers/transaction_index.h"

namespace fulmar {

namespace {

class TransactionChecker {
 public:
  TransactionChecker(const TransactionIndex& index, Violations& found)
      : index_(index), history_(index.history()), found_(found) {}

  void check() {
    check_order();
    check_whole();
    check_fencing();
    for (const auto& stage : history_.final_stages) check_effects(stage);
  }

 private:
  void report(const char* property, const char* anomaly, const std::string& what, Instant at) {
    found_.push_back({property, anomaly, what, at});
  }

  void check_order() {
    for (const auto& [tp, records] : index_.final_records()) {
      std::map<std::string, const PipedTransaction*> latest;  // by transactional id
      for (const auto& record : records) {
        const auto* transaction = index_.find(record.transaction);
        if (!transaction) continue;
        auto& last = latest[transaction->transactional_id];
        if (last && last->number > transaction->number)
          report("order", "write-inversion",
                 to_string(tp) + ": " + to_string(*transaction) + " after " + to_string(*last), transaction->completed);
        last = transaction;
      }
    }
  }

  void check_whole() {
    for (const auto& transaction : history_.transactions) {
      auto seen = index_.records_of(transaction.number);
      if (seen == transaction.records) continue;
      auto much = "the final read has " + std::to_string(seen) + " records of " + to_string(transaction);
      if (seen > transaction.records)
        report("atomicity", "duplicate", much, transaction.completed);
      else if (transaction.outcome == Outcome::ok)
        report("atomicity", seen == 0 ? "lost-transaction" : "torn-transaction", much, transaction.completed);
      else if (seen > 0)
        report("atomicity", "torn-transaction", much, transaction.completed);
    }
  }

  // The highest epoch of each transactional id that a producer had taken over with before an instant.
  void check_fencing() {
    std::map<std::string, std::vector<std::pair<Instant, std::int16_t>>> highest;
    for (const auto& take_over : history_.take_overs)
      highest[take_over.transactional_id].emplace_back(take_over.completed, take_over.epoch);
    for (auto& [id, list] : highest) {
      std::ranges::sort(list);
      for (std::size_t n = 1; n < list.size(); ++n) list[n].second = std::max(list[n].second, list[n - 1].second);
    }
    for (const auto& transaction : history_.transactions) {
      const auto& list = highest[transaction.transactional_id];
      auto check = [&](Instant invoked, const char* anomaly, const std::string& what) {
        auto after = std::ranges::lower_bound(list, invoked, {}, [](const auto& one) { return one.first; });
        if (after == list.begin() || std::prev(after)->second <= transaction.epoch) return;
        report("fencing", anomaly,
               what + to_string(transaction) + ", though epoch " + std::to_string(std::prev(after)->second) +
                   " was another's before",
               invoked);
      };
      if (transaction.outcome == Outcome::ok)
        check(transaction.commit_invoked, "zombie-commit", "acknowledged is the commit of ");
      if (transaction.last_write)
        check(*transaction.last_write, "zombie-write", "acknowledged is a write, after the take-over, of ");
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

  const TransactionIndex& index_;
  const History& history_;
  Violations& found_;
};

}  // namespace

void check_transactions(const History& history, Violations& found) {
  TransactionIndex index(history);
  TransactionChecker(index, found).check();
  check_transaction_reads(index, found);
  check_transaction_cycles(index, found);
}

}  // namespace fulmar
