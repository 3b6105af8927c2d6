// AbortedTransactions: which batches of a fetch's answer are of transactions that were aborted, as the broker has told
// with them (KIP-98).
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/record_batch.h"

namespace fulmar {

class AbortedTransactions {
 public:
  using Told = FetchResponse::Topic::Partition::AbortedTransaction;

  explicit AbortedTransactions(std::optional<std::vector<Told>> told);

  // Whether the batch's records are of an aborted transaction. To be asked of all batches of the answer, in their
  // order, control batches included.
  bool has(const BatchHeader& header, const Bytes& batch);

 private:
  std::vector<Told> told_;  // by first offset
  std::size_t next_ = 0;    // of those whose first offset is not reached yet
  std::set<ProducerId> open_;
};

}  // namespace fulmar
