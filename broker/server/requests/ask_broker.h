// Requests of the client protocol between brokers: to a partition's leader, to write transaction markers or to learn
// where it ends, and to a transaction's coordinator, to verify a partition.
#pragma once

#include <cstdint>

#include "broker/protocol/message.h"
#include "broker/protocol/reader.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace fulmar {

class BrokerShard;

// Whether a broker answers it to another broker, even if it is not the controller.
bool is_asked_between_brokers(const RequestHeader& header);

// Sends the request to that broker, which may be this one, and returns the response frame, without its size. In a
// fiber. Errors: unreachable; as greet(); in_doubt: the broker may have carried it out.
Result<Bytes> ask_broker(BrokerShard& shard, std::int32_t broker, const ByteChain& frame, Deadline deadline);

template <class Response, class Request>
Result<Response> ask_broker(BrokerShard& shard, std::int32_t broker, const Request& request, std::int16_t version,
                            Deadline deadline) {
  FULMAR_TRY(auto answer, ask_broker(shard, broker, request_frame(request, version, 0, ""), deadline));
  Reader reader(std::move(answer));
  read_response_header(reader, Response::key, version);
  return decode<Response>(reader, version);
}

}  // namespace fulmar
