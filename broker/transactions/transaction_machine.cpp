#include "broker/transactions/transaction_machine.h"

namespace fulmar {

Result<void> TransactionMachine::replay(const ReadRecord& record) {
  if (!record.key) return fail(Errc::corrupt, "a record without a key");
  auto value = record.value ? std::optional(record.value->view()) : std::nullopt;
  auto read = read_transaction_log_record(record.key->view(), value);
  if (!read && read.error().code == Errc::unsupported) return {};
  if (!read) return std::unexpected(read.error());
  return transactions_.replay(*read);
}

bool TransactionMachine::finish_loading(CoordinatorTime now) {
  wall_ = now.wall;
  return transactions_.finish_loading(now);
}

void TransactionMachine::tick(CoordinatorTime now) {
  wall_ = now.wall;
  transactions_.tick(now);
}

void TransactionMachine::committed(AppendId through, CoordinatorTime now) {
  wall_ = now.wall;
  transactions_.committed(through, now);
}

void TransactionMachine::append_failed(AppendId id, ErrorCode why, CoordinatorTime now) {
  wall_ = now.wall;
  transactions_.append_failed(id, why, now);
}

std::vector<CoordinatorCore::Append> TransactionMachine::take_appends() {
  auto output = transactions_.take_output();
  for (const auto& note : output.notes) note_(note);
  for (auto& answer : output.answers) {
    auto waiting = waiting_.extract(answer.token);
    if (!waiting.empty()) waiting.mapped()(answer);
  }
  std::vector<Append> appends;
  for (const auto& append : output.appends) {
    auto bytes = write_record(append.record);
    Record record{std::string(bytes.key.view()), std::nullopt, wall_, {}};
    if (bytes.value) record.value = std::string(bytes.value->view());
    appends.push_back({append.id, {std::move(record)}});
  }
  return appends;
}

}  // namespace fulmar
