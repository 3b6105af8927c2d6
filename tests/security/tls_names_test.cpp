// Names in certificates, and the users that they stand for.
#include <gtest/gtest.h>

#include <openssl/x509.h>

#include "broker/security/tls/distinguished_name.h"
#include "broker/security/tls/principal_mapping.h"
#include "broker/security/tls/tls_context.h"
#include "tests/security/test_certificates.h"

namespace fulmar {
namespace {

struct Part {
  const char* type;
  std::string value;
  int with_the_one_before = 0;  // -1: in one set with it
};

std::string printed(const std::vector<Part>& parts) {
  auto* name = X509_NAME_new();
  for (const auto& part : parts)
    EXPECT_EQ(X509_NAME_add_entry_by_txt(name, part.type, MBSTRING_UTF8,
                                         reinterpret_cast<const unsigned char*>(part.value.data()),
                                         static_cast<int>(part.value.size()), -1, part.with_the_one_before),
              1)
        << part.type;
  auto text = distinguished_name(*name);
  X509_NAME_free(name);
  return text;
}

// As `new X500Principal(der).getName()` of Java prints the same names.
TEST(DistinguishedName, IsPrintedAsJavaDoes) {
  EXPECT_EQ(printed({{"C", "DE"}, {"O", "Example"}, {"CN", "alice"}}), "CN=alice,O=Example,C=DE");
  EXPECT_EQ(printed({{"DC", "example"}, {"UID", "a"}, {"street", "s"}, {"ST", "x"}, {"L", "y"}, {"OU", "z"}}),
            "OU=z,L=y,ST=x,STREET=s,UID=a,DC=example");
  EXPECT_EQ(printed({{"CN", "a,b+c\"d\\e<f>g;h"}}), "CN=a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h");
  EXPECT_EQ(printed({{"CN", " a "}}), "CN=\\ a\\ ");
  EXPECT_EQ(printed({{"CN", "#a"}}), "CN=\\#a");
  EXPECT_EQ(printed({{"CN", "a=b"}}), "CN=a\\=b");
  EXPECT_EQ(printed({{"CN", "Zoë"}}), "CN=Zoë");
  EXPECT_EQ(printed({{"CN", "a"}, {"OU", "b", -1}}), "CN=a+OU=b");
  EXPECT_EQ(printed({{"emailAddress", "a@b"}, {"CN", "c"}}), "CN=c,1.2.840.113549.1.9.1=#1603614062");
  EXPECT_EQ(printed({}), "");
}

std::string user(const std::string& rules, const std::string& name) {
  auto mapping = PrincipalMapping::parse(rules);
  if (!mapping) return "no rules: " + mapping.error().detail;
  auto mapped = mapping->user_of(name);
  return mapped ? *mapped : "refused";
}

// The examples of KIP-371 and of Kafka's own tests.
TEST(PrincipalMapping, TheFirstRuleThatAppliesMakesTheUser) {
  const std::string rules =
      "RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/, "
      "RULE:^CN=(.*?), *OU=(.*?), *O=(.*?), *L=(.*?), *ST=(.*?), *C=(.*?)$/$1@$2/L, "
      "RULE:^cn=(.*?),ou=(.*?),dc=(.*?),dc=(.*?)$/$1@$2/U, "
      "RULE:^.*[Cc][Nn]=([a-zA-Z0-9.]*).*$/$1/U, "
      "DEFAULT";
  EXPECT_EQ(user(rules, "CN=Duke,OU=ServiceUsers,O=Org,C=US"), "Duke");
  EXPECT_EQ(user(rules, "CN=Duke,OU=SME,O=mycp,L=Fulton,ST=MD,C=US"), "duke@sme");
  EXPECT_EQ(user(rules, "cn=duke,ou=sme,dc=mycp,dc=com"), "DUKE@SME");
  EXPECT_EQ(user(rules, "cN=duke,OU=JavaSoft,O=Sun Microsystems"), "DUKE");
  EXPECT_EQ(user(rules, "OU=JavaSoft,O=Sun Microsystems,C=US"), "OU=JavaSoft,O=Sun Microsystems,C=US");
  EXPECT_EQ(user("RULE:^CN=((\\\\, *|\\w)+)(,.*|$)/$1/,DEFAULT", "CN=test\\,with\\,comma,OU=x"), "test\\,with\\,comma");
  EXPECT_EQ(user("DEFAULT", "CN=a,O=b"), "CN=a,O=b");
  EXPECT_EQ(user("", "CN=a"), "CN=a") << "as DEFAULT";
  EXPECT_EQ(user("RULE:^CN=(.*)$/\\$1/", "CN=a"), "$1") << "a dollar that is one";
}

TEST(PrincipalMapping, WhomNoRuleNamesIsRefused) {
  EXPECT_EQ(user("RULE:^CN=(.*),O=b$/$1/", "CN=a,O=c"), "refused");
}

TEST(PrincipalMapping, WhatIsNoRuleIsSaidAtTheStart) {
  for (const char* rules : {"RULE", "RULE:", "RULE:a", "RULE:a/b", "RULE:a/b/X", "NOTHING", "RULE:(/x/", "RULE:a/$1/",
                            "RULE:a/$/", "DEFAULT,RULE:a", "RULE:(a)\\1/x/"})
    EXPECT_TRUE(user(rules, "a").starts_with("no rules: ")) << rules << " is taken: " << user(rules, "a");
}

TEST(TlsContext, TakesPemHoweverAPropertiesFileHasIt) {
  TlsSettings settings{.certificate_chain = test_certificates::server_certificate,
                       .key = test_certificates::server_key};
  EXPECT_TRUE(TlsContext::check(settings, TlsEnd::server));
  for (std::string between : {" ", "", "\\n", "\r\n", " \\\n"}) {
    auto with = [&](const std::string& pem) {
      std::string text;
      for (char c : pem) text += c == '\n' ? between : std::string(1, c);
      return text;
    };
    auto checked = TlsContext::check({.certificate_chain = with(settings.certificate_chain), .key = with(settings.key)},
                                     TlsEnd::server);
    EXPECT_TRUE(checked) << "\"" << between << "\": " << (checked ? "" : checked.error().detail);
  }
}

std::string why_not(const TlsSettings& settings, TlsEnd end = TlsEnd::server) {
  auto checked = TlsContext::check(settings, end);
  return checked ? "" : checked.error().detail;
}

TEST(TlsContext, WhatCannotServeIsRefusedInASentenceThatNamesTheProperty) {
  using namespace test_certificates;
  const TlsSettings good{.certificate_chain = server_certificate, .key = server_key};
  auto with = [&](auto&& change) {
    auto settings = good;
    change(settings);
    return why_not(settings);
  };
  EXPECT_EQ(why_not({}),
            "ssl.keystore.location: a listener with TLS needs a certificate: name a file here, or have it "
            "in ssl.keystore.certificate.chain and ssl.keystore.key");
  EXPECT_EQ(why_not({}, TlsEnd::client), "") << "a client needs none";
  EXPECT_EQ(with([](auto& s) { s.certificate_chain = "x"; }),
            "ssl.keystore.certificate.chain: there is no PEM certificate in it");
  EXPECT_TRUE(with([](auto& s) { s.key = "x"; }).starts_with("ssl.keystore.key: there is no PEM key in it"));
  EXPECT_TRUE(with([](auto& s) { s.key = client_key; }).starts_with("ssl.keystore.key: not the certificate's key"));
  EXPECT_EQ(with([](auto& s) { s.tls_1_2 = s.tls_1_3 = false; }),
            "ssl.enabled.protocols: must name TLSv1.2 or TLSv1.3");
  EXPECT_EQ(with([](auto& s) { s.cipher_suites = {"TLS_NULL"}; }),
            "ssl.cipher.suites: there is no cipher suite TLS_NULL");
  EXPECT_EQ(with([](auto& s) { s.client_auth = ClientAuth::required; }),
            "ssl.truststore.location: needed where ssl.client.auth asks clients for their certificates");
  EXPECT_EQ(with([](auto& s) { s.trusted = "x", s.client_auth = ClientAuth::requested; }),
            "ssl.truststore.certificates: there is no certificate in it");
  EXPECT_NE(with([](auto& s) {
              s.keystore =
                  "\xfe\xed\xfe\xed"
                  "rest";
            }).find("keytool"),
            std::string::npos);
  EXPECT_TRUE(with([](auto& s) { s.keystore = "x"; }).starts_with("ssl.keystore.location: no PKCS#12 store"));
}

}  // namespace
}  // namespace fulmar
