// AbortedTransactions: finds the batches of a fetch response that belong to aborted transactions, by the list in the
// response (KIP-98).
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

  // Whether the batch's records belong to an aborted transaction. To be called for all batches of the response, in
  // their order, including control batches.
  bool has(const BatchHeader& header, const Bytes& batch);

 private:
  std::vector<Told> told_;  // by first offset
  std::size_t next_ = 0;    // of the first whose first offset is not reached yet
  std::set<ProducerId> open_;
};

}  // namespace fulmar
