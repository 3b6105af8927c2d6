// InitProducerId: ids for idempotent and transactional producers. Blocks of ids are allocated by a committed record, so
// that no id is given twice.
#include "broker/server/requests/producer_ids.h"

#include "broker/protocol/messages/init_producer_id.h"
#include "broker/server/requests/access.h"
#include "broker/server/requests/forward.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/requests/transactions.h"
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
    FULMAR_TRY_VOID(broker.metadata->commit({ProducerIdsRecord{end}}, epoch));
    broker.next_producer_id = begin;
    broker.producer_id_block_end = end;
  }
  return broker.next_producer_id++;
}

// On a broker that is not the controller: sends the controller a request. Errors: as forward_to_controller();
// refused.
Result<ProducerId> next_producer_id_elsewhere(BrokerShard& shard) {
  constexpr std::int16_t version = 1;
  auto frame = request_frame(InitProducerIdRequest{}, version, 0, "").flatten().slice(4);
  FULMAR_TRY(auto answer, forward_to_controller(shard, frame, nullptr, Duration::zero()));
  Reader reader(answer.flatten().slice(4));
  read_response_header(reader, ApiKey::init_producer_id, version);
  FULMAR_TRY(auto response, decode<InitProducerIdResponse>(reader, version));
  if (response.error_code != ErrorCode::none) return fail(Errc::refused, error_code_name(response.error_code));
  return response.producer_id;
}

// As Kafka since 2.8 (KIP-679): who may write to some topic may do so with sequence numbers.
bool may_be_idempotent(Access& access) {
  return access.may_write_to_some_topic() || access.may_on_cluster(AclOperation::idempotent_write);
}

}  // namespace

Result<ProducerId> new_producer_id(BrokerShard& shard) {
  if (!shard.controls_here()) return next_producer_id_elsewhere(shard);
  return shard.on(0, [](BrokerShard& controller) { return next_producer_id(controller); });
}

bool is_transactional(const Request& call) {
  auto request = call.body<InitProducerIdRequest>();
  return request && request->transactional_id;
}

Result<Finish> begin_init_producer_id(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<InitProducerIdRequest>());
  InitProducerIdResponse response;
  response.producer_epoch = -1;
  Access access(shard, call);
  if (request.transactional_id ? !access.may_on_transaction(AclOperation::write, *request.transactional_id)
                               : !may_be_idempotent(access)) {
    response.error_code = request.transactional_id ? ErrorCode::transactional_id_authorization_failed
                                                   : ErrorCode::cluster_authorization_failed;
  } else if ((request.producer_id == -1) != (request.producer_epoch == -1)) {
    response.error_code = ErrorCode::invalid_request;  // both or neither are required (KIP-360)
  } else if (request.transactional_id) {
    return Finish([&shard, call, request = std::move(request)] {
      return call.answer(init_transactional(shard, request, call.version()));
    });
  } else {
    // A producer that starts over (KIP-360) gets a new id too, which is as good as a new epoch.
    auto id = shard.on(0, [](BrokerShard& controller) { return next_producer_id(controller); });
    if (id) {
      response.producer_id = *id;
      response.producer_epoch = 0;
    } else {
      // Blocks of ids come from the controller: while none is available, clients retry.
      response.error_code = ErrorCode::coordinator_load_in_progress;
    }
  }
  return Finish::with(call.answer(response));
}

}  // namespace fulmar
