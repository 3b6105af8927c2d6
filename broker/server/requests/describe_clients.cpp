// DescribeClients: the requests that this broker has answered, by the clients' software, API and version.
#include "broker/protocol/messages/describe_clients.h"

#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"

namespace fulmar {

namespace {

constexpr Duration list_work = nanoseconds(2000);  // of one software's counts

std::vector<DescribeClientsResponse::Requests> listed(const RequestCounts& counts) {
  std::vector<DescribeClientsResponse::Requests> list;
  counts.each(
      [&](std::int16_t key, std::int16_t version, std::int64_t count) { list.push_back({key, version, count}); });
  work_in_slices(list_work);
  return list;
}

}  // namespace

Result<ByteChain> handle_describe_clients(BrokerShard& shard, const Request& call) {
  FULMAR_TRY_VOID(call.body<DescribeClientsRequest>());
  ClientCounts sum;
  for (unsigned n = 0; n < shard.host().shard_count(); ++n)
    shard.on(n, [&](BrokerShard& there) { sum.add(there.client_counts()); });
  DescribeClientsResponse response;
  for (const auto& [software, counts] : sum.by_software())
    if (auto requests = listed(counts); !requests.empty())
      response.clients.push_back({software.name, software.version, std::move(requests)});
  response.others = listed(sum.others());
  return call.answer(response);
}

}  // namespace fulmar
