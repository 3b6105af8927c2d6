#include "broker/security/tls/certificate_names.h"

#include <openssl/x509v3.h>

#include "broker/security/openssl_handles.h"
#include "broker/security/tls/distinguished_name.h"

namespace fulmar {

namespace {

// As it lies in a certificate.
std::string address_text(std::string_view bytes) {
  constexpr std::size_t version_4_bytes = 4;
  std::string text;
  for (unsigned char byte : bytes) {
    if (bytes.size() == version_4_bytes) {
      text += (text.empty() ? "" : ".") + std::to_string(byte);
    } else {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
  }
  return text;
}

}  // namespace

std::vector<std::string> certificate_names(const TlsContext& context) {
  const auto* certificate = SSL_CTX_get0_certificate(context.handle());
  if (!certificate) return {};
  std::vector<std::string> names{distinguished_name(*X509_get_subject_name(certificate))};
  std::unique_ptr<GENERAL_NAMES, ReleasedBy<GENERAL_NAMES_free>> others(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; others && i < sk_GENERAL_NAME_num(others.get()); ++i) {
    int type = 0;
    const auto* value =
        static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(others.get(), i), &type));
    if (type != GEN_DNS && type != GEN_IPADD) continue;
    std::string_view bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                           static_cast<std::size_t>(ASN1_STRING_length(value)));
    names.push_back(type == GEN_DNS ? "DNS:" + std::string(bytes) : "IP:" + address_text(bytes));
  }
  ERR_clear_error();  // an extension that can't be read has no names
  return names;
}

}  // namespace fulmar
