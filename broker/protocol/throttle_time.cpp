#include "broker/protocol/throttle_time.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "broker/protocol/endian.h"
#include "broker/protocol/message.h"
#include "broker/protocol/messages/api_versions.h"
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/reader.h"

namespace fulmar {

namespace {

constexpr std::size_t field_bytes = sizeof(std::int32_t);
constexpr std::size_t size_bytes = 4;
constexpr std::size_t header_bytes = 8;   // with the correlation id
constexpr std::size_t no_tags_bytes = 1;  // an empty section of tagged fields
constexpr std::size_t error_code_bytes = 2;

// The first version of the response that has the field; nullopt: none has.
std::optional<std::int16_t> since(ApiKey key) {
  switch (key) {
    case ApiKey::sasl_handshake:
    case ApiKey::sasl_authenticate:
    case ApiKey::describe_quorum:
    case ApiKey::write_txn_markers:
    case ApiKey::describe_clients: return std::nullopt;
    case ApiKey::metadata:
    case ApiKey::offset_commit:
    case ApiKey::offset_fetch: return 3;
    case ApiKey::list_offsets:
    case ApiKey::join_group:
    case ApiKey::create_topics:
    case ApiKey::offset_for_leader_epoch: return 2;
    case ApiKey::produce:
    case ApiKey::fetch:
    case ApiKey::api_versions:
    case ApiKey::find_coordinator:
    case ApiKey::heartbeat:
    case ApiKey::leave_group:
    case ApiKey::sync_group:
    case ApiKey::describe_groups:
    case ApiKey::list_groups:
    case ApiKey::delete_topics: return 1;
    default: return 0;
  }
}

// Where it is, if that is at the beginning of the frame.
std::optional<std::size_t> offset_of(ApiKey key, std::int16_t version) {
  const auto begins = since(key);
  if (!begins || version < *begins) return std::nullopt;
  auto offset = header_bytes + (api_info(key).is_flexible(version) ? no_tags_bytes : 0);
  return key == ApiKey::offset_delete ? offset + error_code_bytes : offset;
}

// For a response that has the field somewhere behind others.
template <class Response>
bool raise_decoded(ByteChain& frame, std::int16_t version, std::int32_t milliseconds) {
  if (frame.size() < header_bytes) return false;
  Reader reader(frame.flatten().slice(size_bytes));
  const auto correlation_id = read_response_header(reader, Response::key, version);
  auto response = decode<Response>(reader, version);
  if (!response) return false;
  response->throttle_time_ms = std::max(response->throttle_time_ms, milliseconds);
  frame = response_frame(*response, version, correlation_id);
  return true;
}

bool raise_at(ByteChain& frame, std::size_t offset, std::int32_t milliseconds) {
  if (frame.empty() || frame.parts()[0].size() < offset + field_bytes) return false;
  const auto& first = frame.parts()[0];
  if (load_big<std::int32_t>(first.data() + offset) >= milliseconds) return true;
  MutableBytes more(field_bytes);
  store_big(more.data(), milliseconds);
  ByteChain with(first.slice(0, offset));
  with.append(std::move(more).freeze());
  with.append(first.slice(offset + field_bytes));
  for (const auto& part : frame.parts().subspan(1)) with.append(part);
  frame = std::move(with);
  return true;
}

}  // namespace

bool raise_throttle_time(ByteChain& frame, ApiKey key, std::int16_t version, std::int32_t milliseconds) {
  const auto offset = offset_of(key, version);
  if (!offset) return false;
  if (key == ApiKey::produce) return raise_decoded<ProduceResponse>(frame, version, milliseconds);
  if (key == ApiKey::api_versions) return raise_decoded<ApiVersionsResponse>(frame, version, milliseconds);
  return raise_at(frame, *offset, milliseconds);
}

}  // namespace fulmar
