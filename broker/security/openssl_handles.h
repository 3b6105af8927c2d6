// OpenSSL's objects as values with an owner, and its errors as text. Only .cpp files of broker/security include this.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace fulmar {

template <auto release>
struct ReleasedBy {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};

using SslHandle = std::unique_ptr<SSL, ReleasedBy<SSL_free>>;
using SslContextHandle = std::unique_ptr<SSL_CTX, ReleasedBy<SSL_CTX_free>>;
using BioHandle = std::unique_ptr<BIO, ReleasedBy<BIO_free>>;
using CertificateHandle = std::unique_ptr<X509, ReleasedBy<X509_free>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, ReleasedBy<EVP_PKEY_free>>;

// The reason of the oldest error of this thread; empties the queue.
inline std::string openssl_reason() {
  auto code = ERR_get_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  return reason ? reason : "unknown error";
}

inline BioHandle bio_over(std::string_view text) {
  return BioHandle(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

}  // namespace fulmar
