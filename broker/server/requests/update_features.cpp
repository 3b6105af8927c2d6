// UpdateFeatures: changes the finalised levels of the cluster's features (KIP-584, KIP-778).
#include "broker/protocol/messages/update_features.h"

#include "broker/server/controller/draft.h"
#include "broker/server/controller/feature_updates.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"

namespace fulmar {

namespace {

constexpr std::int16_t types_since = 1;
constexpr std::int16_t results_until = 1;

UpdateType type_of(const UpdateFeaturesRequest::Update& update, std::int16_t version) {
  if (version < types_since) return update.allow_downgrade ? UpdateType::safe_downgrade : UpdateType::upgrade;
  switch (update.upgrade_type) {
    case UpdateFeaturesRequest::upgrade: return UpdateType::upgrade;
    case UpdateFeaturesRequest::safe_downgrade: return UpdateType::safe_downgrade;
    case UpdateFeaturesRequest::unsafe_downgrade: return UpdateType::unsafe_downgrade;
    default: return UpdateType::unknown;
  }
}

struct Outcome {
  ErrorCode error = ErrorCode::none;
  std::string message;  // for people
};

Outcome update(Draft& draft, const std::vector<FeatureUpdate>& updates, bool validate_only) {
  if (!draft.controls()) return {ErrorCode::not_controller, no_controller_message};
  auto& shard = draft.shard;
  auto records = plan_feature_updates(draft.image, shard.broker().self.broker, shard.config().features, updates);
  if (!records) return {ErrorCode::invalid_update_version, records.error().detail};
  if (validate_only) return {};
  for (const auto& record : *records) draft.add(record);
  auto error = draft.commit();
  if (error != ErrorCode::none) return {error, not_made_message(error)};
  for (const auto& [name, level] : *records)
    shard.log().info("feature finalised", {{"feature", name}, {"level", level}});
  return {};
}

}  // namespace

Result<ByteChain> handle_update_features(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<UpdateFeaturesRequest>());
  std::vector<FeatureUpdate> updates;
  for (const auto& asked : request.updates)
    updates.push_back({asked.feature, asked.max_version_level, type_of(asked, call.version())});
  auto outcome = change_metadata(shard, [&](Draft& draft) { return update(draft, updates, request.validate_only); });
  UpdateFeaturesResponse response;
  response.error_code = outcome.error;
  bool failed = outcome.error != ErrorCode::none;
  if (failed)
    response.error_message =
        "The update failed for all features since the following feature had an error: " + outcome.message;
  if (!failed && call.version() <= results_until)
    for (const auto& asked : request.updates)
      response.results.push_back({asked.feature, ErrorCode::none, std::nullopt});
  return call.answer(response);
}

}  // namespace fulmar
