// TransactionMachine: a TransactionCoordinator on its partition of __transaction_state: reads and writes its records.
// Driven by a CoordinatorPartition.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "broker/coordinator/answering_core.h"
#include "broker/transactions/coordinator.h"

namespace fulmar {

class TransactionMachine final : public AnsweringCore<TransactionCoordinator> {
 public:
  // `note`: told what becomes of transactions, for the operator's log.
  TransactionMachine(const TransactionSettings& settings, std::function<void(const std::string&)> note)
      : AnsweringCore(std::move(note), settings) {}

  TransactionCoordinator& transactions() { return coordinator_; }

  Result<void> replay(const ReadRecord& record) override;

 private:
  std::vector<Record> written(const TransactionAppend& append, Timestamp wall) const override;
};

}  // namespace fulmar
