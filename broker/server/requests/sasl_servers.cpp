#include "broker/server/requests/sasl_servers.h"

#include "broker/security/sasl/json_web_token.h"
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

SaslServers::SaslServers(BrokerShard& shard, SaslSettings settings, UnknownKey unknown_key)
    : shard_(shard),
      settings_(std::move(settings)),
      unknown_key_(std::move(unknown_key)),
      nobody_(random_credential(shard.host().entropy())) {}

std::unique_ptr<SaslServer> SaslServers::make(SaslMechanism mechanism) const {
  if (auto scram = as_scram(mechanism)) {
    auto look_up = [this, scram](std::string_view user) {
      return shard_.image()->scram_users.look_up(user, *scram, nobody_);
    };
    return std::make_unique<ScramServer>(*scram, std::move(look_up), sasl_nonce(shard_.host().entropy()));
  }
  if (mechanism == SaslMechanism::plain) return std::make_unique<PlainServer>(settings_.plain_users);
  FULMAR_ASSERT(mechanism == SaslMechanism::oauthbearer);
  return std::make_unique<OAuthBearerServer>([this](std::string_view token) { return check(token); });
}

Result<SaslIdentity> SaslServers::check(std::string_view token) const {
  if (!keys_) return fail(Errc::invalid_argument, "no keys for tokens are known yet");
  auto checked = check_token(token, *keys_, settings_.token_rules, shard_.host().clock().wall_ms());
  if (checked) return SaslIdentity{.name = std::move(checked->subject), .valid_until = checked->expires_at};
  if (auto id = unknown_key_id(token, *keys_)) unknown_key_(std::move(*id));
  return std::unexpected(checked.error());
}

}  // namespace fulmar
