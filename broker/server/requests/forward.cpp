#include "broker/server/requests/forward.h"

#include <algorithm>

#include "broker/protocol/messages/peer.h"
#include "broker/replication/greeting.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration call_max = seconds(10);
constexpr Duration greeting_max = seconds(2);
constexpr Duration known_here_max = seconds(5);

}  // namespace

PeersWord ask_peers(BrokerShard& shard) {
  PeersWord word;
  for (const auto& [id, address] : shard.config().controllers) {
    if (id == shard.broker().self.broker) continue;
    auto hailed = hail(shard.host(), shard.peers(), address, shard.host().clock().deadline_in(greeting_max));
    if (!hailed) continue;
    const auto& answer = hailed->answer;
    if (answer.error_code == ErrorCode::inconsistent_cluster_id) {
      ++word.strangers;
      word.their_cluster = answer.cluster_id;
    } else if (answer.error_code == ErrorCode::none && answer.controller_id >= 0) {
      word.controller = answer.controller_id;
      break;
    }
  }
  return word;
}

Result<ByteChain> forward_to_controller(BrokerShard& shard, const Bytes& frame, const Session* client,
                                        Duration patience) {
  ForwardRequest request{ByteChain(frame), {}};
  // Without an authorizer here everybody may do everything, and only who is known by name has quotas of their own.
  if (client && !client->of_broker && (shard.config().authorizer.enabled || client->principal != Principal()))
    request.client = {client->principal.type, client->principal.name, client->peer.host, client->listener};
  return shard.on(0, [&](BrokerShard& first) -> Result<ByteChain> {
    auto begun = first.host().clock().now();
    auto& metadata = *first.broker().metadata;
    auto controller = metadata.controller();
    if (!controller) controller = ask_peers(first).controller;
    auto address = controller ? first.peers().address(*controller) : std::nullopt;
    if (!address || *controller == first.broker().self.broker) return fail(Errc::unreachable, "there is no controller");
    FULMAR_TRY(auto response,
               first.peer_calls().call<ForwardResponse>(*address, request, first.host().clock().deadline_in(call_max)));
    if (response.error_code != ErrorCode::none) return fail(Errc::refused, error_code_name(response.error_code));
    auto taken = first.host().clock().now() - begun;
    auto left = std::clamp<Duration>(patience - taken, Duration::zero(), known_here_max);
    metadata.wait_published(response.metadata_offset, first.host().clock().deadline_in(left));
    return std::move(response.frame);
  });
}

}  // namespace fulmar
