// DescribeTransactions, ListTransactions: the transactions of coordinators (KIP-664).
#include <set>

#include "broker/groups/topic_pattern.h"
#include "broker/protocol/messages/producers.h"
#include "broker/server/requests/access.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/repeats.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::size_t listed_at_once = 1'000;  // before other fibers get their turn

bool is_state(const std::string& name) {
  for (auto state = TransactionState::empty; state <= TransactionState::prepare_epoch_fence;
       state = static_cast<TransactionState>(static_cast<std::int8_t>(state) + 1))
    if (name == transaction_state_name(state)) return true;
  return false;
}

}  // namespace

Result<ByteChain> handle_describe_transactions(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<DescribeTransactionsRequest>());
  DescribeTransactionsResponse response;
  Repeats<std::string_view> repeats;
  Access access(shard, call);
  for (const auto& id : request.transactional_ids) {
    DescribeTransactionsResponse::Transaction described;
    auto error = ErrorCode::invalid_request;
    if (!access.may_on_transaction(AclOperation::describe, id))
      error = ErrorCode::transactional_id_authorization_failed;
    else if (!id.empty() && !repeats.are_too_many(id))
      error = shard.transactions().read(
          id, [&](const TransactionCoordinator& transactions) { described = transactions.describe(id); });
    if (error != ErrorCode::none) described.error_code = error;
    std::erase_if(described.topics, [&](const auto& topic) {
      return !access.sees(AclOperation::describe, AclResourceType::topic, topic.name);
    });
    described.transactional_id = id;
    response.transaction_states.push_back(std::move(described));
  }
  return call.answer(response);
}

Result<ByteChain> handle_list_transactions(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<ListTransactionsRequest>());
  ListTransactionsResponse response;
  for (const auto& state : request.state_filters)
    if (!is_state(state)) response.unknown_state_filters.push_back(state);
  TransactionCoordinator::Matches matches;
  if (request.transactional_id_pattern && !request.transactional_id_pattern->empty()) {
    auto pattern = TopicPattern::compile(*request.transactional_id_pattern);
    if (!pattern) {
      response.error_code = ErrorCode::invalid_regular_expression;
      return call.answer(response);
    }
    matches = [pattern = *pattern](const std::string& id) { return pattern.matches(id); };
  }
  const Access access(shard, call);
  auto now = shard.host().clock().wall_ms();
  for (unsigned n = 0; n < shard.host().shard_count(); ++n)
    shard.on(n, [&](BrokerShard& there) {
      auto error = there.transactions().read_all([&](const TransactionCoordinator& transactions) {
        std::optional<std::string> after;
        do {
          auto page = transactions.list(request, matches, after, listed_at_once, now);
          if (!page) return;
          for (auto& one : page->transactions)
            if (access.sees(AclOperation::describe, AclResourceType::transactional_id, one.transactional_id))
              response.transaction_states.push_back(std::move(one));
          after = page->last;
        } while (after);
      });
      if (error != ErrorCode::none) response.error_code = error;
    });
  if (response.error_code != ErrorCode::none) response.transaction_states.clear();
  return call.answer(response);
}

}  // namespace fulmar
