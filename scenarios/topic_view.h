// TopicView: what brokers show of a topic that only one client makes and changes: of its partitions, by Metadata and
// page by page, and of its properties. Each question goes to another broker.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/protocol/uuid.h"
#include "runtime/base/random.h"
#include "runtime/host/clock.h"
#include "runtime/host/host.h"
#include "scenarios/workload.h"

namespace fulmar {

class TopicView {
 public:
  using Replicas = std::vector<std::int32_t>;  // the preferred leader first
  using Shown = std::vector<Replicas>;         // by partition; empty: there is no such topic

  TopicView(Host& host, Workload& workload, Random random);

  // From now on, of the topic of this name; with an id: of this one, not of an earlier one of that name.
  void follow(std::string name) {
    name_ = std::move(name);
    id_ = {};
  }
  void follow(const Uuid& id) { id_ = id; }
  const Uuid& id() const { return id_; }

  // nullopt: the broker did not say.
  std::optional<Shown> look();
  // What is shown otherwise than `set`, in words; empty: nothing. nullopt: the broker did not say.
  std::optional<std::string> differing_config(const std::map<std::string, std::string>& set);
  // Those that are compared. They change nothing for anybody else.
  static const std::vector<std::string>& properties();

  // One broker's answer. A connection without one is given up.
  template <class Response, class Request>
  std::optional<Response> ask(const Request& request) {
    auto deadline = host_.clock().deadline_in(workload_.request_timeout);
    auto connection = somebody(deadline);
    if (!connection) return std::nullopt;
    auto response = (*connection)->template call<Response>(request, deadline);
    if (response) return std::move(*response);
    (*connection)->abort();
    return std::nullopt;
  }

 private:
  Answer<Brokers::Connection> somebody(Deadline deadline);
  std::optional<Shown> look_at_metadata();
  std::optional<Shown> look_page_by_page();
  bool is_earlier(const Uuid& id) const { return !id_.is_zero() && id != id_; }

  Host& host_;
  Workload& workload_;
  Random random_;
  ClusterClient brokers_;
  std::string name_;
  Uuid id_ = {};
};

}  // namespace fulmar
