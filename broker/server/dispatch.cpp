// Which handler a request is for.
#include <algorithm>

#include "broker/protocol/messages/leaders.h"
#include "broker/protocol/messages/reassignments.h"
#include "broker/protocol/messages/topics.h"
#include "broker/protocol/reader.h"
#include "broker/server/broker_shard.h"
#include "broker/server/handlers.h"
#include "broker/server/membership.h"
#include "broker/server/new_partitions.h"

namespace fulmar {

namespace {

template <class Request>
Duration timeout_in(Reader& body, std::int16_t version) {
  auto request = decode<Request>(body, version);
  return request ? Duration(milliseconds(std::max(request->timeout_ms, 0))) : Duration::max();
}

// How long the client would wait, by what its request says; as long as one likes, if it does not.
Duration timeout_of(const RequestHeader& header, const Bytes& frame) {
  Reader body(frame);
  const auto* api = find_api(header.api_key);
  bool served = api && header.api_version >= api->advertised_min && header.api_version <= api->max;
  if (!served || !read_request_header(body)) return Duration::max();
  switch (api->key) {
    case ApiKey::create_topics: return timeout_in<CreateTopicsRequest>(body, header.api_version);
    case ApiKey::delete_topics: return timeout_in<DeleteTopicsRequest>(body, header.api_version);
    case ApiKey::create_partitions: return timeout_in<CreatePartitionsRequest>(body, header.api_version);
    case ApiKey::elect_leaders: return timeout_in<ElectLeadersRequest>(body, header.api_version);
    case ApiKey::alter_partition_reassignments:
      return timeout_in<AlterPartitionReassignmentsRequest>(body, header.api_version);
    case ApiKey::list_partition_reassignments:
      return timeout_in<ListPartitionReassignmentsRequest>(body, header.api_version);
    default: return Duration::max();
  }
}

Result<Finish> done(Result<ByteChain> answer) {
  if (!answer) return std::unexpected(std::move(answer.error()));
  return Finish::with(std::move(*answer));
}

}  // namespace

Result<Finish> begin_request(BrokerShard& shard, const RequestHeader& header, Reader& body) {
  const auto* api = find_api(header.api_key);
  if (!api) return fail(Errc::unsupported, "unknown request " + std::to_string(header.api_key));
  // Produce is advertised below what is served; that much is read, and refused in its own answer.
  bool advertised = header.api_version >= api->advertised_min && header.api_version <= api->max;
  if (!advertised) {
    if (api->key == ApiKey::api_versions) return Finish::with(unsupported_api_versions(header.correlation_id));
    return fail(Errc::unsupported, std::string(api->name) + " version " + std::to_string(header.api_version));
  }
  switch (api->key) {
    case ApiKey::produce: return begin_produce(shard, header, body);
    case ApiKey::fetch: return begin_fetch(shard, header, body);
    case ApiKey::list_offsets: return done(handle_list_offsets(shard, header, body));
    case ApiKey::metadata: return done(handle_metadata(shard, header, body));
    case ApiKey::find_coordinator: return done(handle_find_coordinator(shard, header, body));
    case ApiKey::api_versions: return done(handle_api_versions(shard, header, body));
    case ApiKey::create_topics: return done(handle_create_topics(shard, header, body));
    case ApiKey::delete_topics: return done(handle_delete_topics(shard, header, body));
    case ApiKey::delete_records: return done(handle_delete_records(shard, header, body));
    case ApiKey::init_producer_id: return done(handle_init_producer_id(shard, header, body));
    case ApiKey::offset_for_leader_epoch: return done(handle_offset_for_leader_epoch(shard, header, body));
    case ApiKey::describe_configs: return done(handle_describe_configs(shard, header, body));
    case ApiKey::alter_configs: return done(handle_alter_configs(shard, header, body));
    case ApiKey::incremental_alter_configs: return done(handle_incremental_alter_configs(shard, header, body));
    case ApiKey::list_config_resources: return done(handle_list_config_resources(shard, header, body));
    case ApiKey::describe_log_dirs: return done(handle_describe_log_dirs(shard, header, body));
    case ApiKey::create_partitions: return done(handle_create_partitions(shard, header, body));
    case ApiKey::elect_leaders: return done(handle_elect_leaders(shard, header, body));
    case ApiKey::alter_partition_reassignments: return done(handle_alter_partition_reassignments(shard, header, body));
    case ApiKey::list_partition_reassignments: return done(handle_list_partition_reassignments(shard, header, body));
    case ApiKey::unregister_broker: return done(handle_unregister_broker(shard, header, body));
    case ApiKey::describe_quorum: return done(handle_describe_quorum(shard, header, body));
    case ApiKey::describe_cluster: return done(handle_describe_cluster(shard, header, body));
    case ApiKey::describe_topic_partitions: return done(handle_describe_topic_partitions(shard, header, body));
    // Declared only: find_api() knows none of these.
    case ApiKey::peer_hello:
    case ApiKey::raft_messages:
    case ApiKey::leaders:
    case ApiKey::register_broker:
    case ApiKey::forward:
    case ApiKey::broker_heartbeat:
    case ApiKey::prefer_leaders:
    case ApiKey::pulses:
    case ApiKey::fetch_metadata_snapshot:
    case ApiKey::peer_proof: break;
  }
  return fail(Errc::unsupported, api->name);
}

Result<Finish> begin_client_request(BrokerShard& shard, const RequestHeader& header, Reader& body, Bytes frame) {
  auto made = NewPartitions::asked_for(shard, header, frame);
  TRY(auto finish, shard.controls_here() || !is_for_controller(header.api_key)
                       ? begin_request(shard, header, body)
                       : begin_forwarding(shard, header, std::move(frame)));
  if (!made) return finish;
  return std::move(*made).once_led(shard, std::move(finish));
}

Result<Finish> begin_forwarding(BrokerShard& shard, const RequestHeader& header, Bytes frame) {
  auto answer = forward_to_controller(shard, frame, timeout_of(header, frame));
  if (answer) return Finish::with(std::move(*answer));
  // It may be done, which no answer can say: the client loses its connection, as if it had asked the controller itself.
  if (answer.error().code == Errc::in_doubt) return std::unexpected(answer.error());
  // Nobody to answer it: this broker says so itself, in the words of that request.
  Reader reader(std::move(frame));
  TRY_VOID(read_request_header(reader));
  return begin_request(shard, header, reader);
}

}  // namespace fulmar
