#include "broker/protocol/message.h"

#include "broker/protocol/reader.h"

namespace fulmar {

Result<RequestHeader> read_request_header(Reader& reader) {
  RequestHeader header;
  header.api_key = reader.int16();
  header.api_version = reader.int16();
  header.correlation_id = reader.int32();
  const auto* api = declared_api(header.api_key);
  if (api && !reader.failed()) {
    // The client id is never compact, so that a header is legible whatever its version (KIP-511).
    if (auto id = reader.nullable_string(false)) header.client_id.emplace(*id);
    bool newer = header.api_version > api->max;  // ApiVersions is answered even then, and its header is readable
    if (api->is_flexible(header.api_version) && !newer) reader.skip_tagged_fields();
  }
  if (reader.failed()) return fail(Errc::corrupt, std::string("request header: ") + reader.error());
  return header;
}

void begin_request(Writer& writer, ApiKey api, std::int16_t version, std::int32_t correlation_id,
                   const std::string& client_id) {
  writer.begin_frame();
  writer.int16(static_cast<std::int16_t>(api));
  writer.int16(version);
  writer.int32(correlation_id);
  writer.string(client_id, false);
  if (api_info(api).is_flexible(version)) writer.unsigned_varint(0);
}

namespace {
// ApiVersions always has header version 0: the client does not know the broker's versions yet (KIP-511).
bool response_header_has_tags(ApiKey api, std::int16_t version) {
  return api != ApiKey::api_versions && api_info(api).is_flexible(version);
}
}  // namespace

void begin_response(Writer& writer, ApiKey api, std::int16_t version, std::int32_t correlation_id) {
  writer.begin_frame();
  writer.int32(correlation_id);
  if (response_header_has_tags(api, version)) writer.unsigned_varint(0);
}

std::int32_t read_response_header(Reader& reader, ApiKey api, std::int16_t version) {
  auto correlation_id = reader.int32();
  if (response_header_has_tags(api, version)) reader.skip_tagged_fields();
  return correlation_id;
}

}  // namespace fulmar
