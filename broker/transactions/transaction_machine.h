// TransactionMachine: a TransactionCoordinator on its partition of __transaction_state: reads and writes the records,
// and keeps who waits for which answer. Driven by a CoordinatorPartition.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "broker/coordinator/coordinator_core.h"
#include "broker/transactions/coordinator.h"

namespace fulmar {

class TransactionMachine final : public CoordinatorCore {
 public:
  using Answered = std::function<void(TransactionAnswer)>;

  // `note`: told what becomes of transactions, for the operator's log.
  TransactionMachine(const TransactionSettings& settings, std::function<void(const std::string&)> note)
      : transactions_(settings), note_(std::move(note)) {}

  // For a request to the transactions: `answered` is called once, with a take_appends() after it. Must not wait.
  TransactionToken expect(Answered answered, CoordinatorTime now) {
    wall_ = now.wall;
    waiting_.emplace(++last_token_, std::move(answered));
    return last_token_;
  }
  TransactionCoordinator& transactions() { return transactions_; }

  Result<void> replay(const ReadRecord& record) override;
  bool finish_loading(CoordinatorTime now) override;
  void tick(CoordinatorTime now) override;
  Instant next_deadline() const override { return transactions_.next_deadline(); }
  void committed(AppendId through, CoordinatorTime now) override;
  void append_failed(AppendId id, ErrorCode why, CoordinatorTime now) override;
  void resign() override { transactions_.resign(); }
  std::vector<Append> take_appends() override;

 private:
  TransactionCoordinator transactions_;
  std::function<void(const std::string&)> note_;
  std::map<TransactionToken, Answered> waiting_;
  TransactionToken last_token_ = 0;
  Timestamp wall_ = 0;  // of the last input: the records' time
};

}  // namespace fulmar
