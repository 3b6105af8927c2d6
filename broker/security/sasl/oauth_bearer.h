// OAUTHBEARER (RFC 7628): the client sends a token that somebody else has signed. Both ends, whatever the token is.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "broker/security/sasl/exchange.h"

namespace fulmar {

class OAuthBearerServer final : public SaslServer {
 public:
  // Whom a token is of, and until when. Errors: why it is not accepted; nothing of the token is in it.
  using Check = std::function<Result<SaslIdentity>(std::string_view token)>;
  explicit OAuthBearerServer(Check check) : check_(std::move(check)) {}

  // A token that is not accepted is answered with a JSON object that says so (RFC 7628, section 3.2.2), and the
  // exchange fails with the client's next message.
  Result<std::string, SaslFailure> answer(std::string_view message) override;
  const SaslIdentity* identity() const override { return identity_ ? &*identity_ : nullptr; }

 private:
  Check check_;
  std::optional<SaslIdentity> identity_;
  std::string refused_;  // why, once it is
};

class OAuthBearerClient final : public SaslClient {
 public:
  explicit OAuthBearerClient(std::string token) : token_(std::move(token)) {}

  // Errors: also invalid_argument, at first, if the token has characters that no token has.
  Result<std::string> respond(std::string_view answer) override;
  bool complete() const override { return complete_; }

 private:
  std::string token_;
  bool sent_ = false;
  bool complete_ = false;
};

}  // namespace fulmar
