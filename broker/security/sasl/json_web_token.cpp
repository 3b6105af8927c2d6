#include "broker/security/sasl/json_web_token.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "broker/security/sasl/json_claims.h"
#include "runtime/base/base64.h"

namespace fulmar {

namespace {

constexpr std::size_t token_bytes_max = 64 * 1024;
constexpr std::size_t scopes_max = 1000;

std::unexpected<Error> wrong(std::string what) {
  return fail(Errc::invalid_argument, std::move(what));
}

Result<nlohmann::json> part(std::string_view encoded, const char* name) {
  auto text = from_base64url(encoded);
  auto object = text ? parse_json_object(*text) : std::nullopt;
  if (!object) return wrong(std::string("the token's ") + name + " no JSON object in base64url");
  return std::move(*object);
}

// A claim that is a string or a list of strings; nullopt: it is neither.
std::optional<std::vector<std::string>> strings(const nlohmann::json& claim) {
  if (claim.is_string()) return std::vector{claim.get<std::string>()};
  if (!claim.is_array() || claim.size() > scopes_max) return std::nullopt;
  std::vector<std::string> all;
  for (const auto& one : claim) {
    if (!one.is_string()) return std::nullopt;
    all.push_back(one.get<std::string>());
  }
  return all;
}

struct SignedToken {
  std::string algorithm;
  std::string key_id;          // empty: it names none
  std::string_view text;       // what is signed
  std::string_view claims;     // in base64url
  std::string_view signature;  // likewise
};

Result<SignedToken> read_header(std::string_view token) {
  if (token.size() > token_bytes_max) return wrong("the token is more than 64 KiB");
  auto first = token.find('.');
  auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return wrong("the token has not three parts: it is no signed JWT");
  FULMAR_TRY(auto header, part(token.substr(0, first), "header is"));
  auto algorithm = string_claim(header, "alg");
  if (algorithm != "RS256" && algorithm != "ES256") return wrong("the token is not signed with RS256 or ES256");
  if (header.contains("crit")) return wrong("the token has critical extensions, which are not known");
  return SignedToken{*algorithm, string_claim(header, "kid").value_or(""), token.substr(0, second),
                     token.substr(first + 1, second - first - 1), token.substr(second + 1)};
}

Result<nlohmann::json> signed_claims(std::string_view token, const JsonWebKeys& keys) {
  FULMAR_TRY(auto parts, read_header(token));
  auto signature = from_base64url(parts.signature);
  if (!signature) return wrong("the token's signature is not base64url");
  if (!keys.verify(parts.algorithm, parts.key_id, parts.text, *signature))
    return wrong("no known key has signed the token");
  return part(parts.claims, "claims are");
}

// The claims that say from when until when it holds.
Result<Timestamp> check_times(const nlohmann::json& claims, Duration clock_skew, Timestamp now) {
  auto skew = std::chrono::duration_cast<std::chrono::milliseconds>(clock_skew).count();
  auto expiry = time_claim(claims, "exp");
  if (!expiry) return wrong("the token has no expiry");
  auto expires_at = *expiry * 1000;
  if (now - skew >= expires_at) return wrong("the token has expired");
  for (const auto* name : {"nbf", "iat"}) {
    if (!claims.contains(name)) continue;
    auto from = time_claim(claims, name);
    if (!from) return wrong(std::string("the token's claim ") + name + " is no time");
    if (now + skew < *from * 1000) return wrong("the token is not valid yet");
  }
  return expires_at;
}

}  // namespace

Result<CheckedToken> check_token(std::string_view token, const JsonWebKeys& keys, const TokenRules& rules,
                                 Timestamp now) {
  FULMAR_TRY(auto claims, signed_claims(token, keys));
  CheckedToken checked;
  FULMAR_TRY(checked.expires_at, check_times(claims, rules.clock_skew, now));
  if (!rules.issuer.empty() && string_claim(claims, "iss") != rules.issuer)
    return wrong("the token is of another issuer");
  if (!rules.audiences.empty()) {
    auto named = claims.contains("aud") ? strings(claims["aud"]) : std::nullopt;
    auto meant = [&](const std::string& audience) {
      return std::ranges::find(rules.audiences, audience) != rules.audiences.end();
    };
    if (!named || !std::ranges::any_of(*named, meant)) return wrong("the token is for another audience");
  }
  checked.subject = string_claim(claims, rules.subject_claim).value_or("");
  if (checked.subject.empty()) return wrong("the token has no subject");
  if (claims.contains(rules.scope_claim)) {
    auto scope = strings(claims[rules.scope_claim]);
    if (!scope) return wrong("the token's scope is neither a string nor a list of strings");
    checked.scope = std::move(*scope);
  }
  return checked;
}

std::optional<std::string> unknown_key_id(std::string_view token, const JsonWebKeys& keys) {
  auto parts = read_header(token);
  if (!parts || parts->key_id.empty() || keys.knows(parts->key_id)) return std::nullopt;
  return std::move(parts->key_id);
}

}  // namespace fulmar
