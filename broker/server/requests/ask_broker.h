// What brokers ask of each other in the words of clients: that a partition's leader writes the markers of transactions,
// and that a coordinator knows of a partition.
#pragma once

#include <cstdint>

#include "broker/protocol/message.h"
#include "broker/protocol/reader.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace fulmar {

class BrokerShard;

// Whether a broker answers it when another broker asks, whoever controls.
bool is_asked_between_brokers(const RequestHeader& header);

// The frame of the answer of that broker, which may be this one, without its size. In a fiber. Errors: unreachable; as
// greet(); in_doubt: it may have done what was asked.
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
