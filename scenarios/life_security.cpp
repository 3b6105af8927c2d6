#include "scenarios/life_security.h"

#include <algorithm>
#include <array>

#include "scenarios/life_certificates.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

namespace {

struct Kind {
  SecurityProtocol protocol;
  std::optional<SaslMechanism> mechanism = {};
  bool client_certificates = false;
};

// By the setting `security`. What is simpler comes first.
constexpr std::array<Kind, LifeSecurity::kinds> kinds{{
    {SecurityProtocol::plaintext},
    {SecurityProtocol::ssl},
    {SecurityProtocol::ssl, {}, true},
    {SecurityProtocol::sasl_plaintext, SaslMechanism::plain},
    {SecurityProtocol::sasl_plaintext, SaslMechanism::scram_sha_256},
    {SecurityProtocol::sasl_plaintext, SaslMechanism::scram_sha_512},
    {SecurityProtocol::sasl_ssl, SaslMechanism::plain},
    {SecurityProtocol::sasl_ssl, SaslMechanism::scram_sha_256},
    {SecurityProtocol::sasl_ssl, SaslMechanism::scram_sha_512},
}};

constexpr std::int64_t first_plain_kind = 3, last_plain_kind = 5;  // with authentication, and without TLS
constexpr std::int64_t tls_work_factor_max = 20;

const Kind& kind_of(const Plan& plan) {
  return kinds.at(static_cast<std::size_t>(plan.setting_or(settings::security, 0)));
}

}  // namespace

LifeSecurity::LifeSecurity(const Plan& plan)
    : protocol_(kind_of(plan).protocol),
      mechanism_(kind_of(plan).mechanism),
      client_certificates_(kind_of(plan).client_certificates),
      internal_tls_(plan.setting_or(settings::internal_tls, 0) != 0),
      session_ms_(plan.setting_or(settings::session_ms, 0)) {}

void LifeSecurity::add_properties(Properties& properties) const {
  if (internal_tls_) properties["listener.security.protocol.map"] = listener() + ":" + listener() + ",INTERNAL:SSL";
  if (internal_tls_ || uses_tls(protocol_)) {
    properties["ssl.keystore.type"] = "PEM";
    properties["ssl.keystore.certificate.chain"] = life_certificates::broker_certificate;
    properties["ssl.keystore.key"] = life_certificates::broker_key;
    properties["ssl.truststore.type"] = "PEM";
    properties["ssl.truststore.certificates"] = life_certificates::authority;
    properties["ssl.session.tickets.enable"] = "false";
  }
  if (client_certificates_) properties["ssl.client.auth"] = "required";
  if (!mechanism_) return;
  properties["sasl.enabled.mechanisms"] = to_string(*mechanism_);
  if (session_ms_ > 0) properties["connections.max.reauth.ms"] = std::to_string(session_ms_);
  if (*mechanism_ == SaslMechanism::plain)
    properties["plain.sasl.jaas.config"] =
        std::string("org.apache.kafka.common.security.plain.PlainLoginModule required user_") + worker + "=\"" +
        worker_password + "\";";
}

std::vector<FirstUser> LifeSecurity::first_users() const {
  if (!scram()) return {};
  return {{.name = worker, .mechanism = *scram(), .password = worker_password},
          {.name = admin, .mechanism = *scram(), .password = admin_password}};
}

ClientSecurity LifeSecurity::client(const std::string& user, const std::string& password) const {
  ClientSecurity security;
  security.protocol = protocol_;
  if (uses_tls(protocol_)) {
    security.tls.settings.trusted = life_certificates::authority;
    security.tls.settings.resumes = false;
  }
  if (client_certificates_) {
    security.tls.settings.certificate_chain = life_certificates::worker_certificate;
    security.tls.settings.key = life_certificates::worker_key;
  }
  if (!mechanism_) return security;
  security.mechanism = *mechanism_;
  security.user = user;
  security.password = password;
  return security;
}

std::string LifeSecurity::principal() const {
  if (mechanism_) return std::string("User:") + worker;
  return client_certificates_ ? "User:O=Lives,CN=worker" : "User:ANONYMOUS";
}

bool has_sasl(const Plan& plan) {
  return kind_of(plan).mechanism.has_value();
}

bool has_scram(const Plan& plan) {
  const auto& kind = kind_of(plan);
  return kind.mechanism && as_scram(*kind.mechanism);
}

void choose_security(const Random& random, bool cluster, Plan& plan) {
  auto choose = [&](const char* name, std::int64_t low, std::int64_t high) {
    return random.split(name).between(low, high);
  };
  // The release before knows plain text only.
  if (plan.has(settings::upgrade_at_ms) || choose("any", 0, 3) > 0) return;
  // Brokers alone speak TLS among each other in some lives. A life with TLS costs two without, most of it for
  // handshakes: so it is drawn twice before it is.
  auto kind = choose("kind", cluster ? 0 : 1, LifeSecurity::kinds - 1);
  bool internal = cluster && (kind == 0 || choose("internal", 0, 2) == 0);
  if ((internal || uses_tls(kinds.at(static_cast<std::size_t>(kind)).protocol)) && choose("tls", 0, 1)) {
    kind = choose("plain kind", first_plain_kind, last_plain_kind);
    internal = false;
  }
  plan.set(settings::security, kind);
  if (internal) plan.set(settings::internal_tls, 1);
  // A restarted broker's peers shake hands with it all at once. As slow as work may be elsewhere, that would keep
  // leaders from their heartbeats for longer than a calm allows.
  if (uses_tls(kind_of(plan).protocol) || plan.has(settings::internal_tls))
    if (plan.has(settings::work_factor))
      plan.set(settings::work_factor, std::min(plan.setting(settings::work_factor), tls_work_factor_max));
  if (has_sasl(plan) && choose("sessions", 0, 1)) plan.set(settings::session_ms, choose("session", 1500, 10'000));
  if (has_scram(plan) && choose("passwords", 0, 2) > 0)
    plan.set(settings::password_pace_ms, std::int64_t{1} << choose("password pace", 9, 13));
}

}  // namespace fulmar
