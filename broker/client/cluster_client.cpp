#include "broker/client/cluster_client.h"

#include <algorithm>

#include "broker/protocol/messages/find_coordinator.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

// The one topic that was asked for. Errors: the cluster's for the topic.
Answer<MetadataResponse::Topic> topic_in(MetadataResponse response, const std::string& name) {
  for (auto& topic : response.topics) {
    if (topic.name != name) continue;
    switch (topic.error_code) {
      case ErrorCode::none: return std::move(topic);
      case ErrorCode::unknown_topic_or_partition: return refuse(topic.error_code, "there is no topic " + name);
      case ErrorCode::invalid_topic_exception: return refuse(topic.error_code, "no topic can be called '" + name + "'");
      default: return refuse(topic.error_code, "topic " + name);
    }
  }
  return refuse(ErrorCode::unknown_server_error, "the metadata leave out topic " + name);
}

}  // namespace

ClusterClient::ClusterClient(Host& host, ClusterClientOptions options) : host_(host), options_(std::move(options)) {
  FULMAR_ASSERT(!options_.bootstrap.empty());
}

ClusterClient::~ClusterClient() = default;

bool ClusterClient::worth_another_try(const ClientError& error, Instant begun) const {
  if (!reached_any_) return false;
  bool unknown = error.code == ErrorCode::unknown_topic_or_partition;
  return host_.clock().now() - begun < (unknown ? options_.unknown_topic_patience : options_.patience);
}

Deadline ClusterClient::within(Duration limit, Deadline deadline) const {
  return std::min(deadline, host_.clock().deadline_in(limit));
}

// Addresses to ask: open connections first, then bootstrap addresses, then other known brokers.
std::vector<SocketAddress> ClusterClient::candidates() const {
  std::vector<SocketAddress> found;
  auto add = [&](const SocketAddress& address) {
    if (std::find(found.begin(), found.end(), address) == found.end()) found.push_back(address);
  };
  for (const auto& [address, link] : links_)
    if (link.is_open()) add(address);
  for (const auto& address : options_.bootstrap) add(address);
  for (const auto& [id, address] : brokers_) add(address);
  return found;
}

BrokerLink& ClusterClient::link_to(const SocketAddress& address) {
  return links_.try_emplace(address, host_, address, options_.client_id, options_.security, options_.password, salted_)
      .first->second;
}

// Asks one broker after the other. The error has the code of the last, and the messages of all.
template <class F>
auto ClusterClient::first_that_answers(Deadline deadline, F ask, std::size_t skip)
    -> std::invoke_result_t<F, Connection&> {
  ClientError why(ErrorCode::network_exception, "");
  auto addresses = candidates();
  std::ranges::rotate(addresses, addresses.begin() + static_cast<std::ptrdiff_t>(skip % addresses.size()));
  for (const auto& address : addresses) {
    auto connection = link_to(address).open(within(options_.connect_timeout, deadline));
    reached_any_ = reached_any_ || connection.has_value();
    auto answer = connection ? ask(*connection) : std::unexpected(std::move(connection).error());
    if (answer) return answer;
    auto before = std::move(why.detail);
    why = std::move(answer).error();
    if (!before.empty()) why.detail = before + "; " + why.detail;
  }
  return std::unexpected(std::move(why));
}

void ClusterClient::learn(const MetadataResponse& metadata) {
  brokers_.clear();
  for (const auto& broker : metadata.brokers)
    brokers_[broker.node_id] = {broker.host, static_cast<std::uint16_t>(broker.port)};
  controller_.reset();
  if (metadata.controller_id >= 0) controller_ = metadata.controller_id;
  for (const auto& topic : metadata.topics)
    for (const auto& partition : topic.partitions) {
      std::pair key(topic.name.value_or(""), partition.index);
      leaders_.erase(key);
      if (partition.leader_id >= 0) leaders_[std::move(key)] = partition.leader_id;
    }
}

Answer<MetadataResponse> ClusterClient::ask(const std::optional<std::vector<std::string>>& topics, Deadline deadline) {
  MetadataRequest request;
  request.allow_auto_topic_creation = false;
  if (topics) {
    request.topics.emplace();
    for (const auto& name : *topics) request.topics->push_back({{}, name});
  }
  if (std::exchange(doubted_, false)) ++asked_first_;
  constexpr std::int16_t version_min = 1;  // the first in which an empty list does not mean all topics
  auto response = first_that_answers(
      deadline,
      [&](Connection& connection) -> Answer<MetadataResponse> {
        FULMAR_TRY(auto version, connection->choose_version(ApiKey::metadata, 32767));
        if (version < version_min) return refuse(ErrorCode::unsupported_version, "the broker is too old");
        return connection->call<MetadataResponse>(request, within(options_.connect_timeout, deadline));
      },
      asked_first_);
  if (response) learn(*response);
  return response;
}

Answer<MetadataResponse> ClusterClient::metadata(std::optional<std::vector<std::string>> topics) {
  return retry([&](Deadline deadline) { return ask(topics, deadline); });
}

Answer<MetadataResponse::Topic> ClusterClient::topic(const std::string& name) {
  return retry([&](Deadline deadline) -> Answer<MetadataResponse::Topic> {
    FULMAR_TRY(auto response, ask({{name}}, deadline));
    return topic_in(std::move(response), name);
  });
}

Answer<std::int32_t> ClusterClient::leader_of(const std::string& topic, std::int32_t partition, Deadline deadline) {
  std::pair key(topic, partition);
  if (auto known = leaders_.find(key); known != leaders_.end()) return known->second;
  LockGuard one_at_a_time(asking_);
  // another fiber has asked meanwhile
  if (auto known = leaders_.find(key); known != leaders_.end()) return known->second;
  FULMAR_TRY(auto response, ask({{topic}}, deadline));
  if (auto known = leaders_.find(key); known != leaders_.end()) return known->second;
  FULMAR_TRY(auto described, topic_in(std::move(response), topic));
  auto name = topic + " [" + std::to_string(partition) + "]";
  for (const auto& found : described.partitions)
    if (found.index == partition) return refuse(ErrorCode::leader_not_available, name + " has no leader now");
  return refuse(ErrorCode::unknown_topic_or_partition, "there is no partition " + name);
}

Answer<Brokers::Connection> ClusterClient::broker(std::int32_t id, Deadline deadline) {
  auto known = brokers_.find(id);
  if (known == brokers_.end()) {  // it may have joined or restarted since the last request
    FULMAR_TRY_VOID(ask(std::vector<std::string>{}, deadline));
    known = brokers_.find(id);
  }
  if (known == brokers_.end())
    return refuse(ErrorCode::network_exception, "broker " + std::to_string(id) + " is not in the cluster now");
  auto connection = link_to(known->second).open(within(options_.connect_timeout, deadline));
  if (connection) return connection;
  auto why = std::move(connection).error();
  why.detail = "broker " + std::to_string(id) + ": " + why.detail;
  return std::unexpected(std::move(why));
}

Answer<std::int32_t> ClusterClient::coordinator_of(const std::string& key, Deadline deadline, Coordinated of) {
  constexpr std::int16_t batched_since = 4;
  auto ask = [&](Connection& connection) -> Answer<std::int32_t> {
    FULMAR_TRY(auto version, connection->choose_version(ApiKey::find_coordinator, 32767));
    FindCoordinatorRequest request;
    request.key_type = static_cast<std::int8_t>(of);
    if (version >= batched_since)
      request.coordinator_keys = {key};
    else
      request.key_name = key;
    FULMAR_TRY(auto response,
               connection->call<FindCoordinatorResponse>(request, within(options_.connect_timeout, deadline)));
    auto found = version >= batched_since && !response.coordinators.empty()
                     ? response.coordinators.front()
                     : FindCoordinatorResponse::Coordinator{key,           response.node_id,    response.host,
                                                            response.port, response.error_code, response.error_message};
    if (found.error_code != ErrorCode::none)
      return refuse(found.error_code, found.error_message.value_or("the coordinator of " + key));
    return found.node_id;
  };
  return first_that_answers(deadline, ask, coordinators_asked_for_++);
}

Answer<Brokers::Connection> ClusterClient::leader(const std::string& topic, std::int32_t partition, Deadline deadline) {
  FULMAR_TRY(auto id, leader_of(topic, partition, deadline));
  return broker(id, deadline);
}

Answer<Brokers::Connection> ClusterClient::any(Deadline deadline) {
  return first_that_answers(deadline, [](Connection& connection) -> Answer<Connection> { return connection; });
}

Answer<Brokers::Connection> ClusterClient::controller(Deadline deadline) {
  if (!controller_) FULMAR_TRY_VOID(ask(std::vector<std::string>{}, deadline));
  if (!controller_) return refuse(ErrorCode::not_controller, "the cluster has no controller now");
  return broker(*controller_, deadline);
}

bool ClusterClient::saw_wrong_answer() const {
  return std::any_of(links_.begin(), links_.end(), [](const auto& entry) { return entry.second.saw_wrong_answer(); });
}

}  // namespace fulmar
