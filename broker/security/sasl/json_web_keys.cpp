#include "broker/security/sasl/json_web_keys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "broker/security/openssl_handles.h"
#include "broker/security/sasl/json_claims.h"
#include "runtime/base/base64.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

using PublicKey = std::unique_ptr<EVP_PKEY, ReleasedBy<EVP_PKEY_free>>;
using Number = std::unique_ptr<BIGNUM, ReleasedBy<BN_free>>;

constexpr std::size_t rsa_bytes_min = 256;  // 2048 bits, as RFC 7518 demands
constexpr std::size_t rsa_bytes_max = 1024;
constexpr std::size_t p256_bytes = 32;
constexpr Duration key_work = microseconds(50);  // to check one, at most

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Number number_of(std::string_view big_endian) {
  return Number(BN_bin2bn(bytes_of(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

PublicKey key_from(const char* type, OSSL_PARAM_BLD* builder) {
  std::unique_ptr<OSSL_PARAM, ReleasedBy<OSSL_PARAM_free>> parameters(OSSL_PARAM_BLD_to_param(builder));
  std::unique_ptr<EVP_PKEY_CTX, ReleasedBy<EVP_PKEY_CTX_free>> context(
      EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
    return nullptr;
  return PublicKey(key);
}

PublicKey rsa_key(std::string_view modulus, std::string_view exponent) {
  if (modulus.size() < rsa_bytes_min || modulus.size() > rsa_bytes_max || exponent.empty() || exponent.size() > 8)
    return nullptr;
  std::unique_ptr<OSSL_PARAM_BLD, ReleasedBy<OSSL_PARAM_BLD_free>> builder(OSSL_PARAM_BLD_new());
  auto n = number_of(modulus);
  auto e = number_of(exponent);
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return nullptr;
  return key_from("RSA", builder.get());
}

PublicKey p256_key(std::string_view x, std::string_view y) {
  if (x.size() != p256_bytes || y.size() != p256_bytes) return nullptr;
  constexpr char uncompressed = 4;  // SEC 1, section 2.3.3
  auto point = uncompressed + std::string(x) + std::string(y);
  std::unique_ptr<OSSL_PARAM_BLD, ReleasedBy<OSSL_PARAM_BLD_free>> builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
    return nullptr;
  return key_from("EC", builder.get());
}

// OpenSSL's form of a signature of RFC 7518's, which is two numbers of 32 bytes; empty: it is none.
std::string der_of(std::string_view signature) {
  if (signature.size() != 2 * p256_bytes) return {};
  std::unique_ptr<ECDSA_SIG, ReleasedBy<ECDSA_SIG_free>> both(ECDSA_SIG_new());
  auto r = number_of(signature.substr(0, p256_bytes));
  auto s = number_of(signature.substr(p256_bytes));
  if (!both || ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return {};
  static_cast<void>(r.release());  // owned by the signature now
  static_cast<void>(s.release());
  unsigned char* der = nullptr;
  auto size = i2d_ECDSA_SIG(both.get(), &der);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

bool has_signed(EVP_PKEY* key, std::string_view message, std::string_view signature) {
  std::unique_ptr<EVP_MD_CTX, ReleasedBy<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  return context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size()) == 1;
}

}  // namespace

struct JsonWebKeys::Key {
  std::string id;  // may be empty
  std::string_view algorithm;
  PublicKey key;
};

JsonWebKeys::JsonWebKeys() = default;
JsonWebKeys::JsonWebKeys(JsonWebKeys&&) noexcept = default;
JsonWebKeys& JsonWebKeys::operator=(JsonWebKeys&&) noexcept = default;
JsonWebKeys::~JsonWebKeys() = default;

Result<JsonWebKeys> JsonWebKeys::parse(std::string_view text) {
  if (text.size() > text_bytes_max) return fail(Errc::invalid_argument, "the keys (JWKS) are more than 1 MiB");
  auto set = parse_json_object(text, true);
  auto list = set ? set->find("keys") : nlohmann::json::iterator();
  if (!set || list == set->end() || !list->is_array())
    return fail(Errc::invalid_argument, "it is no JSON object with an array \"keys\" (JWKS)");
  if (list->size() > keys_max) return fail(Errc::invalid_argument, "there are more than 1000 keys");
  JsonWebKeys keys;
  for (const auto& member : *list) {
    work_in_slices(key_work);
    auto field = [&](const char* name) { return string_claim(member, name).value_or(""); };
    auto bytes = [&](const char* name) { return from_base64url(field(name)).value_or(""); };
    auto use = field("use");
    if (!use.empty() && use != "sig") continue;
    Key key{.id = field("kid"), .algorithm = {}, .key = nullptr};
    auto type = field("kty");
    if (type == "RSA") {
      key.algorithm = "RS256";
      key.key = rsa_key(bytes("n"), bytes("e"));
    } else if (type == "EC" && field("crv") == "P-256") {
      key.algorithm = "ES256";
      key.key = p256_key(bytes("x"), bytes("y"));
    }
    auto named = field("alg");
    if (!key.key || (!named.empty() && named != key.algorithm)) continue;
    keys.keys_.push_back(std::move(key));
  }
  if (keys.keys_.empty())
    return fail(Errc::invalid_argument, "none of the keys is of use: RSA of 2048 bits or more, or EC on P-256");
  return keys;
}

bool JsonWebKeys::verify(std::string_view algorithm, std::string_view id, std::string_view message,
                         std::string_view signature) const {
  constexpr int tried_max = 8;  // of the keys that could have made it: each costs a signature's check
  auto form = algorithm == "ES256" ? der_of(signature) : std::string(signature);
  int tried = 0;
  for (const auto& key : keys_) {
    if (key.algorithm != algorithm || (!id.empty() && key.id != id)) continue;
    if (tried++ == tried_max) return false;
    if (has_signed(key.key.get(), message, form)) return true;
  }
  return false;
}

bool JsonWebKeys::knows(std::string_view id) const {
  return std::ranges::any_of(keys_, [&](const Key& key) { return key.id == id; });
}

std::size_t JsonWebKeys::size() const {
  return keys_.size();
}

}  // namespace fulmar
