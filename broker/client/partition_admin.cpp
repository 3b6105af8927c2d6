#include "broker/client/partition_admin.h"

#include "broker/client/admin.h"
#include "broker/protocol/messages/topics.h"

namespace fulmar {

Answer<void> add_partitions(ClusterClient& cluster, const std::string& topic, std::int32_t count) {
  CreatePartitionsRequest request;
  request.topics.push_back({topic, count, {}});
  request.timeout_ms = cluster.options().broker_timeout_ms();
  bool tried = false;  // a try may have been carried out
  auto added = cluster.retry([&](Deadline deadline) -> Answer<void> {
    FULMAR_TRY(auto controller, cluster.controller(deadline));
    auto response = controller->call<CreatePartitionsResponse>(request, deadline);
    if (!response) {
      tried = true;
      return std::unexpected(response.error());
    }
    if (response->results.size() != 1)
      return refuse(ErrorCode::unknown_server_error, "CreatePartitions was answered with something else");
    const auto& result = response->results.front();
    if (result.error_code == ErrorCode::none) return {};
    // The broker continues after the timeout: creating many partitions takes longer than a request.
    tried = tried || result.error_code == ErrorCode::request_timed_out;
    return refuse(result.error_code, result.error_message.value_or("topic " + topic));
  });
  if (added || !tried || added.error().code != ErrorCode::invalid_partitions) return added;
  // An earlier try may have added them: then the count is right.
  FULMAR_TRY(auto there, cluster.topic(topic));
  if (there.partitions.size() != static_cast<std::size_t>(count)) return added;
  FULMAR_TRY_VOID(await_led(cluster, topic));
  return {};
}

Answer<std::map<std::int32_t, Offset>> delete_records(ClusterClient& cluster, const std::string& topic,
                                                      const std::map<std::int32_t, Offset>& before) {
  std::map<std::int32_t, Offset> begins;
  for (const auto& [partition, offset] : before) {
    DeleteRecordsRequest request;
    request.topics.push_back({topic, {{partition, offset}}});
    request.timeout_ms = cluster.options().broker_timeout_ms();
    FULMAR_TRY(begins[partition], cluster.retry([&](Deadline deadline) -> Answer<Offset> {
      FULMAR_TRY(auto leader, cluster.leader(topic, partition, deadline));
      FULMAR_TRY(auto response, leader->call<DeleteRecordsResponse>(request, deadline));
      if (response.topics.size() != 1 || response.topics[0].partitions.size() != 1)
        return refuse(ErrorCode::unknown_server_error, "DeleteRecords was answered with something else");
      const auto& result = response.topics[0].partitions[0];
      if (result.error_code == ErrorCode::none) return result.low_watermark;
      return refuse(result.error_code, topic + " [" + std::to_string(partition) + "]");
    }));
  }
  return begins;
}

}  // namespace fulmar
