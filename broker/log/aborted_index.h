// AbortedIndex: which transactions were aborted by markers that lie in one segment, so that readers of committed
// records know what to leave out. In memory while the broker runs, and in Kafka's .txnindex file beside the segment. It
// can be made again from the segment, with the producers' state as of its beginning.
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
  Offset last_stable_offset = 0;  // once the marker was committed: below, no transaction was open any more
  bool operator==(const AbortedTransaction&) const = default;
};

class AbortedIndex {
 public:
  static constexpr std::size_t entry_size = 34;

  // Markers come in the order of their offsets.
  void add(const AbortedTransaction& aborted);
  // Drops those whose marker is at or above `offset`.
  void truncate_from(Offset offset);
  void clear() { entries_.clear(); }
  bool empty() const { return entries_.empty(); }
  const std::vector<AbortedTransaction>& entries() const { return entries_; }

  // Adds those that have records in [from, up_to) to `found`. Whether a later segment may hold more of them.
  bool find(Offset from, Offset up_to, std::vector<AbortedTransaction>& found) const;

  // Kafka's file.
  Bytes encode() const;
  // False if the bytes are no index of a segment of those offsets.
  bool decode(std::string_view bytes, Offset base_offset, Offset next_offset);

 private:
  std::vector<AbortedTransaction> entries_;  // by last_offset
};

// Which batches of a log are of aborted transactions.
class AbortedBatches {
 public:
  explicit AbortedBatches(const std::vector<AbortedTransaction>& aborted);
  bool has(const BatchHeader& header) const;

 private:
  std::map<std::pair<ProducerId, Offset>, Offset> first_by_last_;
};

}  // namespace fulmar
