// ClusterClient: a client of a whole cluster. It finds the cluster by any of several addresses, learns the leaders from
// the metadata, keeps one connection to each broker that it needs, and retries what may succeed later.
//
// It requests metadata when something is unknown or in doubt, never by a timer. Its requests create no topics.
#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "broker/client/brokers.h"
#include "broker/protocol/messages/metadata.h"
#include "runtime/host/backoff.h"

namespace fulmar {

struct ClusterClientOptions {
  std::vector<SocketAddress> bootstrap;  // at least one; tried in this order; hosts may be names
  std::string client_id = "fulmar";
  ClientSecurity security = {};
  PasswordSource password = {};           // if there is one, in place of security.password
  Duration connect_timeout = seconds(5);  // then the next broker is tried
  Duration request_timeout = seconds(10);
  Duration patience = seconds(30);  // for how long transient errors are retried
  // The same for an unknown topic: not every broker knows a new topic at once.
  Duration unknown_topic_patience = seconds(1);
  Duration retry_backoff = milliseconds(50);
  Duration retry_backoff_max = seconds(1);

  // The timeout in requests to brokers: somewhat less, so that the response still arrives in time.
  std::int32_t broker_timeout_ms() const {
    return static_cast<std::int32_t>(request_timeout / milliseconds(1) * 9 / 10);
  }
};

class ClusterClient final : public Brokers {
 public:
  ClusterClient(Host& host, ClusterClientOptions options);
  ~ClusterClient() override;

  const ClusterClientOptions& options() const { return options_; }

  // Requests the metadata of the brokers and of these topics, or of all. Topics and partitions may have errors of their
  // own.
  Answer<MetadataResponse> metadata(std::optional<std::vector<std::string>> topics);
  // One topic, which exists. Errors: UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC_EXCEPTION.
  Answer<MetadataResponse::Topic> topic(const std::string& name);

  Answer<Connection> leader(const std::string& topic, std::int32_t partition, Deadline deadline) override;
  Answer<Connection> any(Deadline deadline) override;
  void doubt_leader(const std::string& topic, std::int32_t partition) override {
    leaders_.erase({topic, partition});
    doubted_ = true;
  }
  bool saw_wrong_answer() const override;
  // To the broker that carries out changes of topics.
  Answer<Connection> controller(Deadline deadline);

  // The broker that coordinates a group, or a transactional id; asks a different broker each time, since one that is
  // cut off may return an old coordinator. Errors: among others COORDINATOR_NOT_AVAILABLE.
  enum class Coordinated : std::int8_t { group = 0, transaction = 1 };  // as FindCoordinator numbers them
  Answer<std::int32_t> coordinator_of(const std::string& key, Deadline deadline, Coordinated of = Coordinated::group);

  // The same in two steps, for requests about several partitions: a leader's id, and the connection to a broker.
  Answer<std::int32_t> leader_of(const std::string& topic, std::int32_t partition, Deadline deadline);
  Answer<Connection> broker(std::int32_t id, Deadline deadline) override;

  // Calls `attempt` until it succeeds, fails for good, or the patience ends; forgets the leaders and the controller
  // after a failure that may pass. It does not retry before any broker was reached: then the address is more likely
  // wrong than the cluster down.
  template <std::invocable<Deadline> F>
  auto retry(F attempt) -> std::invoke_result_t<F, Deadline> {
    auto begun = host_.clock().now();
    Backoff backoff(host_, options_.retry_backoff, options_.retry_backoff_max);
    for (;;) {
      auto answer = attempt(host_.clock().deadline_in(options_.request_timeout));
      if (answer || !is_retriable(answer.error().code)) return answer;
      leaders_.clear();
      controller_.reset();
      doubted_ = true;
      if (!worth_another_try(answer.error(), begun)) return answer;
      backoff.pause();
    }
  }

 private:
  bool worth_another_try(const ClientError& error, Instant begun) const;
  Deadline within(Duration limit, Deadline deadline) const;
  std::vector<SocketAddress> candidates() const;
  BrokerLink& link_to(const SocketAddress& address);
  // `skip`: how many of the candidates are asked last.
  template <class F>
  auto first_that_answers(Deadline deadline, F ask, std::size_t skip = 0) -> std::invoke_result_t<F, Connection&>;
  void learn(const MetadataResponse& metadata);
  Answer<MetadataResponse> ask(const std::optional<std::vector<std::string>>& topics, Deadline deadline);

  Host& host_;
  ClusterClientOptions options_;
  std::shared_ptr<SaltedPasswords> salted_ = std::make_shared<SaltedPasswords>();
  std::map<SocketAddress, BrokerLink> links_;  // one for each broker that a response has named
  std::map<std::int32_t, SocketAddress> brokers_;
  std::map<std::pair<std::string, std::int32_t>, std::int32_t> leaders_;
  std::optional<std::int32_t> controller_;
  bool reached_any_ = false;
  std::size_t coordinators_asked_for_ = 0;
  // After doubt_leader() another broker is asked for metadata first: one that is cut off has old metadata.
  bool doubted_ = false;
  std::size_t asked_first_ = 0;
  Mutex asking_;  // for leaders: fibers that need one at the same time ask once
};

}  // namespace fulmar
