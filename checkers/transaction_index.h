// TransactionIndex: which transaction has written what is there at the end. Shared by the checkers of transactions.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "checkers/history.h"

namespace fulmar {

class TransactionIndex {
 public:
  // The history must outlive the index.
  explicit TransactionIndex(const History& history);

  const History& history() const { return history_; }
  // Null: nobody has begun it.
  const PipedTransaction* find(std::uint64_t number) const;
  // How many of its records are there at the end.
  int records_of(std::uint64_t number) const;
  // All committed records at the end, by offset. Those of no transaction have the transaction 0. Null: not known.
  const std::vector<PipedRecord>* final_records(const TopicPartition& tp) const;
  const std::map<TopicPartition, std::vector<PipedRecord>>& final_records() const { return final_; }

 private:
  const History& history_;
  std::map<std::uint64_t, const PipedTransaction*> by_number_;
  std::map<std::uint64_t, int> counts_;
  std::map<TopicPartition, std::vector<PipedRecord>> final_;
};

// Whether its producer has aborted it, or has never tried to commit it.
inline bool never_to_be_committed(const PipedTransaction& transaction) {
  return transaction.outcome == Outcome::failed || transaction.commit_invoked == Instant::max();
}

// What a transaction and the readers of committed records read; see the .cpp.
void check_transaction_reads(const TransactionIndex& index, Violations& found);
// Cycles of dependencies between transactions; see the .cpp.
void check_transaction_cycles(const TransactionIndex& index, Violations& found);

}  // namespace fulmar
