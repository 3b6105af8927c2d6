#include "broker/server/membership.h"

#include "broker/replication/greeting.h"
#include "broker/server/broker_shard.h"
#include "broker/server/handlers.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration call_max = seconds(10);
constexpr Duration greeting_max = seconds(2);
constexpr Duration known_here_max = seconds(5);
constexpr Duration register_retry_interval = milliseconds(100);

bool same(const BrokerImage& a, const RegisterBrokerRequest& b) {
  return a.directory == b.directory_id && a.listener == SocketAddress{b.host, static_cast<std::uint16_t>(b.port)} &&
         a.internal == SocketAddress{b.internal_host, static_cast<std::uint16_t>(b.internal_port)} &&
         a.rack == b.rack && !a.fenced;
}

// On the controller. NOT_CONTROLLER if this is none (any more).
RegisterBrokerResponse register_with(BrokerShard& controller, const RegisterBrokerRequest& request) {
  auto& metadata = *controller.broker().metadata;
  LockGuard held(metadata.changing());
  auto epoch = metadata.controller_epoch();
  if (epoch < 0) return {ErrorCode::not_controller};
  auto known = metadata.image()->brokers.find(request.broker_id);
  if (known == metadata.image()->brokers.end() || !same(known->second, request)) {
    BrokerImage image;
    image.directory = request.directory_id;
    image.listener = {request.host, static_cast<std::uint16_t>(request.port)};
    image.internal = {request.internal_host, static_cast<std::uint16_t>(request.internal_port)};
    image.rack = request.rack;
    image.fenced = false;
    if (!metadata.commit({BrokerRecord{request.broker_id, std::move(image)}}, epoch))
      return {ErrorCode::not_controller};
    controller.log().info("broker registered", {{"broker", request.broker_id}});
  }
  return {ErrorCode::none, metadata.image()->offset};
}

}  // namespace

Membership::Membership(BrokerShard& shard)
    : shard_(shard),
      server_(shard.host(), shard.peers(),
              {.deliver = [this](std::vector<GroupMessage> messages) { deliver(std::move(messages)); },
               .learn_leaders = [this](const LeadersRequest& leaders) { shard_.learn_everywhere(leaders); },
               .call = [this](const RequestHeader& header, Reader& body) { return answer(header, body); }}) {}

Result<void> Membership::listen() {
  TRY_VOID(server_.listen(shard_.config().listen_internal));
  return {};
}

void Membership::stop() {
  server_.stop();
}

void Membership::deliver(std::vector<GroupMessage> messages) {
  std::map<unsigned, std::vector<GroupMessage>> by_owner;
  for (auto& message : messages) {
    by_owner[shard_.owner(message.group.topic, message.group.partition)].push_back(std::move(message));
  }
  FiberGroup at_once;
  for (auto& [owner, list] : by_owner)
    at_once.spawn("deliver", [this, owner = owner, &list = list] {
      shard_.on(owner, [&](BrokerShard& there) { there.replicas().receive(std::move(list)); });
    });
  at_once.join();
}

Result<ByteChain> Membership::answer(const RequestHeader& header, Reader& body) {
  if (header.api_key == static_cast<std::int16_t>(ApiKey::register_broker)) {
    TRY(auto request, decode<RegisterBrokerRequest>(body, 0));
    return response_frame(register_with(shard_, request), 0, header.correlation_id);
  }
  if (header.api_key != static_cast<std::int16_t>(ApiKey::forward)) return fail(Errc::unsupported, "no such call");
  TRY(auto request, decode<ForwardRequest>(body, 0));
  ForwardResponse response;
  auto& metadata = *shard_.broker().metadata;
  if (!metadata.controls()) {
    response.error_code = ErrorCode::not_controller;
  } else {
    Reader forwarded(request.frame.flatten());
    TRY(auto inner, read_request_header(forwarded));
    if (!is_for_controller(inner.api_key)) return fail(Errc::unsupported, "not for the controller");
    TRY(auto finish, begin_request(shard_, inner, forwarded));
    response.frame = finish();
    response.metadata_offset = metadata.image()->offset;
  }
  return response_frame(response, 0, header.correlation_id);
}

// Where the controller is. A broker with an empty disk is no part of the metadata's group yet, and asks its peers.
std::optional<SocketAddress> Membership::find_controller() {
  auto controller = shard_.broker().metadata->controller();
  for (const auto& [id, address] : shard_.config().controllers) {
    if (controller) break;
    if (id == shard_.broker().self.broker) continue;
    auto greeted = greet(shard_.host(), shard_.peers(), address, shard_.host().clock().deadline_in(greeting_max));
    if (greeted && greeted->answer.controller_id >= 0) controller = greeted->answer.controller_id;
  }
  if (!controller || *controller == shard_.broker().self.broker) return std::nullopt;
  return shard_.peers().address(*controller);
}

Result<void> Membership::register_once() {
  const auto& config = shard_.config();
  const auto& at = shard_.broker().advertised;
  RegisterBrokerRequest request{shard_.broker().self.broker, shard_.broker().self.directory, at.host,    at.port,
                                config.listen_internal.host, config.listen_internal.port,    config.rack};
  RegisterBrokerResponse response;
  auto& metadata = *shard_.broker().metadata;
  if (metadata.controls()) {
    response = register_with(shard_, request);
  } else {
    auto address = find_controller();
    if (!address) return fail(Errc::unreachable, "there is no controller");
    TRY(response, call_peer<RegisterBrokerResponse>(shard_.host(), shard_.peers(), *address, request,
                                                    shard_.host().clock().deadline_in(call_max)));
  }
  if (response.error_code != ErrorCode::none) return fail(Errc::refused, error_code_name(response.error_code));
  metadata.wait_published(response.metadata_offset, shard_.host().clock().deadline_in(known_here_max));
  return {};
}

void Membership::register_broker() {
  while (!register_once()) shard_.host().clock().sleep_for(register_retry_interval);
}

bool is_for_controller(std::int16_t api_key) {
  switch (static_cast<ApiKey>(api_key)) {
    case ApiKey::create_topics:
    case ApiKey::delete_topics:
    case ApiKey::create_partitions:
    case ApiKey::init_producer_id:
    case ApiKey::alter_partition_reassignments:
    case ApiKey::list_partition_reassignments: return true;
    default: return false;
  }
}

Result<ByteChain> forward_to_controller(BrokerShard& shard, const Bytes& frame) {
  return shard.on(0, [&](BrokerShard& first) -> Result<ByteChain> {
    auto& metadata = *first.broker().metadata;
    auto controller = metadata.controller();
    auto address = controller ? first.peers().address(*controller) : std::nullopt;
    if (!address || *controller == first.broker().self.broker) return fail(Errc::unreachable, "there is no controller");
    ForwardRequest request{ByteChain(frame)};
    TRY(auto response, call_peer<ForwardResponse>(first.host(), first.peers(), *address, request,
                                                  first.host().clock().deadline_in(call_max)));
    if (response.error_code != ErrorCode::none) return fail(Errc::refused, error_code_name(response.error_code));
    metadata.wait_published(response.metadata_offset, first.host().clock().deadline_in(known_here_max));
    return std::move(response.frame);
  });
}

}  // namespace fulmar
