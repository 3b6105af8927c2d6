#include "broker/security/sasl/scram_messages.h"

#include <gtest/gtest.h>

namespace fulmar {
namespace {

using namespace std::string_literals;

TEST(ScramMessages, TheFirstOfAClientHasAHeaderAUserAndANonce) {
  auto first = read_client_first("n,a=bob,n=a=2Cl=3Dice,r=xyz,e=1,f=2");
  ASSERT_TRUE(first) << to_string(first.error());
  EXPECT_EQ(first->gs2_header, "n,a=bob,");
  EXPECT_EQ(first->authorization, "bob");
  EXPECT_EQ(first->user, "a,l=ice");
  EXPECT_EQ(first->nonce, "xyz");
  EXPECT_EQ(first->bare, "n=a=2Cl=3Dice,r=xyz,e=1,f=2");
  EXPECT_EQ(write_client_first_bare("a,l=ice", "xyz"), "n=a=2Cl=3Dice,r=xyz");
  EXPECT_EQ(read_client_first("n,,n=\xc3\xa9,r=x")->user, "\xc3\xa9");
}

TEST(ScramMessages, AMalformedFirstIsRefusedWithAReason) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "a first message without its header"},
      {"n,n=alice", "a first message without its header"},
      {"p=tls-unique,,n=alice,r=x", "channel binding, which is not served"},
      {"x,,n=alice,r=x", "an unknown flag of channel binding"},
      {"n,bob,n=alice,r=x", "a malformed authorization identity"},
      {"n,a=,n=alice,r=x", "a malformed authorization identity"},
      {"n,,m=x,n=alice,r=x", "a mandatory extension, which is not known"},
      {"n,,n=,r=x", "no user name, or a malformed one"},
      {"n,,n=a=20,r=x", "no user name, or a malformed one"},
      {"n,,n=a=,r=x", "no user name, or a malformed one"},
      {"n,,r=x,n=alice", "no user name, or a malformed one"},
      {"n,,n=alice", "no nonce, or a malformed one"},
      {"n,,n=alice,r=", "no nonce, or a malformed one"},
      {"n,,n=alice,r=a b", "no nonce, or a malformed one"},
      {"n,,n=alice,r=x,1=y", "malformed extensions"},
      {"n,,n=alice,r=x,ab", "malformed extensions"},
      {"n,,n=\xff,r=x", "a SCRAM message that is not UTF-8"},
      {"n,,n=a\0b,r=x"s, "a SCRAM message with a zero byte"},
      {"n,,n=" + std::string(scram_message_bytes_max, 'a') + ",r=x", "a SCRAM message that is too long"},
  };
  for (const auto& [message, reason] : cases) {
    auto first = read_client_first(message);
    ASSERT_FALSE(first) << message;
    EXPECT_EQ(first.error().detail, reason) << message;
  }
}

TEST(ScramMessages, TheFirstOfAServerHasASaltAndIterations) {
  auto first = read_server_first("r=ab,s=c2FsdA==,i=8192,x=y");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->salt, "salt");
  EXPECT_EQ(first->iterations, 8192);
  EXPECT_EQ(write_server_first(*first), "r=ab,s=c2FsdA==,i=8192");
  for (const auto* wrong : {"", "r=ab", "r=ab,s=c2FsdA==", "r=ab,s=c2FsdA,i=4096", "r=ab,s=c2FsdA==,i=0",
                            "r=ab,s=c2FsdA==,i=-1", "r=ab,s=c2FsdA==,i=4096x", "r=ab,s=c2FsdA==,i=99999999999",
                            "s=c2FsdA==,r=ab,i=4096", "m=x,r=ab,s=c2FsdA==,i=4096"})
    EXPECT_FALSE(read_server_first(wrong)) << wrong;
}

TEST(ScramMessages, TheLastOfAClientEndsWithItsProof) {
  auto final = read_client_final("c=biws,r=ab,x=y,p=c2FsdA==");
  ASSERT_TRUE(final);
  EXPECT_EQ(final->channel_binding, "n,,");
  EXPECT_EQ(final->nonce, "ab");
  EXPECT_EQ(final->proof, "salt");
  EXPECT_EQ(final->without_proof, "c=biws,r=ab,x=y");
  for (const auto* wrong :
       {"", "c=biws", "c=biws,r=ab", "c=biws,p=c2FsdA==", "c=biw,r=ab,p=c2FsdA==", "c=biws,r=ab,p=c2FsdA",
        "c=biws,r=ab,xy,p=c2FsdA==", "c=,p=,r=ab", "c=biws,r=ab,p=c2FsdA==,x=y"})
    EXPECT_FALSE(read_client_final(wrong)) << wrong;
}

TEST(ScramMessages, TheLastOfAServerIsASignatureOrAnError) {
  EXPECT_EQ(read_server_final("v=c2FsdA==").value(), "salt");
  EXPECT_EQ(read_server_final("e=other-error").error().detail, "the server refuses: other-error");
  for (const auto* wrong : {"", "x", "v=c2FsdA", "v=c2FsdA==,1"}) EXPECT_FALSE(read_server_final(wrong)) << wrong;
}

}  // namespace
}  // namespace fulmar
