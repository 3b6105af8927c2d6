// SaslServers: makes the server's ends of authentication exchanges of one listener: of its users, of the SCRAM
// credentials in the metadata, and of its keys.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "broker/security/sasl/exchange.h"
#include "broker/security/sasl/json_web_keys.h"
#include "broker/security/sasl/scram_credential.h"
#include "broker/server/config/sasl_settings.h"

namespace fulmar {

class BrokerShard;

class SaslServers {
 public:
  // A token was said to be signed by a key of that id, which is not known. Must not wait.
  using UnknownKey = std::function<void(std::string id)>;

  // It must outlive what it makes.
  SaslServers(BrokerShard& shard, SaslSettings settings, UnknownKey unknown_key);

  const SaslSettings& settings() const { return settings_; }
  // For tokens that come from now on; before, none is accepted.
  void use_token_keys(std::shared_ptr<const JsonWebKeys> keys) { keys_ = std::move(keys); }
  std::unique_ptr<SaslServer> make(SaslMechanism mechanism) const;

 private:
  Result<SaslIdentity> check(std::string_view token) const;

  BrokerShard& shard_;
  const SaslSettings settings_;
  const UnknownKey unknown_key_;
  std::shared_ptr<const JsonWebKeys> keys_;
  // What unknown users' credentials are derived from as long as the metadata has no credentials at all.
  ScramCredential nobody_;
};

}  // namespace fulmar
