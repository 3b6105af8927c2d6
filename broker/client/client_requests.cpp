#include "broker/client/client_requests.h"

#include "broker/protocol/messages/describe_clients.h"

namespace fulmar {

namespace {

Answer<void> add_of_broker(ClusterClient& cluster, std::int32_t broker, Deadline deadline, ClientRequests& sum) {
  FULMAR_TRY(auto connection, cluster.broker(broker, deadline));
  auto response = connection->call<DescribeClientsResponse>(DescribeClientsRequest{}, deadline);
  if (!response) {
    ClientError error(response.error());
    error.detail += "; broker " + std::to_string(broker) + " may be of a release without such counts";
    return std::unexpected(std::move(error));
  }
  if (response->error_code != ErrorCode::none)
    return refuse(response->error_code, "broker " + std::to_string(broker) + " does not tell");
  for (const auto& client : response->clients)
    for (const auto& [key, version, count] : client.requests)
      sum.by_kind[{client.software_name, client.software_version, key, version}] += count;
  for (const auto& [key, version, count] : response->others) sum.others[{"", "", key, version}] += count;
  return {};
}

}  // namespace

Answer<ClientRequests> client_requests(ClusterClient& cluster, std::optional<std::int32_t> broker) {
  return cluster.retry([&](Deadline deadline) -> Answer<ClientRequests> {
    ClientRequests sum;
    if (broker) {
      FULMAR_TRY_VOID(add_of_broker(cluster, *broker, deadline, sum));
      return sum;
    }
    FULMAR_TRY(auto metadata, cluster.metadata(std::vector<std::string>()));
    for (const auto& alive : metadata.brokers) FULMAR_TRY_VOID(add_of_broker(cluster, alive.node_id, deadline, sum));
    return sum;
  });
}

}  // namespace fulmar
