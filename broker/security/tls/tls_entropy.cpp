// OpenSSL's only way to replace the source of one thread, and not of all, is its older interface.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "broker/security/tls/tls_entropy.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cstring>

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

thread_local Entropy* source = nullptr;

int draw(unsigned char* into, int count) {
  if (!source) return RAND_OpenSSL()->bytes(into, count);
  for (int done = 0; done < count;) {
    auto number = source->next();
    auto piece = std::min<std::size_t>(sizeof number, static_cast<std::size_t>(count - done));
    std::memcpy(into + done, &number, piece);
    done += static_cast<int>(piece);
  }
  return 1;
}

int seed(const void* bytes, int count) {
  return source ? 1 : RAND_OpenSSL()->seed(bytes, count);
}

int add(const void* bytes, int count, double entropy) {
  return source ? 1 : RAND_OpenSSL()->add(bytes, count, entropy);
}

int status() {
  return source ? 1 : RAND_OpenSSL()->status();
}

// Once for the process; it lives as long.
void take_over() {
  static const RAND_METHOD method{
      .seed = seed, .bytes = draw, .cleanup = nullptr, .add = add, .pseudorand = draw, .status = status};
  static const bool taken = RAND_set_rand_method(&method) == 1;
  FULMAR_ASSERT(taken);
}

}  // namespace

TlsEntropy::TlsEntropy(Entropy& entropy) : before_(source) {
  take_over();
  source = &entropy;
}

TlsEntropy::~TlsEntropy() {
  source = before_;
}

}  // namespace fulmar
