// AbortedIndex: the transactions that were aborted by markers in one segment. Readers of committed records skip their
// batches. In memory while the broker runs, and in Kafka's .txnindex file beside the segment. It can be rebuilt from
// the segment and the producers' state at the segment's beginning.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/protocol/record_batch.h"

namespace fulmar {

struct AbortedTransaction {
  ProducerId producer_id = no_producer_id;
  Offset first_offset = 0;        // of its records in this partition
  Offset last_offset = 0;         // of its marker
  Offset last_stable_offset = 0;  // the last stable offset once the marker is committed
  bool operator==(const AbortedTransaction&) const = default;
};

class AbortedIndex {
 public:
  static constexpr std::size_t entry_size = 34;

  // In the order of the markers' offsets; asserted.
  void add(const AbortedTransaction& aborted);
  // Removes those whose marker is at or above `offset`.
  void truncate_from(Offset offset);
  void clear() { entries_.clear(); }
  bool empty() const { return entries_.empty(); }
  const std::vector<AbortedTransaction>& entries() const { return entries_; }

  // Adds those that may have records in [from, up_to) to `found`. Returns whether a later segment may have more.
  bool find(Offset from, Offset up_to, std::vector<AbortedTransaction>& found) const;

  // Kafka's file.
  Bytes encode() const;
  // False if the bytes are not an index of a segment with these offsets.
  bool decode(std::string_view bytes, Offset base_offset, Offset next_offset);

 private:
  std::vector<AbortedTransaction> entries_;  // by last_offset
};

// Tells which batches of a log belong to aborted transactions.
class AbortedBatches {
 public:
  explicit AbortedBatches(const std::vector<AbortedTransaction>& aborted);
  bool has(const BatchHeader& header) const;

 private:
  std::map<std::pair<ProducerId, Offset>, Offset> first_by_last_;
};

}  // namespace fulmar
