// Decisions by access control lists: Kafka's documented rules, and every decision against a model that looks at all
// bindings.
#include "broker/security/authorizer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace fulmar {
namespace {

using AclPatternType::literal;
using AclPatternType::prefixed;
using AclResourceType::group;
using AclResourceType::topic;
using AclResourceType::transactional_id;
using Operation = AclOperation;

AclBinding binding(AclPermission permission, std::string principal, Operation operation, AclResourceType type,
                   AclPatternType pattern, std::string name, std::string host = "*") {
  return {type, pattern, std::move(name), std::move(principal), std::move(host), operation, permission};
}
AclBinding allow(std::string principal, Operation operation, std::string name, AclPatternType pattern = literal) {
  return binding(AclPermission::allow, std::move(principal), operation, topic, pattern, std::move(name));
}
AclBinding deny(std::string principal, Operation operation, std::string name, AclPatternType pattern = literal) {
  return binding(AclPermission::deny, std::move(principal), operation, topic, pattern, std::move(name));
}

struct Cluster {
  explicit Cluster(const std::vector<AclBinding>& bindings, bool unguarded_is_allowed = false) {
    settings.enabled = true;
    settings.super_users = {{"User", "root"}};
    settings.unguarded_is_allowed = unguarded_is_allowed;
    for (const auto& acl : bindings) acls.add(acl);
  }
  Authorizer of(const std::string& user, const std::string& host = "10.0.0.1") const {
    return {settings, acls, {"User", user}, host};
  }
  bool may(const std::string& user, Operation operation, std::string_view name,
           const std::string& host = "10.0.0.1") const {
    return of(user, host).allows(operation, topic, name);
  }

  AuthorizerSettings settings;
  AclSet acls;
};

TEST(Authorizer, NobodyMayDoAnythingUnlessAllowed) {
  Cluster cluster({allow("User:alice", Operation::read, "t")});
  EXPECT_TRUE(cluster.may("alice", Operation::read, "t"));
  EXPECT_FALSE(cluster.may("alice", Operation::write, "t"));
  EXPECT_FALSE(cluster.may("bob", Operation::read, "t"));
  EXPECT_FALSE(cluster.may("alice", Operation::read, "tt"));
  EXPECT_FALSE(cluster.of("alice").allows(Operation::read, group, "t")) << "a resource of another type";
  EXPECT_TRUE(cluster.may("root", Operation::write, "t")) << "a super user";
  EXPECT_TRUE(cluster.of("root").allows_everything());
}

TEST(Authorizer, WithoutAnAuthorizerEverybodyMayDoEverything) {
  AuthorizerSettings off;
  AclSet acls;
  acls.add(deny("User:*", Operation::all, "*"));
  EXPECT_TRUE(Authorizer(off, acls, Principal{}, "h").allows(Operation::write, topic, "t"));
  EXPECT_TRUE(Authorizer(off, acls, Principal{}, "h").allows_on_some(Operation::write, topic));
  EXPECT_TRUE(Authorizer::of_broker().allows_on_cluster(Operation::cluster_action));
}

TEST(Authorizer, WhatDeniesGoesBeforeAllThatAllows) {
  for (const auto& denial :
       {deny("User:alice", Operation::read, "logs-a"), deny("User:*", Operation::read, "logs-a"),
        deny("User:alice", Operation::all, "logs-a"), deny("User:alice", Operation::read, "*"),
        deny("User:alice", Operation::read, "logs", prefixed), deny("User:alice", Operation::read, "l", prefixed)}) {
    Cluster cluster({allow("User:alice", Operation::read, "logs-a"), allow("User:alice", Operation::all, "*"),
                     allow("User:*", Operation::read, "logs-a", prefixed), denial});
    EXPECT_FALSE(cluster.may("alice", Operation::read, "logs-a")) << to_string(denial);
    EXPECT_TRUE(cluster.may("root", Operation::read, "logs-a")) << "what denies does not bind super users";
  }
}

TEST(Authorizer, AllowsByPatternPrincipalAndHost) {
  Cluster cluster({allow("User:*", Operation::read, "public"), allow("User:alice", Operation::write, "*"),
                   allow("User:bob", Operation::read, "team-b-", prefixed),
                   allow("User:bob", Operation::read, "team-b-x", prefixed),
                   binding(AclPermission::allow, "User:carol", Operation::read, topic, literal, "near", "10.0.0.1"),
                   binding(AclPermission::deny, "User:alice", Operation::write, topic, literal, "far", "10.0.0.9")});
  EXPECT_TRUE(cluster.may("anybody", Operation::read, "public"));
  EXPECT_TRUE(cluster.may("alice", Operation::write, "whatever"));
  EXPECT_TRUE(cluster.may("bob", Operation::read, "team-b-"));
  EXPECT_TRUE(cluster.may("bob", Operation::read, "team-b-1"));
  EXPECT_TRUE(cluster.may("bob", Operation::read, "team-b-w")) << "a longer pattern follows in the order";
  EXPECT_FALSE(cluster.may("bob", Operation::read, "team-b"));
  EXPECT_FALSE(cluster.may("bob", Operation::read, "team-c-1"));
  EXPECT_TRUE(cluster.may("carol", Operation::read, "near", "10.0.0.1"));
  EXPECT_FALSE(cluster.may("carol", Operation::read, "near", "10.0.0.2"));
  EXPECT_FALSE(cluster.may("alice", Operation::write, "far", "10.0.0.9"));
  EXPECT_TRUE(cluster.may("alice", Operation::write, "far", "10.0.0.1"));
}

// "The operations READ, WRITE, DELETE and ALTER imply DESCRIBE; ALTER_CONFIGS implies DESCRIBE_CONFIGS", and to deny
// one implies nothing.
TEST(Authorizer, WhoMayChangeOrReadMayDescribe) {
  using enum AclOperation;
  for (auto operation : {read, write, remove, alter, describe, all}) {
    EXPECT_TRUE(Cluster({allow("User:alice", operation, "t")}).may("alice", describe, "t")) << int(operation);
    Cluster mixed({allow("User:alice", describe, "t"), deny("User:alice", operation, "t")});
    EXPECT_EQ(mixed.may("alice", describe, "t"), operation != describe && operation != all) << int(operation);
  }
  for (auto operation : {create, alter_configs, describe_configs, cluster_action, idempotent_write})
    EXPECT_FALSE(Cluster({allow("User:alice", operation, "t")}).may("alice", describe, "t")) << int(operation);
  EXPECT_TRUE(Cluster({allow("User:alice", alter_configs, "t")}).may("alice", describe_configs, "t"));
  EXPECT_FALSE(Cluster({allow("User:alice", alter, "t")}).may("alice", describe_configs, "t"));
  EXPECT_FALSE(Cluster({allow("User:alice", describe, "t")}).may("alice", read, "t"));
}

// allow.everyone.if.no.acl.found: about the resource, not about the principal.
TEST(Authorizer, WhatNoBindingIsAboutMayBeForEverybody) {
  std::vector<AclBinding> some{allow("User:alice", Operation::read, "guarded"),
                               allow("User:alice", Operation::read, "team-", prefixed)};
  Cluster open(some, true);
  EXPECT_TRUE(open.may("bob", Operation::write, "free"));
  EXPECT_FALSE(open.may("bob", Operation::write, "guarded"));
  EXPECT_FALSE(open.may("bob", Operation::write, "team-x"));
  EXPECT_TRUE(open.may("bob", Operation::write, "team"));
  EXPECT_FALSE(Cluster(some, false).may("bob", Operation::write, "free"));
  some.push_back(deny("User:carol", Operation::read, "*"));
  EXPECT_FALSE(Cluster(some, true).may("bob", Operation::write, "free")) << "this one is about every topic";
}

// KIP-679: what InitProducerId asks of a client that is not transactional.
TEST(Authorizer, SomeResourceIsEnough) {
  auto may = [](const std::vector<AclBinding>& bindings) {
    return Cluster(bindings).of("alice").allows_on_some(Operation::write, topic);
  };
  EXPECT_FALSE(may({}));
  EXPECT_TRUE(may({allow("User:alice", Operation::write, "t")}));
  EXPECT_FALSE(may({allow("User:alice", Operation::read, "t")}));
  EXPECT_FALSE(may({allow("User:bob", Operation::write, "t")}));
  EXPECT_FALSE(may({allow("User:alice", Operation::write, "t"), deny("User:*", Operation::all, "*")}));
  EXPECT_FALSE(may({allow("User:alice", Operation::write, "t"), deny("User:alice", Operation::write, "t")}));
  EXPECT_FALSE(
      may({allow("User:alice", Operation::write, "table"), deny("User:alice", Operation::write, "ta", prefixed)}));
  EXPECT_FALSE(may(
      {allow("User:alice", Operation::write, "ta", prefixed), deny("User:alice", Operation::write, "t", prefixed)}));
  EXPECT_TRUE(may(
      {allow("User:alice", Operation::write, "t", prefixed), deny("User:alice", Operation::write, "ta", prefixed)}));
  EXPECT_TRUE(may({allow("User:alice", Operation::write, "ta", prefixed), deny("User:alice", Operation::write, "ta")}));
  EXPECT_TRUE(may({allow("User:*", Operation::all, "*"), deny("User:alice", Operation::write, "t", prefixed)}));
  EXPECT_TRUE(Cluster({}).of("root").allows_on_some(Operation::write, topic));
  EXPECT_TRUE(Cluster({}, true).of("alice").allows_on_some(Operation::write, topic));
}

TEST(Authorizer, AllowedOperationsAreBits) {
  Cluster cluster({allow("User:alice", Operation::write, "t"), allow("User:alice", Operation::alter_configs, "t")});
  const std::int32_t all = 0x1ff8;  // READ to IDEMPOTENT_WRITE
  EXPECT_EQ(cluster.of("alice").allowed_bits(all, topic, "t"), 1 << 4 | 1 << 8 | 1 << 10 | 1 << 11);
  EXPECT_EQ(cluster.of("alice").allowed_bits(1 << 3, topic, "t"), 0);
  EXPECT_EQ(cluster.of("bob").allowed_bits(all, topic, "t"), 0);
  EXPECT_EQ(cluster.of("root").allowed_bits(all, topic, "t"), all);
}

// The model: looks at every binding.

bool applies(const AclBinding& acl, AclResourceType type, const std::string& name) {
  if (acl.type != type) return false;
  return acl.pattern == prefixed ? name.starts_with(acl.name) : acl.name == name || acl.name == "*";
}

bool model_allows(const std::vector<AclBinding>& bindings, const std::string& user, const std::string& host,
                  Operation operation, AclResourceType type, const std::string& name, bool unguarded_is_allowed) {
  bool guarded = false;
  bool allowed = false;
  bool denied = false;
  for (const auto& acl : bindings) {
    if (!applies(acl, type, name)) continue;
    guarded = true;
    if (acl.principal != "User:" + user && acl.principal != "User:*") continue;
    if (acl.host != "*" && acl.host != host) continue;
    bool exact = acl.operation == operation || acl.operation == Operation::all;
    std::vector<Operation> implying;
    if (operation == Operation::describe)
      implying = {Operation::read, Operation::write, Operation::remove, Operation::alter};
    if (operation == Operation::describe_configs) implying = {Operation::alter_configs};
    if (acl.permission == AclPermission::deny)
      denied = denied || exact;
    else
      allowed = allowed || exact || std::ranges::count(implying, acl.operation) > 0;
  }
  if (denied) return false;
  return allowed || (!guarded && unguarded_is_allowed);
}

rc::Gen<std::string> short_name() {
  return rc::gen::container<std::string>(rc::gen::element('a', 'b'));
}

AclBinding random_binding() {
  auto name = *rc::gen::oneOf(rc::gen::just<std::string>("*"), rc::gen::nonEmpty(short_name()));
  return {*rc::gen::element(topic, group),
          *rc::gen::element(literal, prefixed),
          name,
          *rc::gen::element<std::string>("User:alice", "User:bob", "User:*"),
          *rc::gen::element<std::string>("*", "here", "there"),
          static_cast<Operation>(*rc::gen::inRange(2, 13)),
          *rc::gen::weightedElement<AclPermission>({{3, AclPermission::allow}, {1, AclPermission::deny}})};
}

RC_GTEST_PROP(Authorizer, DecidesAsAModelThatLooksAtEveryBinding, ()) {
  const bool unguarded_is_allowed = *rc::gen::arbitrary<bool>();
  std::vector<AclBinding> bindings;
  Cluster cluster({}, unguarded_is_allowed);
  const auto count = *rc::gen::inRange(0, 40);
  for (int i = 0; i < count; ++i) {
    bindings.push_back(random_binding());
    cluster.acls.add(bindings.back());
  }
  const auto removed = *rc::gen::inRange(0, count + 1);
  for (int i = 0; i < removed; ++i) {
    auto gone = bindings.back();
    std::erase(bindings, gone);
    cluster.acls.remove(gone);
    if (bindings.empty()) break;
  }
  for (int i = 0; i < 30; ++i) {
    const auto user = *rc::gen::element<std::string>("alice", "bob", "carol");
    const auto host = *rc::gen::element<std::string>("here", "there", "elsewhere");
    const auto operation = static_cast<Operation>(*rc::gen::inRange(3, 13));
    const auto type = *rc::gen::element(topic, group, transactional_id);
    const auto name = *rc::gen::oneOf(rc::gen::nonEmpty(short_name()), rc::gen::just<std::string>("*b"));
    RC_ASSERT(cluster.of(user, host).allows(operation, type, name) ==
              model_allows(bindings, user, host, operation, type, name, unguarded_is_allowed));
  }
}

}  // namespace
}  // namespace fulmar
