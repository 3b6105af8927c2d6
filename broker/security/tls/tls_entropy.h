// TlsEntropy: while one lives, OpenSSL draws its random numbers on this thread from a host's Entropy, so that in the
// simulator the same seed makes the same keys and nonces. Elsewhere on the thread it draws from the system as ever.
#pragma once

#include "runtime/host/entropy.h"

namespace fulmar {

// Not across anything that waits: other fibers of the thread would draw from the same source.
class TlsEntropy {
 public:
  explicit TlsEntropy(Entropy& source);
  ~TlsEntropy();
  TlsEntropy(const TlsEntropy&) = delete;
  TlsEntropy& operator=(const TlsEntropy&) = delete;

 private:
  Entropy* const before_;
};

}  // namespace fulmar
