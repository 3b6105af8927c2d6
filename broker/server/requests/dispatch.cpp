// Passes each request to the broker and the handler that answer it.
#include "broker/server/requests/forward.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/served_api.h"
#include "broker/server/shard/broker_shard.h"

namespace fulmar {

namespace {

Duration patience_of(const Request& call, const ServedApi& api) {
  auto timeout = api.timeout ? api.timeout(call) : Result<Duration>(Duration::max());
  return timeout.value_or(Duration::max());
}

// Forwards the request to the controller on another broker.
Result<Finish> begin_forwarding(BrokerShard& shard, const Request& call, const ServedApi& api) {
  FULMAR_TRY(auto refused, api.permission.refused(shard, call));
  if (refused) return Finish::with(std::move(*refused));
  auto answer = forward_to_controller(shard, call.frame(), &call.session(), patience_of(call, api));
  if (answer) return Finish::with(std::move(*answer));
  // The change may have been made, and no error says so: the connection is closed, as if the client had been connected
  // to the controller itself.
  if (answer.error().code == Errc::in_doubt) return std::unexpected(answer.error());
  // There is no controller: the handler here answers with its own error.
  return api.handle(shard, call);
}

}  // namespace

Result<Request> Request::read(std::shared_ptr<Session> session, Bytes frame) {
  Reader reader(frame);
  FULMAR_TRY(auto header, read_request_header(reader));
  return Request(std::move(session), std::move(header), std::move(frame), std::move(reader));
}

Result<Finish> begin_request(BrokerShard& shard, const Request& call) {
  const auto& header = call.header();
  const auto* api = served_api(header.api_key);
  if (!api) return fail(Errc::unsupported, "unknown request " + std::to_string(header.api_key));
  // Produce has unserved old versions that are advertised; they are read, and refused in a Produce response.
  if (!is_handled(header)) {
    if (api->key == ApiKey::api_versions) return Finish::with(unsupported_api_versions(header.correlation_id));
    return fail(Errc::unsupported, std::string(api_info(api->key).name) + " version " + std::to_string(call.version()));
  }
  return api->begin(shard, call);
}

Result<Finish> begin_client_request(BrokerShard& shard, const Request& call) {
  const auto* api = served_api(call.header().api_key);
  if (!api || !is_handled(call.header())) return begin_request(shard, call);
  auto made = api->new_partitions ? api->new_partitions(shard, call) : std::nullopt;
  bool here = api->answered_by == AnsweredBy::any_broker || shard.controls_here() ||
              (api->answered_here && api->answered_here(call));
  FULMAR_TRY(auto finish, here ? api->begin(shard, call) : begin_forwarding(shard, call, *api));
  if (!made) return finish;
  return std::move(*made).once_led(shard, std::move(finish));
}

}  // namespace fulmar
