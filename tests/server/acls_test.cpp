// CreateAcls, DescribeAcls, DeleteAcls: Kafka's errors, filters, and that the lists outlive restarts.
#include "broker/protocol/messages/acls.h"

#include "tests/server/cluster_kit.h"
#include "tests/server/guarded_kit.h"

namespace fulmar {
namespace {

using Creation = CreateAclsRequest::Creation;

constexpr std::int16_t version = 3;

Creation creation(std::string topic, AclPatternType pattern = AclPatternType::literal,
                  AclOperation operation = AclOperation::read) {
  return {AclResourceType::topic, std::move(topic), pattern, "User:alice", "*", operation, AclPermission::allow};
}

std::vector<ErrorCode> create(Peer& peer, std::vector<Creation> creations) {
  std::vector<ErrorCode> errors;
  for (const auto& result : peer.call<CreateAclsResponse>(CreateAclsRequest{std::move(creations)}, version).results)
    errors.push_back(result.error_code);
  return errors;
}

DescribeAclsRequest of_alice() {
  DescribeAclsRequest request;
  request.pattern_type = AclPatternType::any;
  request.principal = "User:alice";
  return request;
}

// "NAME:operation ..." of each resource.
std::string described(Peer& peer, const DescribeAclsRequest& request = of_alice()) {
  auto response = peer.call<DescribeAclsResponse>(request, version);
  if (response.error_code != ErrorCode::none) return error_code_name(response.error_code);
  std::string text;
  for (const auto& resource : response.resources) {
    text += (text.empty() ? "" : " ") + resource.resource_name;
    if (resource.pattern_type == AclPatternType::prefixed) text += "*";
    for (const auto& acl : resource.acls) text += ":" + std::to_string(static_cast<int>(acl.operation));
  }
  return text;
}

std::string removed(Peer& peer, const DeleteAclsRequest::Filter& filter) {
  auto result = peer.call<DeleteAclsResponse>(DeleteAclsRequest{{filter}}, version).results.at(0);
  if (result.error_code != ErrorCode::none) return error_code_name(result.error_code);
  std::string text;
  for (const auto& acl : result.matching_acls) text += (text.empty() ? "" : " ") + acl.resource_name;
  return text;
}

DeleteAclsRequest::Filter filter_of(std::string topic, AclPatternType pattern) {
  DeleteAclsRequest::Filter filter;
  filter.resource_type = AclResourceType::topic;
  filter.resource_name = std::move(topic);
  filter.pattern_type = pattern;
  filter.principal = "User:alice";
  return filter;
}

TEST(Acls, AreAddedListedAndRemoved) {
  GuardedWorld world;
  world.as_operator([](Peer& peer) {
    using enum ErrorCode;
    EXPECT_EQ(create(peer, {creation("a"), creation("a", AclPatternType::literal, AclOperation::write),
                            creation("a", AclPatternType::prefixed), creation("ab"), creation("a")}),
              std::vector(5, none))
        << "what is there already is no error";
    EXPECT_EQ(described(peer), "a:3:4 ab:3 a*:3");
    auto exactly = of_alice();
    exactly.resource_name = "ab";
    EXPECT_EQ(described(peer, exactly), "ab:3");
    exactly.pattern_type = AclPatternType::match;
    EXPECT_EQ(described(peer, exactly), "ab:3 a*:3") << "all that is about the topic ab";
    EXPECT_EQ(removed(peer, filter_of("a", AclPatternType::literal)), "a a");
    EXPECT_EQ(removed(peer, filter_of("a", AclPatternType::literal)), "") << "none is left";
    EXPECT_EQ(described(peer), "ab:3 a*:3");
    EXPECT_EQ(removed(peer, filter_of("ab", AclPatternType::match)), "ab a");
    EXPECT_EQ(described(peer), "");
  });
}

TEST(Acls, WhatNoneCanBeIsRefusedByItself) {
  GuardedWorld world;
  world.as_operator([](Peer& peer) {
    using enum ErrorCode;
    auto cluster = creation("c");
    cluster.resource_type = AclResourceType::cluster;
    auto any = creation("any", AclPatternType::any);
    auto unknown = creation("unknown");
    unknown.operation = AclOperation(99);
    auto nobody = creation("nobody");
    nobody.principal = "alice";
    EXPECT_EQ(create(peer, {creation(""), cluster, any, unknown, nobody, creation("good")}),
              (std::vector{invalid_request, invalid_request, invalid_request, invalid_request, invalid_request, none}));
    EXPECT_EQ(described(peer), "good:3");
    auto wrong = of_alice();
    wrong.operation = AclOperation(99);
    EXPECT_EQ(described(peer, wrong), "INVALID_REQUEST");
    auto filter = filter_of("good", AclPatternType::unknown);
    EXPECT_EQ(removed(peer, filter), "INVALID_REQUEST");
    EXPECT_EQ(described(peer), "good:3");
  });
}

TEST(Acls, OutliveRestarts) {
  GuardedWorld world;
  world.as_operator([](Peer& peer) { create(peer, {creation("kept"), creation("gone")}); });
  world.as_operator([](Peer& peer) { removed(peer, filter_of("gone", AclPatternType::literal)); });
  world.it.restart(false);
  world.as_operator([](Peer& peer) { EXPECT_EQ(described(peer), "kept:3"); });
  world.it.restart(true);
  world.as_operator([](Peer& peer) { EXPECT_EQ(described(peer), "kept:3"); });
}

TEST(Acls, AreNoneWithoutAnAuthorizer) {
  BrokerWorld it;
  it.run([](Host& host) {
    Peer peer(host);
    EXPECT_EQ(create(peer, {creation("a"), creation("b")}), std::vector(2, ErrorCode::security_disabled));
    EXPECT_EQ(described(peer), "SECURITY_DISABLED");
    EXPECT_EQ(removed(peer, filter_of("a", AclPatternType::literal)), "SECURITY_DISABLED");
  });
}

// Brokers of an earlier release could not read them.
TEST(Acls, ComeWithALevelOfTheMetadata) {
  Properties properties{{"authorizer.class.name", std::string(standard_authorizer)}, {"super.users", "User:ANONYMOUS"}};
  BrokerCluster brokers(1, 3, properties);
  FeatureRanges earlier = supported_features();
  for (auto& range : earlier)
    if (range.name == metadata_version) range.max = metadata_with_security - 1;
  for (int id = 1; id <= 3; ++id) {
    brokers.broker(id).kill();
    brokers.features[id] = earlier;
    brokers.start(id);
  }
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([](Host&, ClusterClient& cluster) {
    auto response = ask_controller<CreateAclsResponse>(cluster, CreateAclsRequest{{creation("a")}});
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->results.at(0).error_code, ErrorCode::unsupported_version);
  }));
}

}  // namespace
}  // namespace fulmar
