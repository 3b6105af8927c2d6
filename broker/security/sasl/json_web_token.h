// Checking a signed token (JWT, RFC 7519, in the compact form of RFC 7515): who it is for, who has signed it, and from
// when until when it holds.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/security/sasl/json_web_keys.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace fulmar {

// What is demanded of a token; as the properties sasl.oauthbearer.*.
struct TokenRules {
  std::string issuer = {};                  // the claim "iss"; empty: any
  std::vector<std::string> audiences = {};  // one of them has to be in the claim "aud"; empty: any
  Duration clock_skew = seconds(30);        // by which the issuer's clock may differ from ours
  std::string subject_claim = "sub";
  std::string scope_claim = "scope";

  bool operator==(const TokenRules&) const = default;
};

struct CheckedToken {
  std::string subject;
  std::vector<std::string> scope;  // may be empty
  Timestamp expires_at = 0;        // by the wall clock
};

// `now`: of the wall clock. Errors: invalid_argument, with a reason that has nothing of the token in it, if it is
// malformed, not signed by one of the keys with RS256 or ES256, has no subject or expiry, is too old or too new, or is
// not of the issuer or for the audience that is demanded.
Result<CheckedToken> check_token(std::string_view token, const JsonWebKeys& keys, const TokenRules& rules,
                                 Timestamp now);

// The id of the key that has signed the token by its own account, if the keys have none of that id; nullopt: they have,
// it names none, or it is malformed. At most 64 KiB, and whatever a stranger may say.
std::optional<std::string> unknown_key_id(std::string_view token, const JsonWebKeys& keys);

}  // namespace fulmar
