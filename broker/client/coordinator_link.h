// CoordinatorLink: remembers the broker that coordinates a group, until an error puts that in doubt.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "broker/client/cluster_client.h"

namespace fulmar {

class CoordinatorLink {
 public:
  CoordinatorLink(ClusterClient& cluster, std::string group) : cluster_(cluster), group_(std::move(group)) {}

  // To the coordinator, which is looked up if it is not known.
  Answer<Brokers::Connection> connection(Deadline deadline) {
    if (!broker_) {
      FULMAR_TRY(auto found, cluster_.coordinator_of(group_, deadline));
      broker_ = found;
    }
    auto connection = cluster_.broker(*broker_, deadline);
    if (!connection) doubt();
    return connection;
  }
  // Passes the response on; after an error the coordinator is looked up again, as after doubt().
  template <class Response>
  Answer<Response> believe(Result<Response> response) {
    if (response) return std::move(*response);
    doubt();
    return std::unexpected(ClientError(response.error()));
  }
  void doubt() { broker_.reset(); }

 private:
  ClusterClient& cluster_;
  const std::string group_;
  std::optional<std::int32_t> broker_;
};

}  // namespace fulmar
