// Messages: encoding and decoding of whole requests and responses, for every version of each.
//
// A message is a plain struct in messages/*.h or records/*.h. The .cpp beside it describes its fields and their
// versions once; reading, writing, printing and generation follow from that description (see describe.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/protocol/api_key.h"
#include "broker/protocol/writer.h"
#include "runtime/base/bytes.h"
#include "runtime/base/random.h"
#include "runtime/base/result.h"

namespace fulmar {

class Reader;

// The versions of a message.
struct MessageSchema {
  const char* name;
  std::int16_t min;
  std::int16_t max;
  std::int16_t flexible;  // from here on: compact types and tagged fields (KIP-482)

  bool is_flexible(std::int16_t version) const { return version >= flexible; }
};

// A request or response names its API as `M::key`. Structures that belong to no API have an `M::schema`: the records of
// coordinators (records/*.h), and data within a message (messages/consumer_protocol.h).
template <class M>
MessageSchema message_schema() {
  if constexpr (requires { M::schema; }) {
    return M::schema;
  } else {
    const auto& api = api_info(M::key);
    return {api.name, api.min, api.max, api.flexible};
  }
}

struct RequestHeader {
  std::int16_t api_key = 0;
  std::int16_t api_version = 0;
  std::int32_t correlation_id = 0;
  std::optional<std::string> client_id;
};

// Reads the header (v1, or v2 where the API's version is flexible). For an API without messages here only the first
// three fields are read. Errors: corrupt.
Result<RequestHeader> read_request_header(Reader& reader);

// Reads a message. Bytes after its end are ignored; in messages between brokers they are an error. Errors: corrupt,
// with the position.
template <class M>
Result<M> decode(Reader& reader, std::int16_t version);
template <class M>
void encode(Writer& writer, const M& message, std::int16_t version);

// For people and traces: {acks=-1, topics=[{name=orders, ...}]}, with bytes as their length.
template <class M>
std::string describe_text(const M& message, std::int16_t version);
// A random message of this version, for tests and fuzzing; fields the version lacks keep their defaults.
template <class M>
M generate(Random& random, std::int16_t version);

// Begin a frame: its size, which is filled in later, and the header for a message of that API and version.
void begin_request(Writer& writer, ApiKey api, std::int16_t version, std::int32_t correlation_id,
                   const std::string& client_id);
void begin_response(Writer& writer, ApiKey api, std::int16_t version, std::int32_t correlation_id);
// Reads a response's header: the correlation id, and tagged fields if the version has them.
std::int32_t read_response_header(Reader& reader, ApiKey api, std::int16_t version);

// Whole frames: four bytes of size, header, message.
template <class Request>
ByteChain request_frame(const Request& request, std::int16_t version, std::int32_t correlation_id,
                        const std::string& client_id) {
  Writer writer;
  begin_request(writer, Request::key, version, correlation_id, client_id);
  encode(writer, request, version);
  return std::move(writer).finish();
}
template <class Response>
ByteChain response_frame(const Response& response, std::int16_t version, std::int32_t correlation_id) {
  Writer writer;
  begin_response(writer, Response::key, version, correlation_id);
  encode(writer, response, version);
  return std::move(writer).finish();
}

}  // namespace fulmar
