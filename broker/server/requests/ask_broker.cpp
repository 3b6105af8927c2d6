#include "broker/server/requests/ask_broker.h"

#include "broker/protocol/messages/peer.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"

namespace fulmar {

namespace {

constexpr std::size_t size_bytes = 4;  // the size before the frame

}  // namespace

bool is_asked_between_brokers(const RequestHeader& header) {
  return header.api_key == static_cast<std::int16_t>(ApiKey::write_txn_markers) ||
         header.api_key == static_cast<std::int16_t>(ApiKey::add_partitions_to_txn) ||
         header.api_key == static_cast<std::int16_t>(ApiKey::list_offsets);
}

Result<Bytes> ask_broker(BrokerShard& shard, std::int32_t broker, const ByteChain& frame, Deadline deadline) {
  auto request = frame.flatten().slice(size_bytes);
  if (broker == shard.broker().self.broker) {
    auto session = std::make_shared<Session>();
    session->of_broker = true;
    FULMAR_TRY(auto call, Request::read(std::move(session), std::move(request)));
    FULMAR_TRY(auto finish, begin_request(shard, call));
    return finish().flatten().slice(size_bytes);
  }
  auto address = shard.peers().address(broker);
  if (!address) return fail(Errc::unreachable, "its address is not known");
  FULMAR_TRY(auto response, shard.peer_calls().call<ForwardResponse>(
                                *address, ForwardRequest{ByteChain(std::move(request)), {}}, deadline));
  if (response.error_code != ErrorCode::none) return fail(Errc::refused, error_code_name(response.error_code));
  auto answer = response.frame.flatten();
  if (answer.size() < size_bytes) return fail(Errc::corrupt, "an answer without its size");
  return answer.slice(size_bytes);
}

}  // namespace fulmar
