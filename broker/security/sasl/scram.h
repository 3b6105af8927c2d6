// SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802, RFC 7677), both ends. The password does not travel, a recorded exchange is
// of no use to who replays it, and the server proves that it knows the credential.
//
// Nonces come from outside: the runtime's Entropy in the broker, a test's own numbers there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "broker/security/sasl/exchange.h"
#include "broker/security/sasl/scram_credential.h"
#include "broker/security/sasl/scram_messages.h"

namespace fulmar {

class Entropy;

// 32 characters from 192 random bits.
std::string sasl_nonce(Entropy& entropy);

class ScramServer final : public SaslServer {
 public:
  // `nonce`: printable, without a comma, never used before. `lookup` is called once, at the client's first message.
  ScramServer(ScramMechanism mechanism, ScramLookup lookup, std::string nonce);

  // A user that there is not, and one with a wrong password, fail alike: at the second message, after the same steps.
  Result<std::string, SaslFailure> answer(std::string_view message) override;
  const SaslIdentity* identity() const override { return identity_ ? &*identity_ : nullptr; }
  // As whom the client wants to authenticate; empty before its first message.
  const std::string& user() const { return client_first_.user; }

 private:
  Result<std::string, SaslFailure> answer_first(std::string_view message);
  Result<std::string, SaslFailure> answer_final(std::string_view message);
  bool repeats_nonce(std::string_view nonce) const;

  ScramMechanism mechanism_;
  ScramLookup lookup_;
  std::string nonce_;
  ScramClientFirst client_first_;
  std::string server_first_;
  FoundCredential found_;
  std::optional<SaslIdentity> identity_;
};

class ScramClient final : public SaslClient {
 public:
  // No server may ask for more iterations: they are the client's time.
  static constexpr std::int32_t iterations_max = 100'000;

  // `salted`: if given, outlives this, and serves other connections as well.
  ScramClient(ScramMechanism mechanism, std::string user, std::string password, std::string nonce,
              SaltedPasswords* salted = nullptr);

  // Errors: also invalid_argument, if the server asks for fewer than 4096 iterations, or does not know the credential.
  Result<std::string> respond(std::string_view answer) override;
  bool complete() const override { return turn_ == Turn::complete; }

 private:
  enum class Turn : std::uint8_t { first, final, verify, complete };

  Result<std::string> prove(std::string_view server_first);

  ScramMechanism mechanism_;
  std::string user_;
  std::string password_;
  std::string nonce_;
  SaltedPasswords* salted_;
  std::string server_signature_;
  Turn turn_ = Turn::first;
};

}  // namespace fulmar
