// DescribeClientQuotas, AlterClientQuotas (KIP-546).
#include <algorithm>
#include <set>

#include "broker/cluster/metadata_codec.h"
#include "broker/protocol/messages/client_quotas.h"
#include "broker/security/client_quotas.h"
#include "broker/server/controller/draft.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/request.h"
#include "broker/server/requests/response_room.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr Duration plan_entry_work = microseconds(5);
constexpr Duration match_entity_work = nanoseconds(300);
// Each is looked at by every broker when a client connects.
constexpr std::size_t entities_max = 100'000;

using Match = DescribeClientQuotasRequest::Match;
using Component = DescribeClientQuotasRequest::Component;
using Altered = AlterClientQuotasResponse::Entry;

QuotaEntity entity_of(const std::vector<QuotaEntityPart>& parts) {
  QuotaEntity entity;
  for (const auto& part : parts) entity.insert_or_assign(part.entity_type, part.entity_name);
  return entity;
}

std::vector<QuotaEntityPart> parts_of(const QuotaEntity& entity) {
  std::vector<QuotaEntityPart> parts;
  for (const auto& [type, name] : entity) parts.push_back({type, name});
  return parts;
}

std::pair<ErrorCode, std::string> check_filter(const std::vector<Component>& components) {
  std::set<std::string_view> types;
  for (const auto& component : components) {
    const auto& type = component.entity_type;
    if (type.empty()) return {ErrorCode::invalid_request, "Invalid empty entity type."};
    if (!types.insert(type).second)
      return {ErrorCode::invalid_request, "Entity type " + type + " cannot appear more than once in the filter."};
    if (type != quota_of_user && type != quota_of_client && type != quota_of_ip)
      return {ErrorCode::unsupported_version, "Unsupported entity type " + type};
    switch (component.match_type) {
      case Match::exact:
        if (component.match) break;
        return {ErrorCode::invalid_request, "Request specified MATCH_TYPE_EXACT, but set match string to null."};
      case Match::default_name:
        if (!component.match) break;
        return {ErrorCode::invalid_request, "Request specified MATCH_TYPE_DEFAULT, but also specified a match string."};
      case Match::any_name:
        if (!component.match) break;
        return {ErrorCode::invalid_request,
                "Request specified MATCH_TYPE_SPECIFIED, but also specified a match string."};
      default:
        return {ErrorCode::invalid_request,
                "Unknown match type " + std::to_string(static_cast<int>(component.match_type))};
    }
  }
  if (types.contains(quota_of_ip) && types.size() > 1)
    return {ErrorCode::invalid_request,
            "Invalid entity filter component combination. IP filter component should not be used with user or clientId "
            "filter component."};
  return {ErrorCode::none, ""};
}

bool matches(const QuotaEntity& entity, const std::vector<Component>& components, bool strict) {
  auto fits = [&](const Component& component) {
    auto found = entity.find(component.entity_type);
    if (found == entity.end()) return false;
    switch (component.match_type) {
      case Match::exact: return found->second == component.match;
      case Match::default_name: return !found->second.has_value();
      case Match::any_name: return true;
    }
    return false;
  };
  return std::ranges::all_of(components, fits) && (!strict || entity.size() == components.size());
}

// What the entity has after the changes. Errors: invalid_argument, in words for people.
Result<QuotaValues> changed_quotas(const MetadataImage& image, const QuotaEntity& entity,
                                   const std::vector<AlterClientQuotasRequest::Op>& ops) {
  const auto* known = image.client_quotas.find(entity);
  auto values = known ? *known : QuotaValues();
  for (const auto& op : ops) {
    if (op.remove) {
      values.erase(op.key);
      continue;
    }
    FULMAR_TRY_VOID(check_quota(entity, op.key, op.value));
    values.insert_or_assign(op.key, op.value);
  }
  if (!known && !values.empty() && image.client_quotas.size() >= entities_max)
    return fail(Errc::invalid_argument,
                "There are quotas of " + std::to_string(entities_max) + " entities already, which is the most.");
  return values;
}

void refuse(Altered& result, ErrorCode error, std::string message) {
  result.error_code = error;
  result.error_message = std::move(message);
}

void plan(Draft& draft, const QuotaEntity& entity, const std::vector<AlterClientQuotasRequest::Op>& ops,
          Altered& result) {
  if (!draft.controls()) return refuse(result, ErrorCode::not_controller, no_controller_message);
  if (auto sound = check_entity(entity); !sound)
    return refuse(result, ErrorCode::invalid_request, sound.error().detail);
  if (level_of(draft.image.features, metadata_version) < metadata_with_security)
    return refuse(result, ErrorCode::unsupported_version,
                  "there are client quotas from metadata.version " + std::to_string(metadata_with_security) +
                      " on: brokers of an earlier release could not read them");
  auto values = changed_quotas(draft.image, entity, ops);
  if (!values) return refuse(result, ErrorCode::invalid_request, values.error().detail);
  ClientQuotaRecord record{entity, std::move(*values)};
  if (auto text = check_strings(record); !text) return refuse(result, ErrorCode::invalid_request, text.error().detail);
  const auto* known = draft.image.client_quotas.find(entity);
  if (known ? *known == record.values : record.values.empty()) return;
  draft.add(std::move(record));
}

}  // namespace

Result<ByteChain> handle_describe_client_quotas(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<DescribeClientQuotasRequest>());
  DescribeClientQuotasResponse response;
  auto [error, message] = check_filter(request.components);
  response.error_code = error;
  response.error_message = std::move(message);
  if (error != ErrorCode::none) return call.answer(response);
  auto& entries = response.entries.emplace();
  ResponseRoom room(shard);
  const auto image = shard.image();
  for (const auto& [entity, values] : image->client_quotas) {
    work_in_slices(match_entity_work);
    if (!matches(entity, request.components, request.strict)) continue;
    auto& entry = entries.emplace_back(parts_of(entity));
    std::int64_t bytes = sizeof(entry);
    for (const auto& part : entry.entity)
      bytes += static_cast<std::int64_t>(sizeof(part) + part.entity_name.value_or("").size());
    for (const auto& [key, value] : values) entry.values.push_back({key, value});
    room.take(bytes + static_cast<std::int64_t>(values.size() * sizeof(DescribeClientQuotasResponse::Value)));
  }
  return call.answer(response);
}

// Each entity is changed as a whole or not at all, independently of the others; one that is named twice is not changed,
// and answered once. (Kafka answers so, and carries the first one out.)
Result<ByteChain> handle_alter_client_quotas(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<AlterClientQuotasRequest>());
  AlterClientQuotasResponse response;
  change_metadata(shard, [&](Draft& draft) {
    std::map<QuotaEntity, int> times;
    for (const auto& entry : request.entries) ++times[entity_of(entry.entity)];
    std::set<QuotaEntity> answered;
    std::vector<std::pair<std::size_t, QuotaEntity>> changed;
    for (const auto& entry : request.entries) {
      work_in_slices(plan_entry_work * static_cast<std::int64_t>(1 + entry.ops.size()));
      auto entity = entity_of(entry.entity);
      if (!answered.insert(entity).second) continue;
      auto& result = response.entries.emplace_back();
      result.entity = parts_of(entity);
      std::set<std::string_view> keys;
      bool repeated = times[entity] > 1;
      for (const auto& op : entry.ops) repeated |= !keys.insert(op.key).second;
      if (repeated)
        refuse(result, ErrorCode::invalid_request, "Ignoring duplicate entity " + to_string(entity));
      else
        plan(draft, entity, entry.ops, result);
      if (result.error_code == ErrorCode::none) changed.emplace_back(response.entries.size() - 1, std::move(entity));
    }
    if (request.validate_only || !draft.controls()) return;
    auto error = draft.commit();
    for (const auto& [index, entity] : changed) {
      if (error != ErrorCode::none)
        refuse(response.entries[index], error, not_made_message(error));
      else
        draft.shard.log().info("client quotas changed", {{"of", to_string(entity)}});
    }
  });
  return call.answer(response);
}

}  // namespace fulmar
