// SaslServers: makes the server's ends of authentication exchanges of one listener: of its users, of the SCRAM
// credentials in the metadata, and of its keys.
#pragma once

#include <memory>

#include "broker/security/sasl/exchange.h"
#include "broker/security/sasl/json_web_keys.h"
#include "broker/security/sasl/scram_credential.h"
#include "broker/server/config/sasl_settings.h"

namespace fulmar {

class BrokerShard;

class SaslServers {
 public:
  // It must outlive what it makes.
  SaslServers(BrokerShard& shard, SaslSettings settings);

  const SaslSettings& settings() const { return settings_; }
  std::unique_ptr<SaslServer> make(SaslMechanism mechanism) const;

 private:
  BrokerShard& shard_;
  const SaslSettings settings_;
  JsonWebKeys keys_;
  // What unknown users' credentials are derived from as long as the metadata has no credentials at all.
  ScramCredential nobody_;
};

}  // namespace fulmar
