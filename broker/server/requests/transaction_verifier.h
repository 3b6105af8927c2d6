// TransactionVerifier: asks transaction coordinators, on whatever brokers, whether a partition is part of an open
// transaction, or to add it (KIP-890).
#pragma once

#include "broker/server/shard/transaction_verification.h"

namespace fulmar {

class BrokerShard;

class TransactionVerifier final : public TransactionVerification {
 public:
  explicit TransactionVerifier(BrokerShard& shard) : shard_(shard) {}

  std::vector<ErrorCode> confirm(const Transaction& transaction, const std::vector<Partition>& partitions, Ask ask,
                                 Deadline deadline) override;

 private:
  BrokerShard& shard_;
};

}  // namespace fulmar
