// The exchanges of RFC 7677 and of SHA-512, and what an attacker can do to one.
#include "broker/security/sasl/scram.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "broker/security/sasl/digest.h"
#include "runtime/base/base64.h"
#include "sasl_kit.h"

namespace fulmar::test {
namespace {

constexpr std::int32_t iterations = 4096;

ScramCredential credential(ScramMechanism mechanism, std::string_view password, const std::string& salt) {
  return credential_of_salted(mechanism, salted_password(mechanism, password, salt, iterations), salt, iterations);
}

// Knows one user; others get a made-up credential.
ScramLookup knows(ScramMechanism mechanism, std::string user, std::string_view password,
                  const std::string& salt = "salt") {
  auto model = credential(mechanism, "of nobody", "0123456789");
  return [mechanism, user = std::move(user), right = credential(mechanism, password, salt),
          model](std::string_view asked) {
    auto made_up = made_up_credential(mechanism, asked, model);
    return asked == user ? FoundCredential{right, true} : FoundCredential{made_up, false};
  };
}

// RFC 7677, section 3.
TEST(Scram, Sha256IsThatOfTheStandard) {
  auto salt = *from_base64("W22ZaJ0SNY7soEsUEjb6gQ==");
  ScramClient client(ScramMechanism::sha_256, "user", "pencil", "rOprNGfwEbeRWgbNEkqO");
  ScramServer server(ScramMechanism::sha_256, knows(ScramMechanism::sha_256, "user", "pencil", salt),
                     "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
  auto played = exchange(client, server);
  EXPECT_TRUE(played.succeeded());
  EXPECT_EQ(played.messages,
            (std::vector<std::string>{
                "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
                "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="}));
}

// There is no vector of a standard; these come from Python's hashlib and hmac.
TEST(Scram, Sha512IsTheSameWithAnotherHash) {
  auto salt = *from_base64("Yin2FuHTt/M0kJWb0t9OI32n2VmOGi3m+JfjOvuDF88=");
  ScramClient client(ScramMechanism::sha_512, "user", "pencil", "fyko+d2lbbFgONRv9qkxdawL");
  ScramServer server(ScramMechanism::sha_512, knows(ScramMechanism::sha_512, "user", "pencil", salt),
                     "3rfcNHYJY1ZVvWVs7j");
  auto played = exchange(client, server);
  EXPECT_TRUE(played.succeeded());
  ASSERT_EQ(played.messages.size(), 4);
  EXPECT_EQ(played.messages[2],
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
            "p=ZJwakXYZnOH0/MczEfuEE2annvfegaSPLpXVgj4INycvDRiSagh2sKHl7JCSS9IyVgIgeB/oHztaxVOqZollxg==");
  EXPECT_EQ(played.messages[3],
            "v=fUpMOoDWCmoYJJo6MSzBJj/6YEvuH3UjAvDGUhtkHmKqogClvuVZnM7/aZoOVw1EWTqcnOvKz40xXTnMMxbq+Q==");
}

TEST(Scram, NobodyLearnsWhoIsKnown) {
  auto lookup = knows(ScramMechanism::sha_256, "alice", "right", "abcdefghij");
  std::vector<std::vector<std::string>> said;
  for (const auto* user : {"alice", "carol", "alice", "carol"}) {
    ScramClient client(ScramMechanism::sha_256, user, "wrong", "client");
    ScramServer server(ScramMechanism::sha_256, lookup, "server");
    auto played = exchange(client, server);
    ASSERT_TRUE(played.failure);
    EXPECT_EQ(played.failure->told, "");
    EXPECT_EQ(played.failure->reason, "invalid user name or password");
    said.push_back(played.messages);
  }
  EXPECT_EQ(said[1][1], said[3][1]);  // an unknown user's salt is always the same
  EXPECT_NE(said[0][1], said[1][1]);
  EXPECT_EQ(said[0][1].size(), said[1][1].size());
  EXPECT_EQ(said[0].size(), said[1].size());
}

TEST(Scram, AMadeUpSaltLooksLikeOthers) {
  auto model = credential(ScramMechanism::sha_512, "x", "1b9x8qv3k2m4n5");
  auto made_up = made_up_credential(ScramMechanism::sha_512, "carol", model);
  EXPECT_EQ(made_up.salt.size(), model.salt.size());
  EXPECT_EQ(made_up.salt.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz"), std::string::npos) << made_up.salt;
  EXPECT_NE(made_up.salt, made_up_credential(ScramMechanism::sha_512, "dave", model).salt);
  model.salt = std::string(100, '\xff');
  EXPECT_EQ(made_up_credential(ScramMechanism::sha_512, "carol", model).salt.size(), 100);
}

TEST(Scram, NotEvenTheRightProofOfAMadeUpCredentialAuthenticates) {
  auto right = credential(ScramMechanism::sha_256, "right", "salt");
  ScramClient client(ScramMechanism::sha_256, "alice", "right", "client");
  ScramServer server(
      ScramMechanism::sha_256, [&](std::string_view) { return FoundCredential{right, false}; }, "server");
  auto played = exchange(client, server);
  EXPECT_FALSE(played.identity);
  EXPECT_EQ(played.failure->reason, "invalid user name or password");
}

TEST(Scram, AnAuthorizationIdentityMayOnlyBeTheUser) {
  auto lookup = knows(ScramMechanism::sha_256, "alice", "right");
  for (const auto* user : {"alice", "carol"}) {
    ScramServer server(ScramMechanism::sha_256, lookup, "server");
    auto answer = server.answer("n,a=bob,n=" + std::string(user) + ",r=client");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().told,
              "Authentication failed: Client requested an authorization id that is different from username");
  }
  ScramServer server(ScramMechanism::sha_256, lookup, "server");
  EXPECT_TRUE(server.answer("n,a=alice,n=alice,r=client"));
}

TEST(Scram, AChannelBindingThatTheClientCouldHaveUsedIsNoReasonToRefuse) {
  EXPECT_TRUE(read_client_first("y,,n=alice,r=client"));
  // The last message has to repeat what the first said of it.
  ScramServer server(ScramMechanism::sha_256, knows(ScramMechanism::sha_256, "alice", "right"), "server");
  ASSERT_TRUE(server.answer("y,,n=alice,r=client"));
  auto answer = server.answer("c=biws,r=clientserver,p=" + to_base64(std::string(32, 'x')));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason, "another channel binding than at first");
}

TEST(Scram, ARecordedExchangeIsOfNoUse) {
  auto lookup = knows(ScramMechanism::sha_256, "alice", "right");
  ScramClient client(ScramMechanism::sha_256, "alice", "right", "client");
  ScramServer first(ScramMechanism::sha_256, lookup, "server1");
  auto recorded = exchange(client, first);
  ASSERT_TRUE(recorded.succeeded());
  ScramServer second(ScramMechanism::sha_256, lookup, "server2");
  ASSERT_TRUE(second.answer(recorded.messages[0]));
  auto replayed = second.answer(recorded.messages[2]);
  ASSERT_FALSE(replayed);
  EXPECT_EQ(replayed.error().reason, "another nonce than the server's");
  // Nor is its proof with the new nonce.
  ScramServer third(ScramMechanism::sha_256, lookup, "server3");
  ASSERT_TRUE(third.answer(recorded.messages[0]));
  auto changed = recorded.messages[2];
  changed.replace(changed.find("server1"), 7, "server3");
  EXPECT_FALSE(third.answer(changed));
  EXPECT_FALSE(third.identity());
}

// librdkafka before 2.2 repeats its own nonce before the server's. The proof is right for the messages as they were
// sent.
TEST(Scram, TheNonceOfAnOldLibrdkafkaIsTaken) {
  const auto mechanism = ScramMechanism::sha_256;
  for (const auto* nonce :
       {"clientclientserver", "clientserver", "clientclientclientserver", "otherclientserver", "server"}) {
    ScramServer server(mechanism, knows(mechanism, "alice", "right"), "server");
    auto first = server.answer("n,,n=alice,r=client");
    ASSERT_TRUE(first);
    auto digest = digest_of(mechanism);
    auto without_proof = "c=biws,r=" + std::string(nonce);
    auto key = hmac_of(digest, salted_password(mechanism, "right", "salt", iterations), "Client Key");
    auto proof = hmac_of(digest, hash_of(digest, key), "n=alice,r=client," + *first + "," + without_proof);
    for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ key[i]);
    bool taken = std::string_view(nonce) == "clientserver" || std::string_view(nonce) == "clientclientserver";
    EXPECT_EQ(server.answer(without_proof + ",p=" + to_base64(proof)).has_value(), taken) << nonce;
  }
}

TEST(Scram, AClientTrustsNoServerThatDoesNotKnowTheCredential) {
  ScramClient client(ScramMechanism::sha_256, "alice", "right", "client");
  ASSERT_TRUE(client.respond(""));
  ASSERT_TRUE(client.respond("r=clientserver,s=c2FsdA==,i=4096"));
  auto verified = client.respond("v=" + to_base64(std::string(32, 'x')));
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().detail, "the server does not know the credential that it asks for");
  EXPECT_FALSE(client.complete());
}

TEST(Scram, AClientIsNotMadeToComputeTooLittleOrTooMuch) {
  for (const auto* answer : {"r=clientserver,s=c2FsdA==,i=4095", "r=clientserver,s=c2FsdA==,i=100001",
                             "r=client,s=c2FsdA==,i=4096", "r=other,s=c2FsdA==,i=4096"}) {
    ScramClient client(ScramMechanism::sha_256, "alice", "right", "client");
    ASSERT_TRUE(client.respond(""));
    EXPECT_FALSE(client.respond(answer)) << answer;
  }
}

RC_GTEST_PROP(Scram, BothEndsAgreeExactlyIfThePasswordsAre, (std::string user, const std::string& right, bool same)) {
  auto given = same ? right : right + "x";
  std::erase_if(user, [](char c) { return c <= 0; });  // any text of UTF-8 will do; ASCII is easily had
  RC_PRE(!user.empty());
  auto mechanism = *rc::gen::element(ScramMechanism::sha_256, ScramMechanism::sha_512);
  ScramClient client(mechanism, user, given, "client");
  ScramServer server(mechanism, knows(mechanism, user, right, "salt"), "server");
  auto played = exchange(client, server);
  RC_ASSERT(played.succeeded() == same);
  if (same) RC_ASSERT(played.identity->name == user);
}

RC_GTEST_PROP(Scram, AnyBitThatIsChangedOnTheWayMakesItFail, ()) {
  auto message = *rc::gen::inRange<std::size_t>(0, 4);
  auto place = *rc::gen::arbitrary<std::uint32_t>();
  auto bit = *rc::gen::inRange(0, 8);
  ScramClient client(ScramMechanism::sha_256, "alice", "right", "client");
  ScramServer server(ScramMechanism::sha_256, knows(ScramMechanism::sha_256, "alice", "right"), "server");
  auto played = exchange(client, server, [&](std::size_t number, std::string& text) {
    if (number == message) text[place % text.size()] ^= static_cast<char>(1 << bit);
  });
  RC_ASSERT(!played.succeeded());
  // What only the server has said last is found by the client alone.
  if (message < 3) RC_ASSERT(!played.identity);
}

// A client's connections follow each other, and its password may change.
RC_GTEST_PROP(Scram, AKeptSaltedPasswordIsOnlyThatOfTheSameQuestion, ()) {
  SaltedPasswords kept;
  for (int asks = 0; asks < 6; ++asks) {
    auto mechanism = *rc::gen::element(ScramMechanism::sha_256, ScramMechanism::sha_512);
    auto password = *rc::gen::element<std::string>("old", "new");
    auto salt = *rc::gen::element<std::string>("ab", "cd");
    auto count = *rc::gen::element(1, 2);
    RC_ASSERT(kept.of(mechanism, password, salt, count) == salted_password(mechanism, password, salt, count));
  }
}

// Otherwise this would take an hour.
TEST(Scram, ASaltedPasswordIsMadeOnceForAllConnections) {
  SaltedPasswords kept;
  auto made = kept.of(ScramMechanism::sha_512, "right", "salt", ScramClient::iterations_max);
  for (int connections = 0; connections < 50'000; ++connections)
    ASSERT_EQ(kept.of(ScramMechanism::sha_512, "right", "salt", ScramClient::iterations_max), made);
}

}  // namespace
}  // namespace fulmar::test
