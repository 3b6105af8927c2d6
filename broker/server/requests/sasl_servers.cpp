#include "broker/server/requests/sasl_servers.h"

#include "broker/security/sasl/oauth_bearer.h"
#include "broker/security/sasl/scram.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/base/assert.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"

namespace fulmar {

namespace {

ScramCredential random_credential(Entropy& entropy) {
  ScramCredential nobody{
      .salt = sasl_nonce(entropy), .stored_key = {}, .server_key = {}, .iterations = scram_iterations_min};
  nobody.stored_key = sasl_nonce(entropy) + sasl_nonce(entropy);
  nobody.server_key = sasl_nonce(entropy);
  return nobody;
}

}  // namespace

SaslServers::SaslServers(BrokerShard& shard, SaslSettings settings)
    : shard_(shard), settings_(std::move(settings)), nobody_(random_credential(shard.host().entropy())) {
  if (shard.config().token_keys.empty()) return;
  auto keys = JsonWebKeys::parse(shard.config().token_keys);
  FULMAR_ASSERT(keys.has_value());  // checked when the configuration was read
  keys_ = std::move(*keys);
}

std::unique_ptr<SaslServer> SaslServers::make(SaslMechanism mechanism) const {
  if (auto scram = as_scram(mechanism)) {
    auto look_up = [this, scram](std::string_view user) {
      return shard_.image()->scram_users.look_up(user, *scram, nobody_);
    };
    return std::make_unique<ScramServer>(*scram, std::move(look_up), sasl_nonce(shard_.host().entropy()));
  }
  if (mechanism == SaslMechanism::plain) return std::make_unique<PlainServer>(settings_.plain_users);
  FULMAR_ASSERT(mechanism == SaslMechanism::oauthbearer);
  return std::make_unique<OAuthBearerServer>([this](std::string_view token) -> Result<SaslIdentity> {
    FULMAR_TRY(auto checked, check_token(token, keys_, settings_.token_rules, shard_.host().clock().wall_ms()));
    return SaslIdentity{.name = std::move(checked.subject), .valid_until = checked.expires_at};
  });
}

}  // namespace fulmar
