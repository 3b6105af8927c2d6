// Bindings of access control lists, and filters of them.
#include "broker/security/acl.h"

#include <gtest/gtest.h>

namespace fulmar {
namespace {

const AclBinding good{AclResourceType::topic, AclPatternType::literal, "t", "User:alice", "*",
                      AclOperation::read,     AclPermission::allow};

template <class Change>
std::string refusal(Change&& change) {
  auto acl = good;
  change(acl);
  auto checked = check_acl(acl);
  return checked ? "" : checked.error().detail;
}

TEST(Acl, WhatNoBindingCanBeIsRefusedInKafkasWords) {
  EXPECT_EQ(refusal([](auto&) {}), "");
  EXPECT_EQ(refusal([](auto& acl) { acl.type = AclResourceType::any; }), "Invalid resourceType ANY");
  EXPECT_EQ(refusal([](auto& acl) { acl.type = AclResourceType(8); }), "Invalid resourceType 8");
  EXPECT_EQ(refusal([](auto& acl) { acl.type = AclResourceType(-1); }), "Invalid resourceType -1");
  EXPECT_EQ(refusal([](auto& acl) { acl.pattern = AclPatternType::match; }), "Invalid patternType MATCH");
  EXPECT_EQ(refusal([](auto& acl) { acl.operation = AclOperation::any; }), "Invalid operation ANY");
  EXPECT_EQ(refusal([](auto& acl) { acl.operation = AclOperation(16); }), "Invalid operation 16");
  EXPECT_EQ(refusal([](auto& acl) { acl.permission = AclPermission::any; }), "Invalid permissionType ANY");
  EXPECT_EQ(refusal([](auto& acl) { acl.name.clear(); }), "Resource name should not be empty");
  EXPECT_EQ(refusal([](auto& acl) { acl.type = AclResourceType::cluster; }),
            "The only valid name for the CLUSTER resource is kafka-cluster");
  EXPECT_NE(refusal([](auto& acl) { acl.principal = "alice"; }), "");
  EXPECT_NE(refusal([](auto& acl) { acl.host.clear(); }), "");
  EXPECT_NE(refusal([](auto& acl) { acl.name = "\xff"; }), "") << "stored and sent to others, as text";
  EXPECT_NE(refusal([](auto& acl) { acl.name.assign(acl_text_bytes_max + 1, 'x'); }), "");
  EXPECT_EQ(refusal([](auto& acl) { acl.name.assign(acl_text_bytes_max, 'x'); }), "");
}

TEST(Acl, NamesAreKafkas) {
  EXPECT_EQ(to_string(AclOperation::idempotent_write), "IDEMPOTENT_WRITE");
  EXPECT_EQ(to_string(AclOperation::remove), "DELETE");
  EXPECT_EQ(to_string(AclOperation::two_phase_commit), "TWO_PHASE_COMMIT");
  EXPECT_EQ(to_string(AclOperation(77)), "UNKNOWN");
  for (int number = 1; number <= 15; ++number)
    EXPECT_EQ(parse_acl_operation(to_string(AclOperation(number))), AclOperation(number));
  for (int number = 1; number <= 7; ++number)
    EXPECT_EQ(parse_acl_resource_type(to_string(AclResourceType(number))), AclResourceType(number));
  EXPECT_EQ(parse_acl_pattern_type("prefixed"), AclPatternType::prefixed);
  EXPECT_EQ(parse_acl_operation("AlterConfigs"), AclOperation::alter_configs) << "as kafka-acls has it";
  EXPECT_EQ(parse_acl_operation("UNKNOWN"), std::nullopt);
  EXPECT_EQ(parse_acl_operation("fly"), std::nullopt);
}

// ResourcePatternFilter and AccessControlEntryFilter of Kafka's clients (KIP-290).
TEST(AclFilter, MatchesByEachOfItsParts) {
  auto matches = [](AclFilter filter, const AclBinding& acl = good) { return filter.matches(acl); };
  EXPECT_TRUE(matches({}));
  EXPECT_TRUE(matches({.type = AclResourceType::topic}));
  EXPECT_FALSE(matches({.type = AclResourceType::group}));
  EXPECT_TRUE(matches({.principal = "User:alice"}));
  EXPECT_FALSE(matches({.principal = "User:*"})) << "names bindings of everybody, not all bindings";
  EXPECT_FALSE(matches({.host = "10.0.0.1"})) << "likewise";
  EXPECT_FALSE(matches({.operation = AclOperation::all}));
  EXPECT_FALSE(matches({.permission = AclPermission::deny}));
  EXPECT_TRUE(matches({.name = "t"}));
  EXPECT_FALSE(matches({.name = "tt"}));

  auto prefixed = good;
  prefixed.pattern = AclPatternType::prefixed;
  auto everything = good;
  everything.name = "*";
  AclFilter filter{.pattern = AclPatternType::match, .name = "tt"};
  EXPECT_FALSE(filter.matches(good));
  EXPECT_TRUE(filter.matches(prefixed)) << "tt begins with t";
  EXPECT_TRUE(filter.matches(everything));
  filter.pattern = AclPatternType::any;
  EXPECT_FALSE(filter.matches(prefixed)) << "another name";
  EXPECT_FALSE(filter.matches(everything));
  filter = {.pattern = AclPatternType::prefixed, .name = "t"};
  EXPECT_TRUE(filter.matches(prefixed));
  EXPECT_FALSE(filter.matches(good));

  EXPECT_TRUE(check_acl_filter(filter));
  EXPECT_FALSE(check_acl_filter({.pattern = AclPatternType::unknown}));
  EXPECT_FALSE(check_acl_filter({.operation = AclOperation(99)}));
}

}  // namespace
}  // namespace fulmar
