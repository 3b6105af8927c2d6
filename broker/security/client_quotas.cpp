#include "broker/security/client_quotas.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "runtime/host/network.h"

namespace fulmar {

namespace {

constexpr double int32_max = 2'147'483'647.0;
// Kafka's largest long, as a double.
constexpr double int64_max = 9'223'372'036'854'775'808.0;
// How far from a whole number Kafka takes a value for one.
constexpr double whole_within = 1e-6;
constexpr std::size_t name_bytes_max = 1024;

enum class Values : unsigned char { real, int32, int64 };

struct KindInfo {
  QuotaKind kind;
  std::string_view key;
  Values values;
};

constexpr std::array kinds{
    KindInfo{QuotaKind::produced_bytes, "producer_byte_rate", Values::int64},
    KindInfo{QuotaKind::fetched_bytes, "consumer_byte_rate", Values::int64},
    KindInfo{QuotaKind::request_time, "request_percentage", Values::real},
    KindInfo{QuotaKind::controller_mutations, "controller_mutation_rate", Values::real},
    KindInfo{QuotaKind::connections, "connection_creation_rate", Values::int32},
};

const KindInfo* find_kind(std::string_view key) {
  const auto* found = std::ranges::find(kinds, key, &KindInfo::key);
  return found == kinds.end() ? nullptr : found;
}

bool is_of_address(const QuotaEntity& entity) {
  return entity.contains(std::string(quota_of_ip));
}

std::unexpected<Error> invalid(std::string message) {
  return fail(Errc::invalid_argument, std::move(message));
}

std::optional<double> value_for(const ClientQuotas& quotas, const QuotaEntity& entity, QuotaKind kind) {
  const auto* values = quotas.find(entity);
  if (!values) return std::nullopt;
  auto found = values->find(std::string(key_of(kind)));
  if (found == values->end()) return std::nullopt;
  return found->second;
}

}  // namespace

std::string to_string(const QuotaEntity& entity) {
  std::string text;
  for (const auto& [type, name] : entity) text += (text.empty() ? "" : ", ") + type + " " + name.value_or("(default)");
  return text;
}

std::string_view key_of(QuotaKind kind) {
  return kinds[static_cast<std::size_t>(kind)].key;
}

std::optional<QuotaKind> quota_kind(std::string_view key) {
  const auto* found = find_kind(key);
  return found ? std::optional(found->kind) : std::nullopt;
}

Result<void> check_entity(const QuotaEntity& entity) {
  if (entity.empty()) return invalid("Invalid empty client quota entity");
  for (const auto& [type, name] : entity) {
    if (type != quota_of_user && type != quota_of_client && type != quota_of_ip)
      return invalid("Unhandled client quota entity type: " + type);
    if (name && name->empty()) return invalid("Empty " + type + " not supported");
    if (name && name->size() > name_bytes_max)
      return invalid("The name of a " + type + " must not have more than " + std::to_string(name_bytes_max) + " bytes");
  }
  if (!is_of_address(entity)) return {};
  if (entity.size() > 1)
    return invalid("Invalid quota entity combination, IP entity should not be combined with User or ClientId");
  const auto& address = entity.begin()->second;
  if (address && !is_numeric({*address, 0})) return invalid(*address + " is not a valid IP.");
  return {};
}

Result<void> check_quota(const QuotaEntity& entity, std::string_view key, double value) {
  const auto* info = find_kind(key);
  if (!info || is_of_address(entity) != (info->kind == QuotaKind::connections))
    return invalid("Invalid configuration key " + std::string(key));
  const auto name = std::string(key);
  if (!(value > 0)) return invalid("Quota " + name + " must be greater than 0");
  if (info->values == Values::real) {
    if (std::isinf(value)) return invalid("Quota " + name + " must be finite");
    return {};
  }
  const bool wide = info->values == Values::int64;
  if (value > (wide ? int64_max : int32_max))
    return invalid("Proposed value for " + name + " is too large for a" + (wide ? " LONG." : "n INT."));
  if (std::abs(value - std::round(value)) > whole_within) return invalid(name + " cannot be a fractional value.");
  return {};
}

std::optional<QuotaLimit> quota_limit(const ClientQuotas& quotas, QuotaKind kind, const std::string& user,
                                      const std::string& client_id) {
  if (quotas.empty()) return std::nullopt;
  const std::string of_user(quota_of_user);
  const std::string of_client(quota_of_client);
  const std::optional<std::string> any;
  const QuotaEntity both{{of_user, user}, {of_client, client_id}};
  const QuotaEntity user_only{{of_user, user}};
  const QuotaEntity client_only{{of_client, client_id}};
  // From the most specific on; what is set for all that have nothing of their own is no common limit of theirs.
  const std::array<std::pair<QuotaEntity, const QuotaEntity*>, 8> in_order{{
      {both, &both},
      {{{of_user, user}, {of_client, any}}, &both},
      {user_only, &user_only},
      {{{of_user, any}, {of_client, client_id}}, &both},
      {{{of_user, any}, {of_client, any}}, &both},
      {{{of_user, any}}, &user_only},
      {client_only, &client_only},
      {{{of_client, any}}, &client_only},
  }};
  for (const auto& [entity, shared_by] : in_order)
    if (auto rate = value_for(quotas, entity, kind)) return QuotaLimit{*shared_by, *rate};
  return std::nullopt;
}

std::optional<double> connection_limit(const ClientQuotas& quotas, const std::string& ip) {
  if (quotas.empty()) return std::nullopt;
  const std::string of_ip(quota_of_ip);
  if (auto own = value_for(quotas, {{of_ip, ip}}, QuotaKind::connections)) return own;
  return value_for(quotas, {{of_ip, std::nullopt}}, QuotaKind::connections);
}

}  // namespace fulmar
