#include "broker/transactions/transaction_machine.h"

namespace fulmar {

Result<void> TransactionMachine::replay(const ReadRecord& record) {
  if (!record.key) return fail(Errc::corrupt, "a record without a key");
  auto value = record.value ? std::optional(record.value->view()) : std::nullopt;
  auto read = read_transaction_log_record(record.key->view(), value);
  if (!read && read.error().code == Errc::unsupported) return {};
  if (!read) return std::unexpected(read.error());
  return coordinator_.replay(*read);
}

std::vector<CoordinatorCore::Append> TransactionMachine::take_appends() {
  if (coordinator_.has_unmarked()) unmarked_();
  return AnsweringCore::take_appends();
}

std::vector<Record> TransactionMachine::written(const TransactionAppend& append, Timestamp wall) const {
  return {to_record(write_record(append.record), wall)};
}

}  // namespace fulmar
