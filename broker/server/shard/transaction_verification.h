// TransactionVerification: a partition's leader has a transaction's coordinator confirm that the partition is part of
// the transaction, before it appends the first batch (KIP-890). Otherwise a late batch would open a transaction that
// nobody ends.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/record_batch.h"
#include "runtime/base/time.h"

namespace fulmar {

class TransactionVerification {
 public:
  virtual ~TransactionVerification() = default;

  enum class Ask : std::uint8_t {
    whether_added,  // Produce up to version 11: the client has added the partition before
    to_add,         // from version 12 on producing adds the partition (transaction.version 2)
  };
  struct Partition {
    std::string topic;
    std::int32_t index;
  };
  struct Transaction {
    std::string transactional_id;
    ProducerId producer_id = no_producer_id;
    std::int16_t producer_epoch = -1;
  };
  // The coordinator's answer for each partition, in their order: `none` for those that are part of the open
  // transaction. In a fiber of this shard; waits until the deadline at most: then NETWORK_EXCEPTION or the last error.
  // Errors: as AddPartitionsToTxn's.
  virtual std::vector<ErrorCode> confirm(const Transaction& transaction, const std::vector<Partition>& partitions,
                                         Ask ask, Deadline deadline) = 0;
};

}  // namespace fulmar
