#include "checkers/transaction_index.h"

#include <algorithm>
#include <set>

namespace fulmar {

TransactionIndex::TransactionIndex(const History& history) : history_(history) {
  for (const auto& transaction : history.transactions) by_number_.emplace(transaction.number, &transaction);
  for (const auto& stage : history.final_stages)
    for (const auto& [partition, records] : stage.targets) {
      auto& all = final_[{stage.target, partition}];
      all.insert(all.end(), records.begin(), records.end());
      for (const auto& record : records) ++counts_[record.transaction];
    }
  for (const auto& stage : history.final_stages)
    for (const auto& [partition, offsets] : stage.sources) {
      auto& all = final_[{stage.source, partition}];
      std::set<Offset> known;
      for (const auto& record : all) known.insert(record.offset);
      for (auto offset : offsets)
        if (!known.contains(offset)) all.push_back({.offset = offset});
    }
  for (auto& [tp, records] : final_) std::ranges::sort(records, {}, &PipedRecord::offset);
}

const PipedTransaction* TransactionIndex::find(std::uint64_t number) const {
  auto found = by_number_.find(number);
  return found == by_number_.end() ? nullptr : found->second;
}

int TransactionIndex::records_of(std::uint64_t number) const {
  auto found = counts_.find(number);
  return found == counts_.end() ? 0 : found->second;
}

const std::vector<PipedRecord>* TransactionIndex::final_records(const TopicPartition& tp) const {
  auto found = final_.find(tp);
  return found == final_.end() ? nullptr : &found->second;
}

}  // namespace fulmar
