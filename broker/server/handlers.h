// The handlers of requests, one function each; one file per family.
#pragma once

#include <functional>
#include <optional>

#include "broker/protocol/message.h"
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/metadata.h"
#include "runtime/base/bytes.h"
#include "runtime/base/result.h"

namespace fulmar {

class BrokerShard;
class Reader;

// The rest of a request's work: what may wait while later requests of the connection are begun. Gives the whole frame
// of the answer; an empty one means that there is none (acks=0).
using Finish = std::move_only_function<ByteChain()>;

// Begins any request of a client. Errors: corrupt, unsupported: the connection is then closed.
Result<Finish> begin_request(BrokerShard& shard, const RequestHeader& header, Reader& body);
// The same for a request of a connected client, `frame` being all of it without its size, of which `body` is what is
// left to be read: the controller answers what only it can, wherever it is. Errors: also in_doubt, as begin_forwarding.
Result<Finish> begin_client_request(BrokerShard& shard, const RequestHeader& header, Reader& body, Bytes frame);
// Has the controller, another broker, answer it; `frame` is the whole request without its size.
Result<Finish> begin_forwarding(BrokerShard& shard, const RequestHeader& header, Bytes frame);

// Begins a request whose header was read. Errors: corrupt, when the body can't be read: the connection is then closed.
Result<Finish> begin_produce(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<Finish> begin_fetch(BrokerShard& shard, const RequestHeader& header, Reader& body);

// These are done when they return.
Result<ByteChain> handle_api_versions(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_metadata(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_describe_topic_partitions(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_describe_log_dirs(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_describe_cluster(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_find_coordinator(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_list_offsets(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_offset_for_leader_epoch(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_delete_records(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_create_topics(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_delete_topics(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_create_partitions(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_unregister_broker(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_elect_leaders(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_alter_partition_reassignments(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_list_partition_reassignments(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_describe_quorum(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_describe_configs(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_alter_configs(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_incremental_alter_configs(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_list_config_resources(BrokerShard& shard, const RequestHeader& header, Reader& body);
Result<ByteChain> handle_init_producer_id(BrokerShard& shard, const RequestHeader& header, Reader& body);

// The answer to an ApiVersions request newer than served: version 0, with the error and the versions (KIP-511).
ByteChain unsupported_api_versions(std::int32_t correlation_id);

}  // namespace fulmar
