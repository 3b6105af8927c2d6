// Client quotas: how much of a broker clients may use, by user, client id and address (KIP-55, KIP-124, KIP-546,
// KIP-599, KIP-612).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/persistent_map.h"
#include "runtime/base/result.h"

namespace fulmar {

// Whom a quota is for: a name for each of its types, of "user", "client-id" and "ip"; null: all that have no quota of
// their own.
using QuotaEntity = std::map<std::string, std::optional<std::string>>;

inline constexpr std::string_view quota_of_user = "user";
inline constexpr std::string_view quota_of_client = "client-id";
inline constexpr std::string_view quota_of_ip = "ip";

// "user alice, client-id (default)", for people.
std::string to_string(const QuotaEntity& entity);

enum class QuotaKind : std::uint8_t {
  produced_bytes,        // producer_byte_rate: bytes a second, of requests
  fetched_bytes,         // consumer_byte_rate: bytes a second, of responses
  request_time,          // request_percentage: of one processor's time, that requests take
  controller_mutations,  // controller_mutation_rate: partitions made or deleted a second
  connections,           // connection_creation_rate: a second, of an address
};

// By Kafka's name; nullopt: there is none of that name.
std::optional<QuotaKind> quota_kind(std::string_view key);
std::string_view key_of(QuotaKind kind);

// What is set for each entity, by Kafka's names of the kinds; never empty.
using QuotaValues = std::map<std::string, double>;
using ClientQuotas = PersistentMap<QuotaEntity, QuotaValues>;

// Errors: invalid_argument, in Kafka's words: parts that do not go together, empty or too long names, unknown types.
Result<void> check_entity(const QuotaEntity& entity);
// Whether the value may be set for that entity. Errors: invalid_argument, in Kafka's words.
Result<void> check_quota(const QuotaEntity& entity, std::string_view key, double value);

// A limit, and which clients share it: the entity has the names of that user, that client id, or both.
struct QuotaLimit {
  QuotaEntity shared_by;
  double rate = 0;

  bool operator==(const QuotaLimit&) const = default;
};

// The limit for clients of that user and client id, from the most specific entity that has one (KIP-55); nullopt: none.
// Not for connections.
std::optional<QuotaLimit> quota_limit(const ClientQuotas& quotas, QuotaKind kind, const std::string& user,
                                      const std::string& client_id);
// Of new connections from an address; nullopt: none.
std::optional<double> connection_limit(const ClientQuotas& quotas, const std::string& ip);

}  // namespace fulmar
