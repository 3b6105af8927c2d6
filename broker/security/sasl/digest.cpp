#include "broker/security/sasl/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "runtime/base/assert.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr Duration iteration_work = nanoseconds(600);  // of PBKDF2: two compressions of the hash

const EVP_MD* algorithm(Digest digest) {
  return digest == Digest::sha_256 ? EVP_sha256() : EVP_sha512();
}

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::size_t digest_bytes(Digest digest) {
  return digest == Digest::sha_256 ? 32 : 64;
}

std::string hash_of(Digest digest, std::string_view bytes) {
  std::string hash(digest_bytes(digest), '\0');
  unsigned size = 0;
  auto done = EVP_Digest(bytes.data(), bytes.size(), bytes_of(hash), &size, algorithm(digest), nullptr);
  FULMAR_ASSERT(done == 1 && size == hash.size());
  return hash;
}

std::string hmac_of(Digest digest, std::string_view key, std::string_view bytes) {
  std::string code(digest_bytes(digest), '\0');
  unsigned size = 0;
  const auto* done = HMAC(algorithm(digest), key.data(), static_cast<int>(key.size()), bytes_of(bytes), bytes.size(),
                          bytes_of(code), &size);
  FULMAR_ASSERT(done != nullptr && size == code.size());
  return code;
}

std::string pbkdf2_of(Digest digest, std::string_view password, std::string_view salt, std::int32_t iterations) {
  FULMAR_ASSERT(iterations >= 1);
  work_in_slices(iteration_work * iterations);
  std::string key(digest_bytes(digest), '\0');
  auto done = PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt),
                                static_cast<int>(salt.size()), iterations, algorithm(digest),
                                static_cast<int>(key.size()), bytes_of(key));
  FULMAR_ASSERT(done == 1);
  return key;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace fulmar
