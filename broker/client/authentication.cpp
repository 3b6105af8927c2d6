#include "broker/client/authentication.h"

#include "broker/protocol/messages/sasl.h"
#include "broker/security/sasl/oauth_bearer.h"
#include "broker/security/sasl/plain.h"
#include "broker/security/sasl/scram.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

std::unique_ptr<SaslClient> make_client(Host& host, const ClientSecurity& security, SaltedPasswords& salted) {
  if (auto scram = as_scram(security.mechanism))
    return std::make_unique<ScramClient>(*scram, security.user, security.password, sasl_nonce(host.entropy()), &salted);
  if (security.mechanism == SaslMechanism::oauthbearer) return std::make_unique<OAuthBearerClient>(security.token);
  return std::make_unique<PlainClient>(security.user, security.password);
}

Answer<void> shake_hands(ClientConnection& connection, ClientConnection::Alone& alone, SaslMechanism mechanism,
                         Deadline deadline) {
  constexpr std::int16_t with_authenticate = 1;
  FULMAR_TRY(auto version, connection.choose_version(ApiKey::sasl_handshake, 32767));
  if (version < with_authenticate) return refuse(ErrorCode::unsupported_version, "the broker has no SaslAuthenticate");
  SaslHandshakeRequest request{std::string(to_string(mechanism))};
  FULMAR_TRY(auto response, alone.call<SaslHandshakeResponse>(request, deadline));
  if (response.error_code == ErrorCode::none) return {};
  std::string served;
  for (const auto& name : response.mechanisms) served += (served.empty() ? "" : ", ") + name;
  if (response.error_code == ErrorCode::illegal_sasl_state)
    return refuse(response.error_code, "the listener is one without SASL");
  return refuse(response.error_code, request.mechanism + " is not served there, but " + served);
}

}  // namespace

Answer<std::optional<Instant>> authenticate(Host& host, ClientConnection& connection, const ClientSecurity& security,
                                            SaltedPasswords& salted, Deadline deadline) {
  ClientConnection::Alone alone(connection);
  FULMAR_TRY_VOID(shake_hands(connection, alone, security.mechanism, deadline));
  auto client = make_client(host, security, salted);
  std::int64_t lifetime_ms = 0;
  Bytes answer;
  for (;;) {
    FULMAR_TRY(auto message, client->respond(answer.view()));
    if (client->complete()) break;
    SaslAuthenticateRequest request{Bytes::copy_of(message)};
    FULMAR_TRY(auto response, alone.call<SaslAuthenticateResponse>(request, deadline));
    if (response.error_code != ErrorCode::none) return refuse(response.error_code, response.error_message.value_or(""));
    answer = std::move(response.auth_bytes);
    lifetime_ms = response.session_lifetime_ms;
  }
  if (lifetime_ms <= 0) return std::optional<Instant>();
  return std::optional(host.clock().now() + milliseconds(std::min(lifetime_ms, std::int64_t{1} << 40)));
}

}  // namespace fulmar
