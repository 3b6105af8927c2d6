#include "broker/server/requests/transaction_verifier.h"

#include <map>

#include "broker/protocol/messages/transactions.h"
#include "broker/server/requests/ask_broker.h"
#include "broker/server/shard/broker_shard.h"

namespace fulmar {

namespace {

constexpr std::int16_t version = 5;  // which has TRANSACTION_ABORTABLE

}  // namespace

std::vector<ErrorCode> TransactionVerifier::confirm(const Transaction& transaction,
                                                    const std::vector<Partition>& partitions, Ask ask,
                                                    Deadline deadline) {
  std::vector<ErrorCode> errors(partitions.size(), ErrorCode::coordinator_not_available);
  auto coordinator = shard_.transactions().coordinator_of(transaction.transactional_id);
  if (coordinator < 0) return errors;
  AddPartitionsToTxnRequest request;
  auto& asked = request.transactions.emplace_back();
  asked.transactional_id = transaction.transactional_id;
  asked.producer_id = transaction.producer_id;
  asked.producer_epoch = transaction.producer_epoch;
  asked.verify_only = ask == Ask::whether_added;
  std::map<std::string, std::vector<std::int32_t>> topics;
  for (const auto& partition : partitions) topics[partition.topic].push_back(partition.index);
  for (auto& [name, indexes] : topics) asked.topics.push_back({name, indexes});
  auto response = ask_broker<AddPartitionsToTxnResponse>(shard_, coordinator, request, version, deadline);
  std::map<std::pair<std::string, std::int32_t>, ErrorCode> said;
  if (response && !response->transactions.empty())
    for (const auto& topic : response->transactions.front().topics)
      for (const auto& partition : topic.partitions) said[{topic.name, partition.index}] = partition.error_code;
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    auto found = said.find({partitions[i].topic, partitions[i].index});
    errors[i] = found == said.end() ? ErrorCode::network_exception : found->second;
  }
  return errors;
}

}  // namespace fulmar
