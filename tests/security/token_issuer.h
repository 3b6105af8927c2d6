// Issuer: signs tokens (JWT) with a key of its own, and shows the key (JWK).
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "runtime/base/base64.h"

namespace fulmar::test {

class Issuer {
 public:
  explicit Issuer(std::string algorithm) : algorithm_(std::move(algorithm)) {
    key_ = algorithm_ == "RS256" ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
  }
  Issuer(const Issuer&) = delete;
  Issuer& operator=(const Issuer&) = delete;
  ~Issuer() { EVP_PKEY_free(key_); }

  nlohmann::json key(const std::string& id) const {
    if (algorithm_ == "RS256")
      return {{"kty", "RSA"}, {"kid", id}, {"n", number(OSSL_PKEY_PARAM_RSA_N)}, {"e", number(OSSL_PKEY_PARAM_RSA_E)}};
    return {{"kty", "EC"},
            {"crv", "P-256"},
            {"kid", id},
            {"x", number(OSSL_PKEY_PARAM_EC_PUB_X, 32)},
            {"y", number(OSSL_PKEY_PARAM_EC_PUB_Y, 32)}};
  }
  std::string token(const nlohmann::json& claims, const std::string& id = "one") const {
    return signed_token({{"alg", algorithm_}, {"kid", id}}, claims.dump());
  }
  std::string signed_token(const nlohmann::json& header, const std::string& claims) const {
    auto text = to_base64url(header.dump()) + "." + to_base64url(claims);
    return text + "." + to_base64url(signature(text));
  }

 private:
  std::string number(const char* name, int size = 0) const {
    BIGNUM* value = nullptr;
    EVP_PKEY_get_bn_param(key_, name, &value);
    std::string bytes(static_cast<std::size_t>(size > 0 ? size : BN_num_bytes(value)), '\0');
    BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    BN_free(value);
    return to_base64url(bytes);
  }
  std::string signature(const std::string& text) const {
    auto* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_);
    std::size_t size = 1024;
    std::string made(size, '\0');
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(made.data()), &size,
                   reinterpret_cast<const unsigned char*>(text.data()), text.size());
    EVP_MD_CTX_free(context);
    made.resize(size);
    if (algorithm_ == "RS256") return made;
    const auto* der = reinterpret_cast<const unsigned char*>(made.data());
    auto* both = d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(made.size()));
    std::string plain(64, '\0');
    auto* bytes = reinterpret_cast<unsigned char*>(plain.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(both), bytes, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(both), bytes + 32, 32);
    ECDSA_SIG_free(both);
    return plain;
  }

  std::string algorithm_;
  EVP_PKEY* key_;
};

}  // namespace fulmar::test
