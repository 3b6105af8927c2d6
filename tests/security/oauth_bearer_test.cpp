// Tokens of OAUTHBEARER: the examples of RFC 7515, and tokens that the test signs.
#include "broker/security/sasl/oauth_bearer.h"

#include <nlohmann/json.hpp>

#include "broker/security/sasl/json_web_token.h"
#include "broker/security/sasl/unknown_key_ids.h"
#include "runtime/base/base64.h"
#include "sasl_kit.h"
#include "tests/security/token_issuer.h"

namespace fulmar::test {
namespace {

using nlohmann::json;

JsonWebKeys keys_of(const json& key) {
  auto keys = JsonWebKeys::parse(json{{"keys", json::array({key})}}.dump());
  EXPECT_TRUE(keys) << to_string(keys.error());
  return std::move(*keys);
}

constexpr Timestamp now = 1'700'000'000'000;
constexpr std::int64_t now_seconds = now / 1000;

json good_claims() {
  return {{"sub", "alice"},          {"iss", "https://issuer"}, {"aud", {"fulmar", "others"}},
          {"exp", now_seconds + 60}, {"iat", now_seconds - 1},  {"scope", "read"}};
}

// RFC 7515, appendix A.3.
TEST(Tokens, AnEcSignatureIsThatOfTheStandard) {
  auto keys = keys_of({{"kty", "EC"},
                       {"crv", "P-256"},
                       {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
                       {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}});
  std::string message =
      "eyJhbGciOiJFUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  auto signature =
      *from_base64url("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  EXPECT_TRUE(keys.verify("ES256", "", message, signature));
  EXPECT_FALSE(keys.verify("ES256", "", message + "x", signature));
  EXPECT_FALSE(keys.verify("RS256", "", message, signature));
  EXPECT_FALSE(keys.verify("ES256", "other", message, signature));
}

TEST(Tokens, OfBothAlgorithmsSayWhoItIsAndUntilWhen) {
  for (const auto* algorithm : {"RS256", "ES256"}) {
    Issuer issuer(algorithm);
    auto keys = keys_of(issuer.key("one"));
    TokenRules rules{.issuer = "https://issuer", .audiences = {"fulmar"}};
    auto checked = check_token(issuer.token(good_claims()), keys, rules, now);
    ASSERT_TRUE(checked) << algorithm << to_string(checked.error());
    EXPECT_EQ(checked->subject, "alice");
    EXPECT_EQ(checked->scope, std::vector<std::string>{"read"});
    EXPECT_EQ(checked->expires_at, now + 60'000);
  }
}

TEST(Tokens, AnyBitThatIsChangedMakesThemInvalid) {
  Issuer issuer("ES256");
  auto keys = keys_of(issuer.key("one"));
  auto token = issuer.token(good_claims());
  for (std::size_t at = 0; at < token.size(); ++at) {
    auto changed = token;
    changed[at] ^= 1;
    EXPECT_FALSE(check_token(changed, keys, {}, now)) << at;
  }
}

TEST(Tokens, HoldFromTheirBeginningToTheirEndGiveOrTakeTheSkew) {
  Issuer issuer("ES256");
  auto keys = keys_of(issuer.key("one"));
  TokenRules rules{.clock_skew = seconds(30)};
  auto at = [&](const char* claim, std::int64_t offset) {
    auto claims = good_claims();
    claims[claim] = now_seconds + offset;
    auto checked = check_token(issuer.token(claims), keys, rules, now);
    return checked ? "valid" : checked.error().detail;
  };
  EXPECT_EQ(at("exp", -29), "valid");
  EXPECT_EQ(at("exp", -30), "the token has expired");
  EXPECT_EQ(at("nbf", 30), "valid");
  EXPECT_EQ(at("nbf", 31), "the token is not valid yet");
  EXPECT_EQ(at("iat", 31), "the token is not valid yet");
}

TEST(Tokens, WhatIsWrongIsSaidWithoutTheToken) {
  Issuer issuer("ES256");
  Issuer other("ES256");
  auto keys = keys_of(issuer.key("one"));
  auto reason = [&](const std::string& token, const TokenRules& rules = {}) {
    auto checked = check_token(token, keys, rules, now);
    return checked ? "valid" : checked.error().detail;
  };
  auto without = [&](const char* claim) {
    auto claims = good_claims();
    claims.erase(claim);
    return issuer.token(claims);
  };
  auto with = [&](const char* claim, json value) {
    auto claims = good_claims();
    claims[claim] = std::move(value);
    return issuer.token(claims);
  };
  const auto* unsigned_token = "the token is not signed with RS256 or ES256";
  EXPECT_EQ(reason(other.token(good_claims())), "no known key has signed the token");
  EXPECT_EQ(reason(issuer.token(good_claims(), "two")), "no known key has signed the token");
  EXPECT_EQ(reason(issuer.signed_token({{"alg", "none"}}, good_claims().dump())), unsigned_token);
  EXPECT_EQ(reason(issuer.signed_token({{"alg", "HS256"}}, good_claims().dump())), unsigned_token);
  EXPECT_EQ(reason(issuer.signed_token({{"alg", "RS256"}, {"kid", "one"}}, good_claims().dump())),
            "no known key has signed the token");
  EXPECT_EQ(reason(issuer.signed_token({{"alg", "ES256"}, {"crit", {"b64"}}}, good_claims().dump())),
            "the token has critical extensions, which are not known");
  EXPECT_EQ(reason(issuer.signed_token({{"alg", "ES256"}}, R"({"sub":"a","sub":"b"})")),
            "the token's claims are no JSON object in base64url");
  EXPECT_EQ(reason(issuer.signed_token({{"alg", "ES256"}}, std::string(1000, '['))),
            "the token's claims are no JSON object in base64url");
  EXPECT_EQ(reason(without("exp")), "the token has no expiry");
  EXPECT_EQ(reason(with("exp", "soon")), "the token has no expiry");
  EXPECT_EQ(reason(with("exp", 1e300)), "the token has no expiry");
  EXPECT_EQ(reason(with("nbf", "x")), "the token's claim nbf is no time");
  EXPECT_EQ(reason(without("sub")), "the token has no subject");
  EXPECT_EQ(reason(with("sub", 5)), "the token has no subject");
  EXPECT_EQ(reason(with("scope", 5)), "the token's scope is neither a string nor a list of strings");
  EXPECT_EQ(reason(without("iss"), {.issuer = "https://issuer"}), "the token is of another issuer");
  EXPECT_EQ(reason(with("iss", "x"), {.issuer = "https://issuer"}), "the token is of another issuer");
  EXPECT_EQ(reason(with("aud", "x"), {.audiences = {"fulmar"}}), "the token is for another audience");
  EXPECT_EQ(reason(without("aud"), {.audiences = {"fulmar"}}), "the token is for another audience");
  for (const auto* text : {"", ".", "..", "a.b", "a.b.c.d"}) EXPECT_NE(reason(text), "valid") << text;
  EXPECT_EQ(reason(std::string(65537, 'a')), "the token is more than 64 KiB");
}

TEST(Tokens, KeysOfNoUseAreLeftOut) {
  Issuer issuer("RS256");
  auto for_encryption = issuer.key("one");
  for_encryption["use"] = "enc";
  auto of_another_algorithm = issuer.key("one");
  of_another_algorithm["alg"] = "PS256";
  auto parsed = [](const json& keys) {
    auto set = JsonWebKeys::parse(keys.dump());
    return set ? std::to_string(set->size()) : set.error().detail;
  };
  const auto* none = "none of the keys is of use: RSA of 2048 bits or more, or EC on P-256";
  EXPECT_EQ(parsed({{"keys", {for_encryption, of_another_algorithm}}}), none);
  EXPECT_EQ(parsed({{"keys", {for_encryption, issuer.key("two"), 5}}}), "1");
  EXPECT_EQ(parsed({{"keys", json::array({{{"kty", "RSA"}, {"n", "AQAB"}, {"e", "AQAB"}}})}}), none);
  EXPECT_EQ(parsed({{"keys",
                     {{{"kty", "EC"},
                       {"crv", "P-256"},
                       {"x", to_base64url(std::string(32, 'x'))},
                       {"y", to_base64url(std::string(32, 'y'))}}}}}),
            none);  // a point beside the curve
  EXPECT_EQ(parsed({{"keys", 5}}), "it is no JSON object with an array \"keys\" (JWKS)");
  EXPECT_EQ(parsed(json::array()), "it is no JSON object with an array \"keys\" (JWKS)");
  EXPECT_FALSE(JsonWebKeys::parse("{"));
}

TEST(Tokens, AKeyThatIsNotKnownIsNamed) {
  Issuer issuer("ES256");
  auto keys = keys_of(issuer.key("one"));
  EXPECT_TRUE(keys.knows("one"));
  EXPECT_FALSE(keys.knows("two"));
  EXPECT_EQ(unknown_key_id(issuer.token(good_claims(), "two"), keys), "two");
  EXPECT_EQ(unknown_key_id(issuer.token(good_claims(), "one"), keys), std::nullopt);
  EXPECT_EQ(unknown_key_id(issuer.signed_token({{"alg", "ES256"}}, good_claims().dump()), keys), std::nullopt);
  EXPECT_EQ(unknown_key_id(issuer.signed_token({{"alg", "none"}, {"kid", "two"}}, good_claims().dump()), keys),
            std::nullopt);
  EXPECT_EQ(unknown_key_id(issuer.signed_token({{"alg", "ES256"}, {"kid", 2}}, good_claims().dump()), keys),
            std::nullopt);
  for (const auto* text : {"", ".", "..", "a.b", "a.b.c"}) EXPECT_EQ(unknown_key_id(text, keys), std::nullopt) << text;
}

TEST(UnknownKeyIds, AreAReasonToFetchKeysOnceInAWhile) {
  UnknownKeyIds ids;
  const Instant now{1'000'000'000};
  EXPECT_TRUE(ids.note("a", now));
  EXPECT_FALSE(ids.note("a", now));
  EXPECT_TRUE(ids.note("b", now));
  EXPECT_FALSE(ids.note("a", now + UnknownKeyIds::remembered - Duration(1)));
  EXPECT_TRUE(ids.note("a", now + UnknownKeyIds::remembered));
  EXPECT_FALSE(ids.note("a", now + UnknownKeyIds::remembered + Duration(1)));
}

TEST(UnknownKeyIds, AreFewAndShort) {
  UnknownKeyIds ids;
  const Instant now;
  EXPECT_TRUE(ids.note(std::string(UnknownKeyIds::id_bytes_max, 'x'), now));
  EXPECT_FALSE(ids.note(std::string(UnknownKeyIds::id_bytes_max + 1, 'x'), now));
  for (std::size_t n = 0; n < UnknownKeyIds::ids_max; ++n) EXPECT_TRUE(ids.note(std::to_string(n), now)) << n;
  for (std::size_t n = 0; n < UnknownKeyIds::ids_max; ++n) EXPECT_FALSE(ids.note(std::to_string(n), now)) << n;
  EXPECT_TRUE(ids.note(std::string(UnknownKeyIds::id_bytes_max, 'x'), now)) << "forgotten for the others";
}

Result<SaslIdentity> check(std::string_view token) {
  if (token == "good") return SaslIdentity{.name = "alice", .valid_until = 5};
  return fail(Errc::invalid_argument, "too old");
}

TEST(OAuthBearer, WhoHasAGoodTokenIsAuthenticated) {
  OAuthBearerClient client("good");
  OAuthBearerServer server(check);
  auto played = exchange(client, server);
  EXPECT_TRUE(played.succeeded());
  EXPECT_EQ(played.identity->name, "alice");
  EXPECT_EQ(played.identity->valid_until, 5);
  EXPECT_EQ(played.messages[0], "n,,\1auth=Bearer good\1\1");
}

TEST(OAuthBearer, ABadTokenIsAnsweredBeforeItFails) {
  OAuthBearerClient client("bad");
  OAuthBearerServer server(check);
  auto played = exchange(client, server);
  EXPECT_FALSE(played.identity);
  EXPECT_EQ(played.messages[1], R"({"status":"invalid_token"})");
  EXPECT_EQ(played.messages[2], "\1");
  ASSERT_TRUE(played.failure);
  EXPECT_EQ(played.failure->told, R"({"status":"invalid_token"})");
  EXPECT_EQ(played.failure->reason, "too old");
}

TEST(OAuthBearer, MessagesOfTheStandardAreRead) {
  const auto* accepted = "n,a=alice,\1host=x\1port=1\1auth=bEARER good\1\1";
  OAuthBearerServer server(check);
  EXPECT_TRUE(server.answer(accepted));
  EXPECT_TRUE(server.identity());
  for (const auto* wrong : {"", "n,,", "n,,\1\1", "n,,\1auth=Bearer \1\1", "n,,\1auth=Basic good\1\1",
                            "p=x,,\1auth=Bearer good\1\1", "n,,\1auth=Bearer good\1", "n,,\1auth=Bearer go od\1\1",
                            "n,b,\1auth=Bearer good\1\1", "n,,\1auth=Bearer good\1auth=Bearer good\1\1",
                            "n,,\1=x\1auth=Bearer good\1\1", "n,a=bob,\1auth=Bearer good\1\1"}) {
    OAuthBearerServer fresh(check);
    EXPECT_FALSE(fresh.answer(wrong)) << wrong;
    EXPECT_FALSE(fresh.identity()) << wrong;
  }
}

}  // namespace
}  // namespace fulmar::test
