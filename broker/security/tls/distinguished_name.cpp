#include "broker/security/tls/distinguished_name.h"

#include <openssl/objects.h>

#include <utility>

#include "broker/security/openssl_handles.h"

namespace fulmar {

namespace {

// Of RFC 2253, which Java prints by these; every other type is a number there.
constexpr std::pair<int, std::string_view> keywords[] = {
    {NID_commonName, "CN"},          {NID_countryName, "C"},      {NID_localityName, "L"},
    {NID_stateOrProvinceName, "ST"}, {NID_organizationName, "O"}, {NID_organizationalUnitName, "OU"},
    {NID_streetAddress, "STREET"},   {NID_domainComponent, "DC"}, {NID_userId, "UID"},
};

std::string_view keyword_of(const ASN1_OBJECT* type) {
  auto nid = OBJ_obj2nid(type);
  for (auto [known, keyword] : keywords)
    if (known == nid) return keyword;
  return {};
}

std::string number_of(const ASN1_OBJECT* type) {
  char text[128];  // longer numbers are cut, and so is what no rule can match
  OBJ_obj2txt(text, sizeof text, type, 1);
  return text;
}

std::string contents_of(BIO* bio) {
  char* data = nullptr;
  auto size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

// "#" and the value's DER.
std::string in_hexadecimal(const ASN1_STRING* value) {
  unsigned char* der = nullptr;
  ASN1_TYPE any{};
  any.type = ASN1_STRING_type(value);
  any.value.asn1_string = const_cast<ASN1_STRING*>(value);  // only read
  auto size = i2d_ASN1_TYPE(&any, &der);
  std::string text = "#";
  for (int i = 0; i < size; ++i) {
    text += "0123456789abcdef"[der[i] >> 4];
    text += "0123456789abcdef"[der[i] & 15];
  }
  OPENSSL_free(der);
  return text;
}

std::string part_of(const X509_NAME_ENTRY* entry) {
  const auto* type = X509_NAME_ENTRY_get_object(entry);
  const auto* value = X509_NAME_ENTRY_get_data(entry);
  auto keyword = keyword_of(type);
  if (keyword.empty()) return number_of(type) + "=" + in_hexadecimal(value);
  BioHandle text(BIO_new(BIO_s_mem()));
  // As ASN1_STRFLGS_RFC2253, but letters beyond ASCII stay as they are.
  constexpr unsigned long flags = ASN1_STRFLGS_ESC_2253 | ASN1_STRFLGS_ESC_CTRL | ASN1_STRFLGS_UTF8_CONVERT;
  if (ASN1_STRING_print_ex(text.get(), value, flags) < 0) {
    ERR_clear_error();
    return std::string(keyword) + "=" + in_hexadecimal(value);
  }
  std::string part = std::string(keyword) + "=";
  for (char c : contents_of(text.get())) part += c == '=' ? "\\=" : std::string(1, c);
  return part;
}

}  // namespace

std::string distinguished_name(const X509_name_st& name) {
  // The entries of one set stand side by side; the sets are printed from the last to the first.
  std::string text;
  for (int end = X509_NAME_entry_count(&name); end > 0;) {
    auto set_of = [&](int i) { return X509_NAME_ENTRY_set(X509_NAME_get_entry(&name, i)); };
    int first = end - 1;
    while (first > 0 && set_of(first - 1) == set_of(end - 1)) --first;
    if (!text.empty()) text += ',';
    for (int i = first; i < end; ++i) text += (i > first ? "+" : "") + part_of(X509_NAME_get_entry(&name, i));
    end = first;
  }
  return text;
}

Result<std::string> distinguished_name(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  std::unique_ptr<X509_NAME, ReleasedBy<X509_NAME_free>> name(
      d2i_X509_NAME(nullptr, &at, static_cast<long>(der.size())));
  if (!name) return fail(Errc::corrupt, "a name of a certificate: " + openssl_reason());
  return distinguished_name(*name);
}

}  // namespace fulmar
