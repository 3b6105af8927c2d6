#include "broker/protocol/messages/api_versions.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, ApiVersionsRequest& m) {
  f("client_software_name", m.client_software_name, {.since = 3});
  f("client_software_version", m.client_software_version, {.since = 3});
  f("cluster_id", m.cluster_id, {.since = 5});
  f("node_id", m.node_id, {.since = 5});
}

template <class F>
void describe(F& f, ApiVersionsResponse::ApiVersion& m) {
  f("api_key", m.api_key);
  f("min_version", m.min_version);
  f("max_version", m.max_version);
}

template <class F>
void describe(F& f, ApiVersionsResponse::SupportedFeature& m) {
  f("name", m.name);
  f("min_version", m.min_version);
  f("max_version", m.max_version);
}

template <class F>
void describe(F& f, ApiVersionsResponse::FinalizedFeature& m) {
  f("name", m.name);
  f("max_version_level", m.max_version_level);
  f("min_version_level", m.min_version_level);
}

template <class F>
void describe(F& f, ApiVersionsResponse& m) {
  f("error_code", m.error_code);
  f("api_keys", m.api_keys);
  f("throttle_time_ms", m.throttle_time_ms, {.since = 1});
  f.tagged(0, "supported_features", m.supported_features, {.since = 3});
  f.tagged(1, "finalized_features_epoch", m.finalized_features_epoch, {.since = 3}, std::int64_t{-1});
  f.tagged(2, "finalized_features", m.finalized_features, {.since = 3});
}

FULMAR_DEFINE_MESSAGE(ApiVersionsRequest);
FULMAR_DEFINE_MESSAGE(ApiVersionsResponse);

}  // namespace fulmar
