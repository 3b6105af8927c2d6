// TransactionVerification: how a partition's leader learns that a transaction's coordinator knows the partition for
// part of it, before the transaction's first batch is appended there (KIP-890). Else a batch that comes late would open
// a transaction that nobody ends.
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
    whether_added,  // Produce up to version 11: the client has added it before
    to_add,         // from version 12 on producing adds it (transaction.version 2)
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
  // What the coordinator says of each partition, in their order, `none` for those that are part of the open
  // transaction. In a fiber of this shard; waits, at most until the deadline: then NETWORK_EXCEPTION or what was last
  // heard. Errors: as AddPartitionsToTxn's.
  virtual std::vector<ErrorCode> confirm(const Transaction& transaction, const std::vector<Partition>& partitions,
                                         Ask ask, Deadline deadline) = 0;
};

}  // namespace fulmar
