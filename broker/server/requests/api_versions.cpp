// ApiVersions: the served APIs and features; also checks that the client has reached the broker that it wanted
// (KIP-1242).
#include "broker/protocol/messages/api_versions.h"

#include <algorithm>

#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"

namespace fulmar {

namespace {

constexpr std::int16_t software_since = 3;
constexpr std::int16_t level_zero_since = 4;

// KIP-511: letters, digits, '-' and '.'; begins and ends with a letter or digit.
bool is_software_text(std::string_view text) {
  auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  auto allowed = [&](char c) { return alphanumeric(c) || c == '-' || c == '.'; };
  return !text.empty() && alphanumeric(text.front()) && alphanumeric(text.back()) && std::ranges::all_of(text, allowed);
}

// Who has yet to authenticate is counted by the connection, once it has.
bool is_stranger(const Session& session) {
  return uses_sasl(session.protocol) && session.principal == Principal{};
}

ErrorCode check(const BrokerShard& shard, const ApiVersionsRequest& request, std::int16_t version) {
  if (version < software_since) return ErrorCode::none;
  if (!is_software_text(request.client_software_name) || !is_software_text(request.client_software_version))
    return ErrorCode::invalid_request;
  bool names_node = request.node_id >= 0;
  if (request.cluster_id.has_value() != names_node) return ErrorCode::invalid_request;
  if (!names_node) return ErrorCode::none;
  bool meant = *request.cluster_id == shard.image()->cluster_id && request.node_id == shard.config().node_id;
  return meant ? ErrorCode::none : ErrorCode::rebootstrap_required;
}

}  // namespace

Result<ByteChain> handle_api_versions(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<ApiVersionsRequest>());
  ApiVersionsResponse response;
  response.error_code = check(shard, request, call.version());
  if (response.error_code == ErrorCode::none && call.version() >= software_since) {
    call.session().software_name = request.client_software_name;
    call.session().software_version = request.client_software_version;
    if (!is_stranger(call.session()))
      call.session().answered =
          &shard.client_counts().of({request.client_software_name, request.client_software_version});
  }
  if (response.error_code == ErrorCode::none) {
    for (const auto& api : served_apis())
      if (api.advertised)
        response.api_keys.push_back({static_cast<std::int16_t>(api.key), api.advertised_min, api.max});
    // Older clients take a lowest level of 0 for an error (KAFKA-17492).
    std::int16_t lowest = call.version() < level_zero_since ? 1 : 0;
    for (const auto& [name, min, max] : shard.config().features)
      response.supported_features.push_back({name, std::max(min, lowest), max});
    // The finalised levels, as of this shard's image.
    response.finalized_features_epoch = shard.image()->offset;
    for (const auto& [name, level] : shard.image()->features)
      response.finalized_features.push_back({name, level, level});
  }
  return call.answer(response);
}

// Has the supported versions of ApiVersions, so that the client can ask again.
ByteChain unsupported_api_versions(std::int32_t correlation_id) {
  const auto& api = api_info(ApiKey::api_versions);
  ApiVersionsResponse response;
  response.error_code = ErrorCode::unsupported_version;
  response.api_keys.push_back({static_cast<std::int16_t>(api.key), api.advertised_min, api.max});
  return response_frame(response, 0, correlation_id);
}

}  // namespace fulmar
