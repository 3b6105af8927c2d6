// A broker with an authorizer, in a simulated world, and two machines of clients. None is authenticated; access control
// lists tell them apart by their addresses: the operator's may do everything, the stranger's what a test allows it.
#pragma once

#include "broker/protocol/messages/acls.h"
#include "broker/server/config/authorizer_properties.h"
#include "tests/server/broker_test_kit.h"

namespace fulmar {

class GuardedWorld {
 public:
  using Creation = CreateAclsRequest::Creation;

  // `open`: what the operator does before the authorizer guards anything.
  explicit GuardedWorld(Properties properties = {}, unsigned shards = 2)
      : it(with_authorizer(properties), shards), operator_(it.world.add_node("operator")), shards_(shards) {
    std::vector<Creation> all;
    for (auto type : {AclResourceType::topic, AclResourceType::group, AclResourceType::transactional_id})
      all.push_back(allow_all(type, "*"));
    all.push_back(allow_all(AclResourceType::cluster, std::string(acl_cluster_name)));
    as_operator([&](Peer& peer) { add(peer, all); });
    // From now on nobody is a super user.
    properties["authorizer.class.name"] = standard_authorizer;
    properties["listeners"] = "PLAINTEXT://" + to_string(broker_address);
    it.config = BrokerConfig::from(properties).value();
    it.restart(true, shards_);
  }
  ~GuardedWorld() { operator_.kill(); }

  void as_operator(const std::function<void(Peer&)>& body) { run(operator_, body); }
  void as_stranger(const std::function<void(Peer&)>& body) { run(it.client, body); }
  // The stranger and the operator side by side; both on one machine's fiber: `operate` runs on the operator's.
  void from_outside(Host& host, std::function<void()> what) {
    it.world.at(it.world.now(), std::move(what));
    host.clock().sleep_for(milliseconds(1));
  }
  Node& operators_node() { return operator_; }

  Creation to_stranger(AclPermission permission, AclOperation operation, AclResourceType type, std::string name,
                       AclPatternType pattern = AclPatternType::literal) const {
    return {type, std::move(name), pattern, "User:ANONYMOUS", it.client.address(), operation, permission};
  }
  Creation allow(AclOperation operation, AclResourceType type, std::string name,
                 AclPatternType pattern = AclPatternType::literal) const {
    return to_stranger(AclPermission::allow, operation, type, std::move(name), pattern);
  }
  void grant(const std::vector<Creation>& creations) {
    as_operator([&](Peer& peer) { add(peer, creations); });
  }
  // Removes all entries that are about the stranger's machine.
  void withdraw_all() {
    as_operator([&](Peer& peer) { withdraw_all(peer); });
  }
  void withdraw_all(Peer& peer) const {
    DeleteAclsRequest request;
    request.filters.emplace_back();
    request.filters.back().pattern_type = AclPatternType::any;
    request.filters.back().host = it.client.address();
    auto response = peer.call<DeleteAclsResponse>(request, 3);
    EXPECT_EQ(response.results.at(0).error_code, ErrorCode::none);
  }
  static void add(Peer& peer, const std::vector<Creation>& creations) {
    auto response = peer.call<CreateAclsResponse>(CreateAclsRequest{creations}, 3);
    ASSERT_EQ(response.results.size(), creations.size());
    for (const auto& result : response.results)
      EXPECT_EQ(result.error_code, ErrorCode::none) << result.error_message.value_or("");
  }

  BrokerWorld it;

 private:
  static Properties with_authorizer(Properties properties) {
    properties["authorizer.class.name"] = standard_authorizer;
    properties["super.users"] = "User:ANONYMOUS";
    return properties;
  }
  Creation allow_all(AclResourceType type, std::string name) const {
    return {type,
            std::move(name),
            AclPatternType::literal,
            "User:ANONYMOUS",
            operator_.address(),
            AclOperation::all,
            AclPermission::allow};
  }
  void run(Node& node, const std::function<void(Peer&)>& body) {
    node.start(1, [&body](Host& host) {
      Peer peer(host);
      body(peer);
      return 0;
    });
    EXPECT_TRUE(it.world.run_until([&] { return !node.running(); }, it.world.now() + seconds(600))) << "stuck";
    node.kill();
  }

  Node& operator_;
  const unsigned shards_;
};

}  // namespace fulmar
