// InitProducerId: identities for idempotent producers. Blocks of ids are taken durably, so that none is ever given
// twice.
#include "broker/protocol/messages/init_producer_id.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"

namespace fulmar {

namespace {

// On shard 0. Errors: as MetadataLog::commit.
Result<ProducerId> next_producer_id(BrokerShard& controller) {
  auto& broker = controller.broker();
  LockGuard held(broker.metadata->changing());
  if (broker.next_producer_id == broker.producer_id_block_end) {
    auto epoch = broker.metadata->controller_epoch();
    if (epoch < 0) return fail(Errc::refused, "this broker is not the controller");
    auto begin = broker.metadata->image()->next_producer_id;
    auto end = begin + broker.config.producer_id_block;
    TRY_VOID(broker.metadata->commit({ProducerIdsRecord{end}}, epoch));
    broker.next_producer_id = begin;
    broker.producer_id_block_end = end;
  }
  return broker.next_producer_id++;
}

}  // namespace

Result<ByteChain> handle_init_producer_id(BrokerShard& shard, const Request& call) {
  TRY(auto request, call.body<InitProducerIdRequest>());
  InitProducerIdResponse response;
  response.producer_epoch = -1;
  if (request.transactional_id) {
    // Transactions have a coordinator, and there is none yet.
    response.error_code =
        request.transactional_id->empty() ? ErrorCode::invalid_request : ErrorCode::coordinator_not_available;
  } else if ((request.producer_id == -1) != (request.producer_epoch == -1)) {
    response.error_code = ErrorCode::invalid_request;  // only both are an identity (KIP-360)
  } else {
    // A producer that starts over (KIP-360) gets a new id as well: it is as good as a new epoch.
    auto id = shard.on(0, [](BrokerShard& controller) { return next_producer_id(controller); });
    if (id) {
      response.producer_id = *id;
      response.producer_epoch = 0;
    } else {
      // Ids come from the controller by blocks: while none is to be had, clients come again.
      response.error_code = ErrorCode::coordinator_load_in_progress;
    }
  }
  return call.answer(response);
}

}  // namespace fulmar
