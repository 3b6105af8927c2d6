#include "broker/security/sasl/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

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

// HMAC with one key, of one message after the other.
class KeyedHash {
 public:
  KeyedHash(Digest digest, std::string_view key) : size_(digest_bytes(digest)) {
    auto* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    context_ = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    std::string name = digest == Digest::sha_256 ? "SHA256" : "SHA512";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("digest", name.data(), 0),
                                     OSSL_PARAM_construct_end()};
    // OpenSSL takes no empty key by its size alone.
    auto done = EVP_MAC_init(context_, bytes_of(key.empty() ? std::string_view("") : key), key.size(), parameters);
    FULMAR_ASSERT(done == 1);
  }
  ~KeyedHash() { EVP_MAC_CTX_free(context_); }
  KeyedHash(const KeyedHash&) = delete;
  KeyedHash& operator=(const KeyedHash&) = delete;

  std::string of(std::string_view bytes) {
    std::string code(size_, '\0');
    std::size_t size = 0;
    auto done = EVP_MAC_init(context_, nullptr, 0, nullptr) == 1 &&
                EVP_MAC_update(context_, bytes_of(bytes), bytes.size()) == 1 &&
                EVP_MAC_final(context_, bytes_of(code), &size, code.size()) == 1;
    FULMAR_ASSERT(done && size == code.size());
    return code;
  }

 private:
  std::size_t size_;
  EVP_MAC_CTX* context_;
};

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
  constexpr std::int32_t iterations_at_once = 256;
  KeyedHash hash(digest, password);
  // The key has the size of a hash, so it is a single block: of number 1.
  auto last = hash.of(std::string(salt) + std::string("\0\0\0\1", 4));
  auto key = last;
  for (std::int32_t done = 1; done < iterations; ++done) {
    if (done % iterations_at_once == 0) work_in_slices(iteration_work * iterations_at_once);
    last = hash.of(last);
    std::ranges::transform(key, last, key.begin(), [](char a, char b) { return static_cast<char>(a ^ b); });
  }
  return key;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace fulmar
