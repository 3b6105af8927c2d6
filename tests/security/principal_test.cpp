#include "broker/security/principal.h"

#include <gtest/gtest.h>

#include "broker/security/security_protocol.h"

namespace fulmar {
namespace {

TEST(Principal, IsATypeAndAName) {
  EXPECT_EQ(parse_principal("User:alice").value(), (Principal{"User", "alice"}));
  // The name of a certificate's subject.
  EXPECT_EQ(parse_principal("User:CN=a:b,O=c").value(), (Principal{"User", "CN=a:b,O=c"}));
  EXPECT_EQ(to_string(Principal{}), "User:ANONYMOUS");
  for (const auto* wrong : {"", "alice", ":alice", "User:", ":"}) EXPECT_FALSE(parse_principal(wrong)) << wrong;
}

TEST(SecurityProtocol, HasKafkasNames) {
  for (auto protocol : {SecurityProtocol::plaintext, SecurityProtocol::ssl, SecurityProtocol::sasl_plaintext,
                        SecurityProtocol::sasl_ssl})
    EXPECT_EQ(parse_security_protocol(to_string(protocol)), protocol);
  EXPECT_EQ(parse_security_protocol("sasl_ssl"), SecurityProtocol::sasl_ssl);
  EXPECT_EQ(parse_security_protocol("TLS"), std::nullopt);
  EXPECT_EQ(parse_security_protocol(""), std::nullopt);
}

}  // namespace
}  // namespace fulmar
