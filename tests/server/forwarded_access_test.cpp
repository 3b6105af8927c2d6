// A client's request that its broker forwards to the controller: the controller decides, by whose it is.
#include "broker/protocol/messages/acls.h"
#include "broker/security/acl.h"
#include "broker/server/config/authorizer_properties.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

using enum ErrorCode;
using AclResourceType::topic;

// The controller decides about a request that another broker has forwarded, by whose it is.
TEST(ForwardedAccess, IsDecidedByTheClientOfTheRequest) {
  Properties properties{{"authorizer.class.name", std::string(standard_authorizer)},
                        {"super.users", "User:nobody"},
                        {"allow.everyone.if.no.acl.found", "true"}};
  BrokerCluster brokers(1, 3, properties);
  ASSERT_TRUE(brokers.all_ready());
  // To make topics of these names is for an address that nobody has.
  ASSERT_TRUE(brokers.as_client([](Host&, ClusterClient& cluster) {
    CreateAclsRequest guard;
    guard.creations = {{topic, "guarded", AclPatternType::prefixed, "User:ANONYMOUS", "10.9.9.9", AclOperation::create,
                        AclPermission::allow},
                       {AclResourceType::cluster, std::string(acl_cluster_name), AclPatternType::literal,
                        "User:ANONYMOUS", "*", AclOperation::alter, AclPermission::allow}};
    auto response = ask_controller<CreateAclsResponse>(cluster, guard);
    ASSERT_TRUE(response.has_value());
    for (const auto& result : response->results) EXPECT_EQ(result.error_code, none);
  }));
  brokers.world.run_for(seconds(2));
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    for (int id = 1; id <= 3; ++id) {
      auto connection = cluster.broker(id, host.clock().deadline_in(seconds(10)));
      ASSERT_TRUE(connection.has_value());
      CreateTopicsRequest request;
      request.timeout_ms = 5000;
      request.topics = {{"guarded-" + std::to_string(id), 1, 1, {}, {}}};
      auto response = (*connection)->call<CreateTopicsResponse>(request, host.clock().deadline_in(seconds(20)));
      ASSERT_TRUE(response.has_value());
      EXPECT_EQ(response->topics.at(0).error_code, topic_authorization_failed) << "asked of broker " << id;
    }
  }));
}

}  // namespace
}  // namespace fulmar
