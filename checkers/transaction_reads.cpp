// What read_committed readers get of transactions: consumers, transactions that pass records on, and whoever asks for
// the stable committed offset (KIP-98, KIP-447).
//
// - aborted reads: nothing of a transaction that was aborted, or whose commit was never requested, neither a record nor
//   an offset. (G1a)
// - precommitted reads: nothing of a transaction before its commit was requested. (precommitted-read)
// - intermediate reads: who gets a record of a transaction gets all its records in that partition from the requested
//   offset to the last one in the response. (G1b; poll-skip, if what is left out is another transaction's, or none's.)
//   This is all that Kafka promises: each partition gets its own marker, so that a transaction may be visible in one
//   partition and not yet in another, and a response may end between two records of one transaction.
// - committed reads stay: what has been read is there at the end. (lost-write)
// - stable offsets: the offset was committed by some transaction, and none that had ended before the request has
//   committed a later one. (phantom-commit, stale-read)
#include <algorithm>
#include <set>

#include "checkers/transaction_index.h"

namespace fulmar {

namespace {

// The offsets that transactions have committed, or would have, if they ended: of one partition that they read.
struct CommittedOffsets {
  std::multimap<Offset, const PipedTransaction*> writers;
  std::vector<std::pair<Instant, Offset>> acknowledged;  // ends of transactions, and the largest offset until then
};

class ReadChecker {
 public:
  ReadChecker(const TransactionIndex& index, Violations& found) : index_(index), found_(found) {}

  void check() {
    for (const auto& read : index_.history().committed_reads) {
      const auto* there = index_.final_records(read.from);
      for (const auto& record : read.records) check_record(read, record, there);
      if (there) check_range(read, *there);
    }
    for (const auto& [tp, records] : index_.final_records())
      for (const auto& record : records) check_record({tp, Instant::max(), {}, -1, 0}, record, nullptr);
    collect_offsets();
    for (const auto& offset : index_.history().stable_offsets) check_offset(offset);
  }

 private:
  void report(const char* property, const char* anomaly, const std::string& what, Instant at) {
    found_.push_back({property, anomaly, what, at});
  }

  // `there`: what is there at the end, or null.
  void check_record(const CommittedRead& read, const PipedRecord& record, const std::vector<PipedRecord>* there) {
    auto place = to_string(read.from) + " has at offset " + std::to_string(record.offset) + " a record of ";
    const auto* transaction = record.transaction ? index_.find(record.transaction) : nullptr;
    if (!transaction && record.transaction)
      return report("transactions", "phantom",
                    place + "transaction " + std::to_string(record.transaction) + ", which nobody has begun",
                    read.completed);
    if (transaction) check_visible(*transaction, place, read.completed);
    if (!there) return;
    auto same = std::ranges::lower_bound(*there, record.offset, {}, &PipedRecord::offset);
    if (same == there->end() || same->offset != record.offset || same->transaction != record.transaction)
      report("committed reads stay", "lost-write",
             to_string(read.from) + " has no more at offset " + std::to_string(record.offset) + " what was read of " +
                 (transaction ? to_string(*transaction) : "no transaction"),
             read.completed);
  }

  void check_visible(const PipedTransaction& transaction, const std::string& place, Instant at) {
    if (never_to_be_committed(transaction))
      report("aborted reads", "G1a", place + to_string(transaction) + ", which was never to be committed", at);
    else if (at < transaction.commit_invoked)
      report("precommitted reads", "precommitted-read", place + to_string(transaction) + ", before it was", at);
  }

  void check_range(const CommittedRead& read, const std::vector<PipedRecord>& there) {
    if (read.position < 0 || read.records.empty()) return;
    std::set<Offset> got;
    std::set<std::uint64_t> transactions;
    for (const auto& record : read.records) {
      got.insert(record.offset);
      if (record.transaction) transactions.insert(record.transaction);
    }
    for (auto at = std::ranges::lower_bound(there, read.position, {}, &PipedRecord::offset);
         at != there.end() && at->offset <= *got.rbegin(); ++at) {
      if (got.contains(at->offset)) continue;
      bool torn = transactions.contains(at->transaction);
      const auto* transaction = index_.find(at->transaction);
      report("intermediate reads", torn ? "G1b" : "poll-skip",
             "a read of " + to_string(read.from) + " from offset " + std::to_string(read.position) + " to " +
                 std::to_string(*got.rbegin()) + " has left out offset " + std::to_string(at->offset) + " of " +
                 (transaction ? to_string(*transaction) : "no transaction") +
                 (torn ? ", of which it has returned other records" : ""),
             read.completed);
    }
  }

  void collect_offsets() {
    std::map<std::pair<std::uint64_t, TopicPartition>, Offset> read_to;  // by transaction and partition
    for (const auto& read : index_.history().committed_reads)
      if (read.transaction && !read.records.empty())
        read_to[{read.transaction, read.from}] = read.records.back().offset + 1;
    for (const auto& [read, offset] : read_to) {
      const auto* transaction = index_.find(read.first);
      if (!transaction) continue;
      auto& offsets = committed_[read.second];
      offsets.writers.emplace(offset, transaction);
      if (transaction->outcome == Outcome::ok) offsets.acknowledged.emplace_back(transaction->completed, offset);
    }
    for (auto& [tp, offsets] : committed_) {
      std::ranges::sort(offsets.acknowledged);
      Offset largest = 0;
      for (auto& [at, offset] : offsets.acknowledged) offset = largest = std::max(largest, offset);
    }
  }

  void check_offset(const StableOffset& told) {
    const auto& offsets = committed_[told.of];
    auto what = "offset " + std::to_string(told.offset) + " of " + to_string(told.of) + " is told as stable";
    auto after =
        std::ranges::lower_bound(offsets.acknowledged, told.invoked, {}, [](const auto& one) { return one.first; });
    if (after != offsets.acknowledged.begin() && std::prev(after)->second > told.offset)
      report("stable offsets", "stale-read",
             what + ", though " + std::to_string(std::prev(after)->second) + " was committed before", told.completed);
    if (told.offset == 0) return;
    auto [first, last] = offsets.writers.equal_range(told.offset);
    if (first == last)
      return report("stable offsets", "phantom-commit", what + ", which no transaction has committed", told.completed);
    auto may_be = [&](const auto& writer) {
      return !never_to_be_committed(*writer.second) && writer.second->commit_invoked <= told.completed;
    };
    if (std::any_of(first, last, may_be)) return;
    // The one that is least wrong.
    auto wanted = std::find_if(first, last, [](const auto& writer) { return !never_to_be_committed(*writer.second); });
    check_visible(*(wanted == last ? first : wanted)->second, what + ", which is that of ", told.completed);
  }

  const TransactionIndex& index_;
  Violations& found_;
  std::map<TopicPartition, CommittedOffsets> committed_;
};

}  // namespace

void check_transaction_reads(const TransactionIndex& index, Violations& found) {
  ReadChecker(index, found).check();
}

}  // namespace fulmar
