#include "broker/server/controller/controller.h"

#include <algorithm>
#include <set>

#include "broker/cluster/reassignment.h"
#include "broker/server/controller/voters.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/base/mark.h"
#include "runtime/base/utf8.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration look_interval = milliseconds(500);
constexpr std::size_t host_bytes_max = 255;  // of a DNS name
constexpr std::size_t rack_bytes_max = 4096;
constexpr std::int32_t port_max = 65535;
constexpr std::size_t features_max = 100;
constexpr std::size_t feature_bytes_max = 255;
constexpr std::size_t listeners_max = 100;
constexpr std::size_t listener_bytes_max = 255;

FeatureRanges features_of(const RegisterBrokerRequest& request) {
  FeatureRanges ranges;
  for (const auto& feature : request.features) ranges.push_back({feature.name, feature.min, feature.max});
  return ranges;
}

ListenerImages listeners_of(const RegisterBrokerRequest& request) {
  if (request.listeners.empty()) return plain_listener({request.host, static_cast<std::uint16_t>(request.port)});
  ListenerImages listeners;
  for (const auto& [name, protocol, host, port] : request.listeners)
    listeners.push_back({name, static_cast<SecurityProtocol>(protocol), {host, static_cast<std::uint16_t>(port)}});
  return listeners;
}

BrokerImage image_of(const RegisterBrokerRequest& request) {
  return {.directory = request.directory_id,
          .listeners = listeners_of(request),
          .internal = {request.internal_host, static_cast<std::uint16_t>(request.internal_port)},
          .rack = request.rack,
          .fenced = false,
          .incarnation = request.incarnation_id,
          .features = features_of(request)};
}

std::string listeners_not_known() {
  return "several listeners, or one that is not PLAINTEXT, need " + std::string(metadata_version) + " " +
         std::to_string(metadata_with_security) +
         ": raise it once all brokers have this release (fulmar cluster features --upgrade metadata.version=3)";
}

// Every broker has to store and read these fields, whoever sent them.
bool is_possible(const RegisterBrokerRequest& request) {
  auto is_host = [](const std::string& text) { return text.size() <= host_bytes_max && is_utf8(text); };
  auto is_port = [](std::int32_t port) { return port >= 0 && port <= port_max; };
  bool rack = !request.rack || (request.rack->size() <= rack_bytes_max && is_utf8(*request.rack));
  auto is_feature = [](const RegisterBrokerRequest::Feature& feature) {
    return feature.name.size() <= feature_bytes_max && is_utf8(feature.name);
  };
  bool features = request.features.size() <= features_max && std::ranges::all_of(request.features, is_feature);
  auto is_listener = [&](const RegisterBrokerRequest::Listener& listener) {
    bool protocol = listener.protocol >= 0 && listener.protocol <= static_cast<int>(SecurityProtocol::sasl_ssl);
    bool name = !listener.name.empty() && listener.name.size() <= listener_bytes_max && is_utf8(listener.name);
    auto same = [&](const RegisterBrokerRequest::Listener& other) { return other.name == listener.name; };
    bool once = std::ranges::count_if(request.listeners, same) == 1;
    return protocol && name && once && is_host(listener.host) && is_port(listener.port);
  };
  features =
      features && request.listeners.size() <= listeners_max && std::ranges::all_of(request.listeners, is_listener);
  return features && request.broker_id >= 0 && is_host(request.host) && is_host(request.internal_host) &&
         is_port(request.port) && is_port(request.internal_port) && rack;
}

// Whether a heartbeat is from the broker's registered run: a late one of an earlier run does not count.
ErrorCode check_sender(const BrokerHeartbeatRequest& request, const MetadataImage& image) {
  auto known = image.brokers.find(request.broker_id);
  if (known == image.brokers.end() || known->second.directory != request.directory_id)
    return ErrorCode::broker_id_not_registered;
  return known->second.incarnation == request.incarnation_id ? ErrorCode::none : ErrorCode::stale_broker_epoch;
}

}  // namespace

void Controller::start() {
  fibers_.spawn("control", [this] { run(); });
}

Instant Controller::now() const {
  return shard_.host().clock().now();
}

void Controller::stop() {
  fibers_.cancel();
  fibers_.join();
}

// What can't be done now is tried again in the next round.
void Controller::run() {
  for (;;) {
    changed_.wait(shard_.host().clock().deadline_in(look_interval));
    changed_.reset();
    if (!shard_.broker().metadata->controls()) continue;
    auto look = [&](Draft& draft) {
      if (!draft.controls()) return;
      fence_the_silent(draft);
      end_reassignments(draft);
      set_metadata_voters(draft);
      replace_lost_directories(draft);
      end_decommissions(draft);
      auto error = draft.commit();
      if (error != ErrorCode::none) {
        FULMAR_MARK("controller: change not committed");
        shard_.log().debug("not changed", {{"reason", error_code_name(error)}});
      }
    };
    change_metadata(shard_, look, not_at_all);
  }
}

// Answered before all shards show the change: the broker itself waits until it has caught up.
RegisterBrokerResponse Controller::register_broker(const RegisterBrokerRequest& request) {
  auto enter = [&](Draft& draft) -> RegisterBrokerResponse {
    if (!draft.controls()) return {ErrorCode::not_controller};
    sessions_.control(draft.epoch, now());
    if (!is_possible(request)) return {ErrorCode::invalid_request};
    auto next = image_of(request);
    if (auto supported = check_support(next.features, draft.image.features); !supported)
      return {ErrorCode::unsupported_version, -1, supported.error().detail};
    if (!is_plain(next.listeners)) {
      if (draft.image.cluster_id.empty()) return {ErrorCode::not_controller};  // the cluster's levels come in a moment
      if (level_of(draft.image.features, metadata_version) < metadata_with_security)
        return {ErrorCode::unsupported_version, -1, listeners_not_known()};
    }
    auto retired = draft.image.retired.find(request.broker_id);
    if (retired != draft.image.retired.end() && retired->second == next.directory)
      return {ErrorCode::broker_id_not_registered};
    auto known = draft.image.brokers.find(request.broker_id);
    if (known != draft.image.brokers.end()) next.leaving = known->second.leaving;
    bool new_here = known == draft.image.brokers.end() || known->second != next;
    // Two brokers with the same id, or one whose disk was emptied and that is back before its session ended: the
    // registered one stays.
    if (new_here && known != draft.image.brokers.end() && known->second.directory != next.directory &&
        !known->second.fenced && !silent(request.broker_id)) {
      FULMAR_MARK("controller: duplicate registration refused");
      return {ErrorCode::duplicate_broker_registration};
    }
    if (new_here) {
      draft.add(BrokerRecord{request.broker_id, std::move(next)});
      if (draft.commit() != ErrorCode::none) return {ErrorCode::not_controller};
      shard_.log().info("broker registered", {{"broker", request.broker_id}});
    }
    sessions_.heard(request.broker_id, now());
    return {ErrorCode::none, shard_.broker().metadata->image()->offset};
  };
  return change_metadata(shard_, enter, not_at_all);
}

BrokerHeartbeatResponse Controller::heartbeat(const BrokerHeartbeatRequest& request) {
  auto& metadata = *shard_.broker().metadata;
  if (!metadata.controls()) return {ErrorCode::not_controller};
  sessions_.control(metadata.controller_epoch(), now());
  auto image = metadata.image();
  if (auto error = check_sender(request, *image); error != ErrorCode::none) return {error};
  sessions_.heard(request.broker_id, now());
  // Writes a record only if something changes, since most heartbeats change nothing.
  auto wanted = [&](const MetadataImage& known) {
    auto broker = known.brokers.at(request.broker_id);
    broker.stopping = broker.stopping || request.want_shut_down;
    broker.fenced = request.want_fence;
    return broker;
  };
  if (wanted(*image) == image->brokers.at(request.broker_id)) return {};
  return change_metadata(shard_, [&](Draft& draft) -> BrokerHeartbeatResponse {
    if (auto error = check_sender(request, draft.image); error != ErrorCode::none) return {error};
    draft.add(BrokerRecord{request.broker_id, wanted(draft.image)});
    return {draft.commit()};
  });
}

bool Controller::silent(std::int32_t broker) const {
  return sessions_.silent_since(broker, now() - shard_.config().session_timeout);
}

void Controller::fence_the_silent(Draft& draft) {
  sessions_.control(draft.epoch, now());
  sessions_.heard(shard_.broker().self.broker, now());
  auto brokers = draft.image.brokers;
  for (auto& [id, broker] : brokers) {
    if (broker.fenced || !silent(id)) continue;
    shard_.log().warn("broker fenced", {{"broker", id}});
    broker.fenced = true;
    draft.add(BrokerRecord{id, std::move(broker)});
  }
}

void Controller::end_reassignments(Draft& draft) {
  const auto image = draft.image;  // the draft changes
  for (const auto& [id, index] : shard_.leaders().at_rest()) {
    const auto* topic = image.topic(id);
    if (!topic || index < 0 || index >= topic->partition_count()) continue;
    const auto& leader = *shard_.leaders().find({id, index});
    auto ended = settled(topic->partitions[static_cast<std::size_t>(index)], leader.voters, leader.configuration);
    if (!ended) continue;
    shard_.log().info("replicas changed", {{"topic", image.topic_name(id)}, {"partition", index}});
    draft.add(PartitionRecord{id, index, std::move(*ended)});
  }
}

void Controller::set_metadata_voters(const Draft& draft) {
  auto& metadata = *shard_.broker().metadata;
  std::set<std::int32_t> configured;
  for (const auto& [id, address] : shard_.config().controllers) configured.insert(id);
  auto voters = wanted_voters(draft.image, metadata_voters(metadata), configured);
  if (voters != metadata.voters()) metadata.set_voters(std::move(voters));
}

void Controller::replace_lost_directories(Draft& draft) {
  for (auto& record : lost_directories_.replacements(std::make_shared<const MetadataImage>(draft.image)))
    draft.add(std::move(record));
}

// A leaving broker is unregistered when no group has it as a member any more.
void Controller::end_decommissions(Draft& draft) {
  auto leaves = [](const auto& known) { return known.second.leaving; };
  if (std::ranges::none_of(draft.image.brokers, leaves)) return;
  std::set<std::int32_t> needed;
  for (const auto& [name, topic] : draft.image.topics)
    for (const auto& partition : topic.partitions)
      for (const auto& id : partition.replicas) needed.insert(id.broker);
  const auto& raft = shard_.broker().metadata->replica().raft();
  for (const auto& id : raft.configuration().all_voters()) needed.insert(id.broker);
  auto brokers = draft.image.brokers;
  for (const auto& [id, broker] : brokers) {
    if (!broker.leaving || needed.contains(id) || !raft.configuration_settled()) continue;
    shard_.log().info("broker unregistered", {{"broker", id}});
    draft.add(UnregisterRecord{id});
  }
}

}  // namespace fulmar
