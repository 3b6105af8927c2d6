// LifeSecurity: how the listeners of a life's brokers are guarded, and how its clients come in: by TLS, by SASL, or
// both.
//
// Clients are the user `worker`, whose password may change while they live; who changes it is `admin`, whose password
// stays. Lives with TLS have no session tickets, which carry the system's time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/cluster/first_users.h"
#include "broker/cluster/properties.h"
#include "faults/plan.h"
#include "runtime/base/random.h"

namespace fulmar {

class LifeSecurity {
 public:
  static constexpr const char* worker = "worker";
  static constexpr const char* admin = "admin";
  // The passwords that they begin with.
  static constexpr const char* worker_password = "worker-0";
  static constexpr const char* admin_password = "the admin's";
  // Of the setting `security`: 0 is plain text.
  static constexpr std::int64_t kinds = 9;

  // By the settings security, internal_tls and session_ms.
  explicit LifeSecurity(const Plan& plan);

  SecurityProtocol protocol() const { return protocol_; }
  std::optional<SaslMechanism> mechanism() const { return mechanism_; }  // nullopt: without SASL
  std::optional<ScramMechanism> scram() const { return mechanism_ ? as_scram(*mechanism_) : std::nullopt; }
  bool client_certificates() const { return client_certificates_; }
  bool internal_tls() const { return internal_tls_; }
  bool guards_clients() const { return protocol_ != SecurityProtocol::plaintext; }

  // The name of the listener for clients.
  std::string listener() const { return std::string(to_string(protocol_)); }
  // What brokers need for it, beside `listeners`.
  void add_properties(Properties& properties) const;
  std::vector<FirstUser> first_users() const;
  // As a user of that name; what TLS needs is the worker's.
  ClientSecurity client(const std::string& user, const std::string& password) const;
  // Whom brokers take the clients for: "User:worker".
  std::string principal() const;

 private:
  SecurityProtocol protocol_ = SecurityProtocol::plaintext;
  std::optional<SaslMechanism> mechanism_;
  bool client_certificates_ = false;
  bool internal_tls_ = false;
  std::int64_t session_ms_ = 0;
};

// Whether the plan's `security` has clients authenticate with SASL; with SCRAM.
bool has_sasl(const Plan& plan);
bool has_scram(const Plan& plan);

// In one life of four, chooses a kind of security. All draws are from `random`.
void choose_security(const Random& random, bool cluster, Plan& plan);

}  // namespace fulmar
