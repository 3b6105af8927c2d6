#include "broker/client/transaction_admin.h"

#include "broker/protocol/messages/init_producer_id.h"

namespace fulmar {

namespace {

constexpr std::int32_t timeout_ms = 60'000;  // of the producer that takes over only to abort

template <class Response, class Request>
Answer<Response> ask_coordinator(ClusterClient& cluster, const std::string& id, const Request& request,
                                 Deadline deadline) {
  FULMAR_TRY(auto broker, cluster.coordinator_of(id, deadline, ClusterClient::Coordinated::transaction));
  FULMAR_TRY(auto connection, cluster.broker(broker, deadline));
  FULMAR_TRY(auto response, connection->template call<Response>(request, deadline));
  return response;
}

}  // namespace

Answer<std::map<std::string, ListTransactionsResponse::Transaction>> list_transactions(
    ClusterClient& cluster, const TransactionFilter& filter) {
  using Listed = std::map<std::string, ListTransactionsResponse::Transaction>;
  ListTransactionsRequest request;
  request.state_filters = filter.states;
  request.duration_filter_ms = filter.open_ms_min;
  return cluster.retry([&](Deadline deadline) -> Answer<Listed> {
    FULMAR_TRY(auto known, cluster.metadata(std::vector<std::string>()));
    Listed listed;
    for (const auto& broker : known.brokers) {
      FULMAR_TRY(auto connection, cluster.broker(broker.node_id, deadline));
      FULMAR_TRY(auto response, connection->call<ListTransactionsResponse>(request, deadline));
      if (response.error_code != ErrorCode::none)
        return refuse(response.error_code, "the transactions of broker " + std::to_string(broker.node_id));
      if (!response.unknown_state_filters.empty())
        return refuse(ErrorCode::invalid_request, "there is no state " + response.unknown_state_filters.front());
      for (auto& one : response.transaction_states) listed[one.transactional_id] = one;
    }
    return listed;
  });
}

Answer<DescribeTransactionsResponse::Transaction> describe_transaction(ClusterClient& cluster,
                                                                       const std::string& transactional_id) {
  using Described = DescribeTransactionsResponse::Transaction;
  return cluster.retry([&](Deadline deadline) -> Answer<Described> {
    FULMAR_TRY(auto response,
               (ask_coordinator<DescribeTransactionsResponse>(
                   cluster, transactional_id, DescribeTransactionsRequest{{transactional_id}}, deadline)));
    if (response.transaction_states.size() != 1)
      return refuse(ErrorCode::unknown_server_error, "the broker answered something else");
    auto& described = response.transaction_states.front();
    if (described.error_code != ErrorCode::none)
      return refuse(described.error_code, "transactional id " + transactional_id);
    return std::move(described);
  });
}

Answer<void> abort_transaction(ClusterClient& cluster, const std::string& transactional_id) {
  FULMAR_TRY_VOID(describe_transaction(cluster, transactional_id));  // otherwise the id would be created
  InitProducerIdRequest request;
  request.transactional_id = transactional_id;
  request.transaction_timeout_ms = timeout_ms;
  return cluster.retry([&](Deadline deadline) -> Answer<void> {
    FULMAR_TRY(auto response, (ask_coordinator<InitProducerIdResponse>(cluster, transactional_id, request, deadline)));
    if (response.error_code != ErrorCode::none)
      return refuse(response.error_code, "transactional id " + transactional_id);
    return {};
  });
}

}  // namespace fulmar
