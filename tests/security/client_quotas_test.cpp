#include "broker/security/client_quotas.h"

#include <gtest/gtest.h>

#include <limits>

namespace fulmar {
namespace {

using enum QuotaKind;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

QuotaEntity user(std::optional<std::string> name) {
  return {{"user", std::move(name)}};
}
QuotaEntity client(std::optional<std::string> name) {
  return {{"client-id", std::move(name)}};
}
QuotaEntity both(std::optional<std::string> user_name, std::optional<std::string> client_name) {
  return {{"user", std::move(user_name)}, {"client-id", std::move(client_name)}};
}

// KIP-55's order. Each quota is removed after it was found, so that the next one applies.
TEST(ClientQuotas, TheMostSpecificEntityApplies) {
  struct Level {
    QuotaEntity set;
    QuotaEntity shared_by;
  };
  const std::vector<Level> levels{
      {both("u", "c"), both("u", "c")},
      {both("u", std::nullopt), both("u", "c")},
      {user("u"), user("u")},
      {both(std::nullopt, "c"), both("u", "c")},
      {both(std::nullopt, std::nullopt), both("u", "c")},
      {user(std::nullopt), user("u")},
      {client("c"), client("c")},
      {client(std::nullopt), client("c")},
  };
  ClientQuotas quotas;
  double rate = 1;
  for (const auto& level : levels) quotas.insert_or_assign(level.set, {{"producer_byte_rate", rate++}});
  quotas.insert_or_assign(both("u", "other"), {{"producer_byte_rate", 99}});
  rate = 1;
  for (const auto& level : levels) {
    EXPECT_EQ(quota_limit(quotas, produced_bytes, "u", "c"), (QuotaLimit{level.shared_by, rate++}))
        << to_string(level.set);
    EXPECT_EQ(quota_limit(quotas, fetched_bytes, "u", "c"), std::nullopt);
    quotas.erase(level.set);
  }
  EXPECT_EQ(quota_limit(quotas, produced_bytes, "u", "c"), std::nullopt);
}

TEST(ClientQuotas, AnEntityWithoutThisKindIsPassedOver) {
  ClientQuotas quotas;
  quotas.insert_or_assign(user("u"), {{"consumer_byte_rate", 5}});
  quotas.insert_or_assign(client("c"), {{"producer_byte_rate", 7}});
  EXPECT_EQ(quota_limit(quotas, produced_bytes, "u", "c"), (QuotaLimit{client("c"), 7}));
}

TEST(ClientQuotas, AddressesHaveTheirOwnOrTheDefault) {
  ClientQuotas quotas;
  EXPECT_EQ(connection_limit(quotas, "10.0.0.1"), std::nullopt);
  quotas.insert_or_assign({{"ip", std::nullopt}}, {{"connection_creation_rate", 3}});
  quotas.insert_or_assign({{"ip", "10.0.0.1"}}, {{"connection_creation_rate", 4}});
  EXPECT_EQ(connection_limit(quotas, "10.0.0.1"), 4);
  EXPECT_EQ(connection_limit(quotas, "10.0.0.2"), 3);
}

TEST(ClientQuotas, RefuseWhatKafkaRefuses) {
  auto message = [](const Result<void>& checked) { return checked ? std::string("fine") : checked.error().detail; };
  EXPECT_EQ(message(check_entity({})), "Invalid empty client quota entity");
  EXPECT_EQ(message(check_entity({{"foo", "x"}})), "Unhandled client quota entity type: foo");
  EXPECT_EQ(message(check_entity(user(""))), "Empty user not supported");
  EXPECT_EQ(message(check_entity(user(std::string(2000, 'u')))),
            "The name of a user must not have more than 1024 bytes");
  EXPECT_EQ(message(check_entity({{"ip", "1.2.3.4"}, {"user", "u"}})),
            "Invalid quota entity combination, IP entity should not be combined with User or ClientId");
  EXPECT_EQ(message(check_entity({{"ip", "somewhere"}})), "somewhere is not a valid IP.");
  EXPECT_EQ(message(check_entity({{"ip", "::1"}})), "fine");
  for (const auto& entity : {user("u"), user(std::nullopt), client("c"), both("u", std::nullopt),
                             QuotaEntity{{"ip", "1.2.3.4"}}, QuotaEntity{{"ip", std::nullopt}}})
    EXPECT_EQ(message(check_entity(entity)), "fine") << to_string(entity);

  const QuotaEntity ip{{"ip", "1.2.3.4"}};
  EXPECT_EQ(message(check_quota(user("u"), "foo", 1)), "Invalid configuration key foo");
  EXPECT_EQ(message(check_quota(ip, "producer_byte_rate", 1)), "Invalid configuration key producer_byte_rate");
  EXPECT_EQ(message(check_quota(user("u"), "connection_creation_rate", 1)),
            "Invalid configuration key connection_creation_rate");
  for (auto value : {0.0, -1.0, nan, -inf})
    EXPECT_EQ(message(check_quota(user("u"), "producer_byte_rate", value)),
              "Quota producer_byte_rate must be greater than 0");
  for (auto value : {1e300, inf, 9'223'372'036'854'777'856.0})
    EXPECT_EQ(message(check_quota(user("u"), "producer_byte_rate", value)),
              "Proposed value for producer_byte_rate is too large for a LONG.");
  EXPECT_EQ(message(check_quota(ip, "connection_creation_rate", 2'147'483'648.0)),
            "Proposed value for connection_creation_rate is too large for an INT.");
  EXPECT_EQ(message(check_quota(user("u"), "producer_byte_rate", 1.5)),
            "producer_byte_rate cannot be a fractional value.");
  EXPECT_EQ(message(check_quota(user("u"), "controller_mutation_rate", inf)),
            "Quota controller_mutation_rate must be finite");
  EXPECT_EQ(message(check_quota(user("u"), "producer_byte_rate", 1000.0000001)), "fine");
  EXPECT_EQ(message(check_quota(client("c"), "controller_mutation_rate", 0.5)), "fine");
  EXPECT_EQ(message(check_quota(ip, "connection_creation_rate", 2'147'483'647.0)), "fine");
}

}  // namespace
}  // namespace fulmar
