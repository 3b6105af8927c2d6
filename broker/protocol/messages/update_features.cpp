#include "broker/protocol/messages/update_features.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, UpdateFeaturesRequest::Update& m) {
  f("feature", m.feature);
  f("max_version_level", m.max_version_level);
  f("allow_downgrade", m.allow_downgrade, {.until = 0});
  f("upgrade_type", m.upgrade_type, {.since = 1});
}

template <class F>
void describe(F& f, UpdateFeaturesRequest& m) {
  f("timeout_ms", m.timeout_ms);
  f("updates", m.updates);
  f("validate_only", m.validate_only, {.since = 1});
}

template <class F>
void describe(F& f, UpdateFeaturesResponse::Result& m) {
  f("feature", m.feature);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
}

template <class F>
void describe(F& f, UpdateFeaturesResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("results", m.results, {.until = 1});
}

FULMAR_DEFINE_MESSAGE(UpdateFeaturesRequest);
FULMAR_DEFINE_MESSAGE(UpdateFeaturesResponse);

}  // namespace fulmar
