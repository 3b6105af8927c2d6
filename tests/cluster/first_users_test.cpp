#include "broker/cluster/first_users.h"

#include <gtest/gtest.h>

#include "broker/cluster/metadata_image.h"
#include "broker/security/sasl/scram.h"
#include "runtime/host/entropy.h"

namespace fulmar {
namespace {

class Numbers final : public Entropy {
 public:
  std::uint64_t next() override { return random_.next(); }

 private:
  Random random_{1};
};

TEST(FirstUsers, AreReadAsKafkaWritesThem) {
  auto users = parse_first_users(
      "# the first\n"
      "SCRAM-SHA-256=[name=alice,password=secret]\n"
      "\n"
      "  SCRAM-SHA-512 = [name=\"a,]b\",iterations=8192,password=\"x,y]\"]  ");
  ASSERT_TRUE(users) << to_string(users.error());
  EXPECT_EQ(*users, (std::vector<FirstUser>{{"alice", ScramMechanism::sha_256, "secret", 4096},
                                            {"a,]b", ScramMechanism::sha_512, "x,y]", 8192}}));
}

TEST(FirstUsers, WhatIsWrongIsSaidWithoutPasswords) {
  const std::string form = "expected SCRAM-SHA-256=[name=NAME,password=PASSWORD], or SCRAM-SHA-512";
  const std::pair<const char*, std::string> cases[] = {
      {"alice=secret", form},
      {"PLAIN=[name=alice,password=secret]", form},
      {"SCRAM-SHA-256", form},
      {"SCRAM-SHA-256=name=alice,password=secret", form},
      {"SCRAM-SHA-256=[name=alice,password=secret", form},
      {"SCRAM-SHA-256=[name=alice,password=secret]x", form},
      {"SCRAM-SHA-256=[name=alice,name=bob]", form},
      {"SCRAM-SHA-256=[]", form},
      {"SCRAM-SHA-256=[name=alice]", "a user has a name and a password"},
      {"SCRAM-SHA-256=[name=alice,password=secret,salt=x]",
       "a user has a name, a password and iterations, and nothing else"},
      {"SCRAM-SHA-256=[name=alice,password=secret,iterations=4095]", "iterations must be from 4096 to 16384"},
  };
  for (const auto& [line, reason] : cases) {
    auto users = parse_first_users(std::string("# one\n") + line);
    ASSERT_FALSE(users) << line;
    EXPECT_EQ(users.error().detail, "line 2: " + reason) << line;
  }
}

TEST(FirstUsers, CanAuthenticateWithTheCredentialsThatAreMade) {
  Numbers entropy;
  auto records = credentials_of(
      {{"alice", ScramMechanism::sha_256, "secret", 4096}, {"bob", ScramMechanism::sha_256, "other", 4096}}, entropy);
  MetadataImage image;
  for (const auto& record : records) apply_record(record, image);
  EXPECT_EQ(image.scram_users.size(), 3u) << "with nobody";
  for (const auto* password : {"secret", "other"}) {
    ScramClient client(ScramMechanism::sha_256, "alice", password, "client");
    auto lookup = [&](std::string_view user) { return image.scram_users.look_up(user, ScramMechanism::sha_256, {}); };
    ScramServer server(ScramMechanism::sha_256, lookup, "server");
    auto first = server.answer(client.respond("").value());
    auto last = server.answer(client.respond(first.value()).value());
    EXPECT_EQ(last.has_value(), password == std::string("secret"));
    if (!last) continue;
    EXPECT_TRUE(client.respond(*last).has_value() && client.complete());
  }
}

TEST(ScramUsers, AnUnknownUserIsAnsweredLikeAnother) {
  Numbers entropy;
  MetadataImage image;
  for (const auto& record : credentials_of({{"alice", ScramMechanism::sha_256, "secret", 8192}}, entropy))
    apply_record(record, image);
  const auto& users = image.scram_users;
  auto known = users.look_up("alice", ScramMechanism::sha_256, {});
  auto unknown = users.look_up("carol", ScramMechanism::sha_256, {});
  EXPECT_TRUE(known.known);
  EXPECT_FALSE(unknown.known);
  EXPECT_EQ(unknown.credential.iterations, known.credential.iterations);
  EXPECT_EQ(unknown.credential.salt.size(), known.credential.salt.size());
  EXPECT_EQ(unknown.credential.salt, users.look_up("carol", ScramMechanism::sha_256, {}).credential.salt);
  EXPECT_FALSE(users.look_up("", ScramMechanism::sha_256, {}).known) << "nobody is nobody";
  EXPECT_FALSE(users.look_up("alice", ScramMechanism::sha_512, {}).known);
  EXPECT_EQ(users.of(""), nullptr);
  apply_record(ScramCredentialRecord{"alice", ScramMechanism::sha_256, {}}, image);
  EXPECT_FALSE(image.scram_users.look_up("alice", ScramMechanism::sha_256, {}).known);
  EXPECT_EQ(image.scram_users.look_up("carol", ScramMechanism::sha_256, {}).credential.salt, unknown.credential.salt);
}

}  // namespace
}  // namespace fulmar
