// TransactionMachine: a TransactionCoordinator on its partition of __transaction_state: reads and writes its records.
// Driven by a CoordinatorPartition.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "broker/coordinator/answering_core.h"
#include "broker/transactions/coordinator.h"

namespace fulmar {

class TransactionMachine final : public AnsweringCore<TransactionCoordinator> {
 public:
  // `note` writes a line to the operator's log. `unmarked` is called during an input if there are markers to write.
  TransactionMachine(const TransactionSettings& settings, std::function<void(const std::string&)> note,
                     std::function<void()> unmarked)
      : AnsweringCore(std::move(note), settings), unmarked_(std::move(unmarked)) {}

  TransactionCoordinator& transactions() { return coordinator_; }

  Result<void> replay(const ReadRecord& record) override;
  std::vector<Append> take_appends() override;
  AllUnderWay under_way() const override { return coordinator_.under_way(); }

 private:
  std::vector<Record> written(const TransactionAppend& append, Timestamp wall) const override;

  std::function<void()> unmarked_;
};

}  // namespace fulmar
