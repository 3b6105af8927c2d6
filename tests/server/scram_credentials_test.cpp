// AlterUserScramCredentials and DescribeUserScramCredentials (KIP-554).
#include "broker/protocol/messages/scram_credentials.h"

#include <gtest/gtest.h>

#include "broker_test_kit.h"

namespace fulmar {
namespace {

using Alter = AlterUserScramCredentialsRequest;

Alter::Upsertion upsertion(const std::string& user, std::int8_t mechanism = 1, std::int32_t iterations = 4096) {
  return {user, mechanism, iterations, Bytes::of_static("salt"), Bytes::of_static("a salted password of some length")};
}

std::vector<std::pair<std::string, std::string>> alter(Peer& peer, const Alter& request) {
  std::vector<std::pair<std::string, std::string>> outcomes;
  for (const auto& result : peer.call<AlterUserScramCredentialsResponse>(request, 0).results)
    outcomes.emplace_back(result.user, result.error_code == ErrorCode::none
                                           ? "NONE"
                                           : std::string(error_code_name(result.error_code)) + ": " +
                                                 result.error_message.value_or("(none)"));
  return outcomes;
}

// "alice: 1/4096 2/8192"
std::vector<std::string> describe(Peer& peer, std::vector<std::string> users = {}) {
  DescribeUserScramCredentialsRequest request;
  if (!users.empty()) request.users.emplace();
  for (auto& user : users) request.users->push_back({std::move(user)});
  std::vector<std::string> all;
  for (const auto& result : peer.call<DescribeUserScramCredentialsResponse>(request, 0).results) {
    auto& text = all.emplace_back(result.user + ":");
    if (result.error_code != ErrorCode::none) text += std::string(" ") + error_code_name(result.error_code);
    for (const auto& [mechanism, iterations] : result.credential_infos)
      text += " " + std::to_string(mechanism) + "/" + std::to_string(iterations);
  }
  return all;
}

using Outcomes = std::vector<std::pair<std::string, std::string>>;

TEST(ScramCredentials, AreSetChangedAndDeleted) {
  BrokerWorld broker;
  broker.run([](Host& host) {
    Peer peer(host);
    EXPECT_EQ(describe(peer), std::vector<std::string>{});
    EXPECT_EQ(alter(peer, {.deletions = {},
                           .upsertions = {upsertion("bob"), upsertion("alice"), upsertion("alice", 2, 8192)}}),
              (Outcomes{{"bob", "NONE"}, {"alice", "NONE"}}));
    EXPECT_EQ(describe(peer), (std::vector<std::string>{"alice: 1/4096 2/8192", "bob: 1/4096"}));
    EXPECT_EQ(alter(peer, {.deletions = {{"alice", 1}}, .upsertions = {upsertion("bob", 1, 16384)}}),
              (Outcomes{{"alice", "NONE"}, {"bob", "NONE"}}));
    EXPECT_EQ(describe(peer), (std::vector<std::string>{"alice: 2/8192", "bob: 1/16384"}));
    alter(peer, {.deletions = {{"alice", 2}}, .upsertions = {}});
    EXPECT_EQ(
        describe(peer, {"alice", "bob", "bob", ""}),
        (std::vector<std::string>{": RESOURCE_NOT_FOUND", "alice: RESOURCE_NOT_FOUND", "bob: DUPLICATE_RESOURCE"}));
  });
}

TEST(ScramCredentials, SurviveARestart) {
  BrokerWorld broker;
  broker.run([](Host& host) {
    Peer peer(host);
    alter(peer, {.deletions = {}, .upsertions = {upsertion("alice")}});
  });
  broker.restart(false);
  broker.run([](Host& host) {
    Peer peer(host);
    EXPECT_EQ(describe(peer), std::vector<std::string>{"alice: 1/4096"});
  });
}

TEST(ScramCredentials, WhatIsWrongWithAUserLeavesOnlyThatUserUnchanged) {
  BrokerWorld broker;
  broker.run([](Host& host) {
    Peer peer(host);
    Alter request;
    request.deletions = {{"nobody", 1}, {"twice", 1}};
    request.upsertions = {upsertion("few", 1, 4095),
                          upsertion("many", 1, 16385),
                          upsertion("unknown", 3),
                          upsertion("unknown0", 0),
                          upsertion(""),
                          upsertion("twice"),
                          upsertion("some"),
                          upsertion("some", 3),
                          upsertion(std::string(1025, 'x')),
                          upsertion("no UTF-8 \xff"),
                          upsertion("good")};
    request.upsertions.push_back({"unsalted", 1, 4096, Bytes(), Bytes::of_static("x")});
    const std::string form = "UNACCEPTABLE_CREDENTIAL: a user name is at most 1024 bytes of UTF-8";
    const std::string unknown = "UNSUPPORTED_SASL_MECHANISM: Unknown SCRAM mechanism";
    EXPECT_EQ(alter(peer, request),
              (Outcomes{{"nobody", "RESOURCE_NOT_FOUND: Attempt to delete a user credential that does not exist"},
                        {"twice", "RESOURCE_NOT_FOUND: Attempt to delete a user credential that does not exist"},
                        {"few", "UNACCEPTABLE_CREDENTIAL: Too few iterations"},
                        {"many", "UNACCEPTABLE_CREDENTIAL: Too many iterations"},
                        {"unknown", unknown},
                        {"unknown0", unknown},
                        {"", "UNACCEPTABLE_CREDENTIAL: Username must not be empty"},
                        {"some", unknown},
                        {std::string(1025, 'x'), form},
                        {"no UTF-8 \xff", form},
                        {"good", "NONE"},
                        {"unsalted", "UNACCEPTABLE_CREDENTIAL: a salt or a salted password has 1 to 1024 bytes"}}));
    EXPECT_EQ(describe(peer), std::vector<std::string>{"good: 1/4096"});
    EXPECT_EQ(
        alter(peer, {.deletions = {{"good", 1}}, .upsertions = {upsertion("good")}}),
        (Outcomes{{"good", "DUPLICATE_RESOURCE: A user credential cannot be altered twice in the same request"}}));
  });
}

}  // namespace
}  // namespace fulmar
