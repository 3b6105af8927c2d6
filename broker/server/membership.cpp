#include "broker/server/membership.h"

#include <algorithm>

#include "broker/server/controller/controller.h"
#include "broker/server/listen_address.h"
#include "broker/server/requests/ask_broker.h"
#include "broker/server/requests/elections.h"
#include "broker/server/requests/forward.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/served_api.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/base/mark.h"
#include "runtime/host/backoff.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration call_max = seconds(10);
constexpr Duration known_here_max = seconds(5);
constexpr Duration leave_max = seconds(6);  // in addition, at most twice as long until the controller knows
constexpr Duration tell_max = seconds(2);
constexpr Duration leave_retry_interval = milliseconds(20);
constexpr Duration register_retry_min = milliseconds(100);
constexpr Duration register_retry_max = seconds(1);
constexpr Duration register_quietly_max = seconds(2);

}  // namespace

Membership::Membership(BrokerShard& shard, Controller& controller, std::function<void(Error)> excluded)
    : shard_(shard),
      controller_(controller),
      server_(shard.host(), shard.peers(), static_cast<std::size_t>(shard.config().peer_connections_max),
              {.deliver = [this](std::vector<GroupMessage> messages) { deliver(std::move(messages)); },
               .pulses = [this](const PeerConnection& from, const PulsesRequest& said) { deliver_pulses(from, said); },
               .learn_leaders =
                   [this](const PeerConnection& from, const LeadersRequest& leaders) {
                     return shard_.learn_everywhere(from, leaders, {leaders.as_of});
                   },
               .ended = [this](const PeerConnection& from) { shard_.forget_leaders_everywhere(from); },
               .call = [this](const RequestHeader& header, Reader& body) { return answer(header, body); }}),
      excluded_(std::move(excluded)) {}

Result<void> Membership::listen() {
  FULMAR_TRY(auto at, listen_address(shard_.host(), shard_.config().internal->listen));
  FULMAR_TRY_VOID(server_.listen(at));
  return {};
}

void Membership::start_heartbeats() {
  fibers_.spawn("heartbeat", [this] { keep_registered(); });
}

void Membership::stop() {
  fibers_.cancel();
  fibers_.join();
  server_.stop();
}

void Membership::deliver(std::vector<GroupMessage> messages) {
  std::map<unsigned, std::vector<GroupMessage>> by_owner;
  for (auto& message : messages) {
    by_owner[shard_.owner(message.group.topic, message.group.partition)].push_back(std::move(message));
  }
  auto hand_over = [this](unsigned owner, std::vector<GroupMessage>& list) {
    shard_.on(owner, [&](BrokerShard& there) { there.replicas().receive(std::move(list)); });
  };
  if (by_owner.size() == 1) return hand_over(by_owner.begin()->first, by_owner.begin()->second);
  FiberGroup delivering;
  for (auto& [owner, list] : by_owner)
    delivering.spawn("deliver", [&hand_over, owner = owner, &list = list] { hand_over(owner, list); });
  delivering.join();
}

void Membership::deliver_pulses(const PeerConnection& from, const PulsesRequest& said) {
  for (unsigned shard = 0; shard < shard_.host().shard_count(); ++shard)
    shard_.on(shard, [&](BrokerShard& there) { there.hear_pulses(from, said); });
}

// Errors in the responses are counted here, where they are made.
std::shared_ptr<Session> Membership::session_of_peers(const std::optional<ForwardRequest::Client>& client) const {
  auto session = std::make_shared<Session>();
  session->of_broker = !client;
  if (client) {
    session->principal = {client->principal_type, client->principal_name};
    session->peer.host = client->host;
    session->listener = client->listener;
  }
  session->apis = &shard_.counts().apis;
  return session;
}

Result<ByteChain> Membership::answer(const RequestHeader& header, Reader& body) {
  if (header.api_key == static_cast<std::int16_t>(ApiKey::register_broker)) {
    FULMAR_TRY(auto request, decode<RegisterBrokerRequest>(body, 0));
    return response_frame(controller_.register_broker(request), 0, header.correlation_id);
  }
  if (header.api_key == static_cast<std::int16_t>(ApiKey::broker_heartbeat)) {
    FULMAR_TRY(auto request, decode<BrokerHeartbeatRequest>(body, 0));
    return response_frame(controller_.heartbeat(request), 0, header.correlation_id);
  }
  if (header.api_key == static_cast<std::int16_t>(ApiKey::prefer_leaders)) {
    FULMAR_TRY(auto request, decode<PreferLeadersRequest>(body, 0));
    return response_frame(prefer_leaders(shard_, request), 0, header.correlation_id);
  }
  if (header.api_key == static_cast<std::int16_t>(ApiKey::fetch_metadata_snapshot)) {
    FULMAR_TRY(auto request, decode<FetchMetadataSnapshotRequest>(body, 0));
    return response_frame(shard_.broker().metadata->snapshot_part(request), 0, header.correlation_id);
  }
  if (header.api_key != static_cast<std::int16_t>(ApiKey::forward)) return fail(Errc::unsupported, "no such call");
  FULMAR_TRY(auto request, decode<ForwardRequest>(body, 0));
  ForwardResponse response;
  if (auto between_brokers = Request::read(session_of_peers(request.client), request.frame.flatten());
      between_brokers && is_asked_between_brokers(between_brokers->header())) {
    FULMAR_TRY(auto finish, begin_request(shard_, *between_brokers));
    response.frame = finish();
    return response_frame(response, 0, header.correlation_id);
  }
  auto& metadata = *shard_.broker().metadata;
  if (!metadata.controls() || !metadata.publishes()) {
    FULMAR_MARK("brokers: forwarded to no controller");
    response.error_code = ErrorCode::not_controller;
  } else {
    FULMAR_TRY(auto forwarded, Request::read(session_of_peers(request.client), request.frame.flatten()));
    const auto* api = served_api(forwarded.header().api_key);
    if (!api || api->answered_by != AnsweredBy::controller) return fail(Errc::unsupported, "not for the controller");
    FULMAR_TRY(auto finish, begin_request(shard_, forwarded));
    response.frame = finish();
    response.metadata_offset = metadata.image()->offset;
  }
  return response_frame(response, 0, header.correlation_id);
}

void Membership::exclude(std::string why) {
  if (!std::exchange(is_excluded_, true)) excluded_({Errc::refused, std::move(why)});
}

// Asks the controller, wherever it is. Errors: unreachable, if there is none; as PeerCalls::call().
template <class Response, class Request>
Result<Response> Membership::ask_controller(const Request& request, Response (Controller::*here)(const Request&),
                                            Deadline deadline) {
  if (shard_.broker().metadata->controls()) return (controller_.*here)(request);
  auto ask = [&](std::optional<std::int32_t> controller) -> Result<Response> {
    auto address = controller ? shard_.peers().address(*controller) : std::nullopt;
    if (!address || *controller == shard_.broker().self.broker)
      return fail(Errc::unreachable, "there is no controller");
    return shard_.peer_calls().call<Response>(*address, request, deadline);
  };
  auto response = ask(shard_.broker().metadata->controller());
  if (response && response->error_code != ErrorCode::not_controller) return response;
  auto word = ask_peers(shard_);
  // The others are no majority: this broker is in the wrong cluster. If fewer are strangers, they may be in the wrong
  // one themselves.
  auto controllers = shard_.config().controllers.size();
  if (!was_registered_ && controllers - word.strangers < controllers / 2 + 1) {
    FULMAR_MARK("brokers: of another cluster");
    exclude("the data directory belongs to cluster " + shard_.peers().cluster_id() +
            ", but the brokers of controller.quorum.voters are of cluster " + word.their_cluster +
            "; correct controller.quorum.voters, or begin with an empty data directory to join them");
  }
  return ask(word.controller);
}

Result<void> Membership::register_once() {
  const auto& config = shard_.config();
  const auto& at = shard_.broker().listeners.front().address;
  const auto& broker = shard_.broker();
  RegisterBrokerRequest request{broker.self.broker,
                                broker.self.directory,
                                broker.incarnation,
                                at.host,
                                at.port,
                                config.internal ? config.internal->advertise.host : "",
                                config.internal ? config.internal->advertise.port : 0,
                                config.rack,
                                {}};
  for (const auto& [name, min, max] : config.features) request.features.push_back({name, min, max});
  if (!is_plain(broker.listeners))
    for (const auto& [name, protocol, address] : broker.listeners)
      request.listeners.push_back({name, static_cast<std::int8_t>(protocol), address.host, address.port});
  FULMAR_TRY(auto response,
             ask_controller(request, &Controller::register_broker, shard_.host().clock().deadline_in(call_max)));
  if (response.error_code == ErrorCode::broker_id_not_registered)
    exclude("this broker was unregistered from its cluster; with an empty data directory it may join again");
  if (response.error_code == ErrorCode::unsupported_version) exclude(response.error_message);
  if (response.error_code == ErrorCode::duplicate_broker_registration) {
    FULMAR_MARK("brokers: twin is alive");
    return fail(Errc::refused, "another broker of node.id " + std::to_string(broker.self.broker) +
                                   ", with another data directory, is alive in the cluster, or was a moment ago");
  }
  if (response.error_code != ErrorCode::none) return fail(Errc::refused, error_code_name(response.error_code));
  broker.metadata->publish_from(response.metadata_offset);
  auto known =
      broker.metadata->wait_published(response.metadata_offset, shard_.host().clock().deadline_in(known_here_max));
  if (known != WaitResult::woken) {
    FULMAR_MARK("brokers: metadata not known here yet");
    return fail(Errc::timed_out, "what there is in the cluster is not known here yet");
  }
  return {};
}

bool Membership::register_broker() {
  std::string told;
  auto begun = shard_.host().clock().now();
  Backoff retry(shard_.host(), register_retry_min, register_retry_max);
  while (!is_excluded_) {
    auto registered = register_once();
    if (registered) return was_registered_ = true;
    auto why = to_string(registered.error());
    // While a cluster forms this takes a moment, and other reasons may be temporary.
    if (shard_.host().clock().now() - begun >= register_quietly_max && why != told) {
      shard_.log().warn("not registered with the controller yet", {{"reason", why}});
      told = why;
    }
    retry.pause();
  }
  return false;
}

BrokerHeartbeatRequest Membership::heartbeat() const {
  const auto& broker = shard_.broker();
  return {.broker_id = broker.self.broker, .directory_id = broker.self.directory, .incarnation_id = broker.incarnation};
}

// The controller may change, and each decides by the heartbeats that it has received.
void Membership::keep_registered() {
  auto request = heartbeat();
  bool reached = true;
  for (;;) {
    shard_.host().clock().sleep_for(shard_.config().heartbeat_interval);
    // Given up early enough for further attempts before the session ends: one lost connect must not fence the broker.
    auto deadline = shard_.host().clock().deadline_in(std::min(call_max, shard_.config().session_timeout / 4));
    auto response = ask_controller(request, &Controller::heartbeat, deadline);
    bool answered = response && response->error_code != ErrorCode::not_controller;
    if (std::exchange(reached, answered) != answered) {
      if (answered)
        shard_.log().info("the controller is reached again");
      else {
        FULMAR_MARK("brokers: no controller is reached");
        shard_.log().warn("no controller is reached: they have no quorum, or this broker is cut off",
                          {{"reason", response ? "NOT_CONTROLLER" : to_string(response.error())}});
      }
    }
    bool unknown = response && (response->error_code == ErrorCode::broker_id_not_registered ||
                                response->error_code == ErrorCode::stale_broker_epoch);
    if (unknown && !register_broker()) {
      FULMAR_MARK("brokers: registers again");
      return;
    }
  }
}

// Repeats the request until the controller has carried it out, or the deadline.
void Membership::tell_controller(const BrokerHeartbeatRequest& request, Deadline deadline) {
  auto& clock = shard_.host().clock();
  while (clock.now() < deadline.at) {
    auto response = ask_controller(request, &Controller::heartbeat, deadline);
    if (response && response->error_code != ErrorCode::not_controller) return;
    clock.sleep_for(leave_retry_interval);
  }
}

void Membership::leave() {
  auto& clock = shard_.host().clock();
  auto give_up = clock.now() + leave_max;
  auto stopping = heartbeat();
  stopping.want_shut_down = true;
  tell_controller(stopping, clock.deadline_in(tell_max));
  auto hand_over = [&](auto&& step) {
    while (clock.now() < give_up && step()) clock.sleep_for(leave_retry_interval);
  };
  hand_over([&] {
    bool more = false;
    for (unsigned n = 0; n < shard_.host().shard_count(); ++n)
      more = shard_.on(n, [](BrokerShard& there) { return there.leaderships().hand_over(); }) || more;
    return more;
  });
  hand_over([&] {
    auto& metadata = shard_.broker().metadata->replica();
    if (!metadata.leads()) return false;
    auto heir = successor(metadata, *shard_.image(), clock.now());
    if (heir) metadata.transfer(*heir);
    return heir.has_value();
  });
  auto stopped = stopping;
  stopped.want_fence = true;
  tell_controller(stopped, clock.deadline_in(tell_max));
}

}  // namespace fulmar
