#include "broker/security/sasl/plain.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sasl_kit.h"

namespace fulmar::test {
namespace {

using namespace std::string_literals;

PlainUsers some_users() {
  PlainUsers users;
  users.add("alice", "secret");
  users.add("bob", "other");
  return users;
}

std::string told(const std::string& message) {
  auto users = some_users();
  PlainServer server(users);
  auto answer = server.answer(message);
  EXPECT_FALSE(server.identity());
  return answer ? "accepted" : answer.error().told;
}

TEST(Plain, WhoKnowsThePasswordIsAuthenticated) {
  auto users = some_users();
  PlainClient client("alice", "secret");
  PlainServer server(users);
  auto played = exchange(client, server);
  EXPECT_TRUE(played.succeeded());
  EXPECT_EQ(played.identity->name, "alice");
  EXPECT_EQ(played.messages, (std::vector{"\0alice\0secret"s, ""s}));
}

TEST(Plain, AnAuthorizationIdentityMayOnlyBeTheName) {
  auto users = some_users();
  PlainServer server(users);
  EXPECT_EQ(server.answer("alice\0alice\0secret"s).value(), "");
  EXPECT_EQ(server.identity()->name, "alice");
  EXPECT_EQ(told("bob\0alice\0secret"s),
            "Authentication failed: Client requested an authorization id that is different from username");
  // Who does not know the password does not learn even that.
  EXPECT_EQ(told("bob\0alice\0wrong"s), "Authentication failed: Invalid username or password");
}

TEST(Plain, AnUnknownUserAndAWrongPasswordAreAnsweredAlike) {
  const auto* invalid = "Authentication failed: Invalid username or password";
  EXPECT_EQ(told("\0alice\0wrong"s), invalid);
  EXPECT_EQ(told("\0carol\0secret"s), invalid);
  EXPECT_EQ(told("\0alice\0other"s), invalid);
  EXPECT_EQ(told("\0alice\0secre"s), invalid);
  EXPECT_EQ(told("\0alice\0"s + std::string(100'000, 'x')), invalid);
  EXPECT_EQ(told("\0\xff\0secret"s), invalid);
}

TEST(Plain, MalformedMessagesFailWithKafkasWords) {
  auto wrong = [](int tokens) {
    return "Invalid SASL/PLAIN response: expected 3 tokens, got " + std::to_string(tokens);
  };
  EXPECT_EQ(told(""), wrong(1));
  EXPECT_EQ(told("alice"), wrong(1));
  EXPECT_EQ(told("\0"s), wrong(2));
  EXPECT_EQ(told("\0alice"s), wrong(2));
  EXPECT_EQ(told("\0alice\0secret\0"s), wrong(4));
  EXPECT_EQ(told(std::string(100, '\0')), wrong(4));
  EXPECT_EQ(told("\0\0secret"s), "Authentication failed: username not specified");
  EXPECT_EQ(told("\0alice\0"s), "Authentication failed: password not specified");
}

TEST(Plain, AClientRefusesWhatItCannotSayOrHear) {
  EXPECT_FALSE(PlainClient("", "x").respond(""));
  EXPECT_FALSE(PlainClient("x", "").respond(""));
  EXPECT_FALSE(PlainClient("x\0y"s, "z").respond(""));
  PlainClient client("alice", "secret");
  ASSERT_TRUE(client.respond(""));
  EXPECT_FALSE(client.respond("more"));
  EXPECT_FALSE(client.complete());
}

RC_GTEST_PROP(Plain, OnlyTheSamePasswordIsAccepted, (const std::string& right, const std::string& given)) {
  PlainUsers users;
  users.add("alice", right);
  RC_ASSERT(users.has("alice", given) == (given == right));
  RC_ASSERT(!users.has("bob", right));
}

}  // namespace
}  // namespace fulmar::test
