// What the console changes, seen by another client of the cluster.
#include <gmock/gmock.h>

#include "broker/client/acl_admin.h"
#include "broker/client/config_admin.h"
#include "broker/client/group_admin.h"
#include "broker/client/group_consumer.h"
#include "tests/console/console_kit.h"

namespace fulmar {
namespace {

using testing::HasSubstr;

std::size_t partitions_of(ClusterClient& cluster, const std::string& topic) {
  auto found = cluster.topic(topic);
  return found ? found->partitions.size() : 0;
}

// "" unless it is set on the topic.
std::string set_on(ClusterClient& cluster, const std::string& topic, const std::string& name) {
  const auto configs = effective_topic_configs(cluster, topic).value();
  for (const auto& config : configs)
    if (config.name == name && config.from == "topic") return config.value.value_or("");
  return "";
}

TEST(ConsoleChanges, TopicsAreCreatedAlteredAndDeleted) {
  ConsoleCluster it(21, 3, with_changes());
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    auto made = it.changed(host, "create-topic",
                           {{"topic", "orders"},
                            {"partitions", 4},
                            {"replication_factor", 2},
                            {"configs", {{"retention.ms", "3600000"}, {"cleanup.policy", "compact"}}}});
    EXPECT_EQ(made["done"], "created topic orders: 4 partitions, replication factor 2");
    EXPECT_EQ(partitions_of(cluster, "orders"), 4u);
    EXPECT_EQ(set_on(cluster, "orders", "retention.ms"), "3600000");
    EXPECT_EQ(set_on(cluster, "orders", "cleanup.policy"), "compact");
    // What is not said is the cluster's default.
    EXPECT_EQ(it.changed(host, "create-topic", {{"topic", "plain"}})["done"],
              "created topic plain: 1 partition, replication factor 3");

    it.changed(host, "alter-topic",
               {{"topic", "orders"}, {"set", {{"retention.ms", "7200000"}}}, {"unset", {"cleanup.policy"}}});
    host.clock().sleep_for(seconds(1));  // until every broker knows it
    EXPECT_EQ(set_on(cluster, "orders", "retention.ms"), "7200000");
    EXPECT_EQ(set_on(cluster, "orders", "cleanup.policy"), "");

    EXPECT_EQ(it.changed(host, "add-partitions", {{"topic", "orders"}, {"partitions", 6}})["done"],
              "topic orders has 6 partitions now");
    EXPECT_EQ(partitions_of(cluster, "orders"), 6u);

    EXPECT_EQ(it.changed(host, "delete-topic", {{"topic", "orders"}})["done"], "deleted topic orders");
    EXPECT_EQ(it.refusal(host, "topics/orders", 404), "UNKNOWN_TOPIC_OR_PARTITION: there is no topic orders");
    EXPECT_EQ(partitions_of(cluster, "plain"), 1u) << "and no other";
  }));
}

TEST(ConsoleChanges, WhatTheClusterRefusesIsSaidInItsWords) {
  ConsoleCluster it(22, 1, with_changes());
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 2, 1);
    EXPECT_EQ(it.unchanged(host, "create-topic", {{"topic", "t"}, {"partitions", 1}, {"replication_factor", 1}}, 409),
              "TOPIC_ALREADY_EXISTS: Topic 't' already exists.");
    EXPECT_THAT(it.unchanged(host, "create-topic", {{"topic", "a b"}, {"replication_factor", 1}}, 400),
                HasSubstr("INVALID_TOPIC_EXCEPTION"));
    EXPECT_THAT(it.unchanged(host, "create-topic", {{"topic", "u"}, {"replication_factor", 2}}, 400),
                HasSubstr("INVALID_REPLICATION_FACTOR"));
    EXPECT_THAT(it.unchanged(host, "create-topic",
                             {{"topic", "u"}, {"replication_factor", 1}, {"configs", {{"retention.ms", "soon"}}}}, 400),
                HasSubstr("INVALID_CONFIG: Invalid value soon for configuration retention.ms"));
    EXPECT_EQ(partitions_of(cluster, "u"), 0u);
    EXPECT_THAT(it.unchanged(host, "add-partitions", {{"topic", "t"}, {"partitions", 2}}, 400),
                HasSubstr("INVALID_PARTITIONS"));
    EXPECT_THAT(it.unchanged(host, "alter-topic", {{"topic", "t"}, {"set", {{"no.such", "1"}}}}, 400),
                HasSubstr("INVALID_CONFIG"));
    EXPECT_THAT(it.unchanged(host, "delete-topic", {{"topic", "u"}}, 404), HasSubstr("there is no topic u"));
    EXPECT_THAT(it.unchanged(host, "delete-group", {{"group", "g"}}, 404), HasSubstr("GROUP_ID_NOT_FOUND"));
    EXPECT_THAT(it.unchanged(host, "reset-offsets", {{"group", "g"}, {"to", "earliest"}}, 400),
                HasSubstr("group g has committed nothing"));
    EXPECT_THAT(it.unchanged(host, "elect-leaders", {{"topic", "u"}}, 404), HasSubstr("there is no topic u"));
    EXPECT_THAT(it.unchanged(host, "add-acl",
                             {{"type", "TOPIC"},
                              {"pattern", "LITERAL"},
                              {"name", "t"},
                              {"principal", "User:alice"},
                              {"host", "*"},
                              {"operation", "READ"},
                              {"permission", "ALLOW"}},
                             409),
                HasSubstr("SECURITY_DISABLED"));
    EXPECT_EQ(it.shown(host, "acls")["authorizer"], false);
    auto said = Shown::parse(it.change(host, "delete-topic", {{"topic", "u"}}).body);
    EXPECT_EQ(said["code"], "UNKNOWN_TOPIC_OR_PARTITION");
  }));
}

TEST(ConsoleChanges, PreferredLeadersAreElected) {
  ConsoleCluster it(23, 3, with_changes({{"auto.leader.rebalance.enable", "false"}}));
  ASSERT_TRUE(it.brokers.all_ready());
  auto leads = [&](ClusterClient& cluster, std::int32_t broker) {
    auto topic = cluster.topic("t");
    std::size_t count = 0;
    if (topic)
      for (const auto& partition : topic->partitions) count += partition.leader_id == broker;
    return count;
  };
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    it.changed(host, "create-topic", {{"topic", "t"}, {"partitions", 6}});
    EXPECT_EQ(leads(cluster, 2), 2u);
  }));
  it.brokers.broker(2).kill();
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    for (int tries = 0; tries < 600 && leads(cluster, 1) + leads(cluster, 3) < 6; ++tries)
      host.clock().sleep_for(milliseconds(100));
    EXPECT_EQ(leads(cluster, 2), 0u);
  }));
  it.brokers.start(2);
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    auto one = it.changed(host, "elect-leaders", {{"topic", "t"}, {"partition", 0}});
    EXPECT_EQ(one["elected"].get<int>() + one["not_needed"].get<int>(), 1) << one.dump();
    auto all = it.changed(host, "elect-leaders", Shown::object());
    EXPECT_EQ(all["failed"], 0) << all.dump();
    EXPECT_GE(all["elected"].get<int>() + one["elected"].get<int>(), 2) << all.dump();
    for (int tries = 0; tries < 600 && leads(cluster, 2) < 2; ++tries) host.clock().sleep_for(milliseconds(100));
    EXPECT_EQ(leads(cluster, 2), 2u);
  }));
}

TEST(ConsoleChanges, AGroupGoesOnElsewhereAndIsDeletedUnlessItHasMembers) {
  ConsoleCluster it(24, 1, with_changes());
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 2, 1);
    Producer producer(host, cluster, {});
    for (int n = 0; n < 10; ++n)
      ASSERT_EQ(producer.send("t", n % 2, {{std::nullopt, "x", World::epoch_ms + n, {}}}).outcome,
                Delivery::Outcome::ok);
    ASSERT_TRUE(commit_offsets(cluster, "g", {{{"t", 0}, 4}}));
    auto committed = [&] { return committed_offsets(cluster, "g").value(); };

    auto preview = it.changed(host, "reset-offsets", {{"group", "g"}, {"to", "earliest"}, {"preview", true}});
    EXPECT_EQ(preview["partitions"][0]["before"], 4);
    EXPECT_EQ(preview["partitions"][0]["after"], 0);
    EXPECT_EQ(committed(), (GroupOffsets{{{"t", 0}, 4}})) << "it is only shown";
    it.changed(host, "reset-offsets", {{"group", "g"}, {"to", "earliest"}});
    EXPECT_EQ(committed(), (GroupOffsets{{{"t", 0}, 0}}));
    it.changed(host, "reset-offsets", {{"group", "g"}, {"to", "99"}, {"topic", "t"}});
    EXPECT_EQ(committed(), (GroupOffsets{{{"t", 0}, 5}, {{"t", 1}, 5}})) << "no further than there are records";
    it.changed(host, "reset-offsets", {{"group", "g"}, {"to", "2"}, {"topic", "t"}, {"partition", 1}});
    EXPECT_EQ(committed(), (GroupOffsets{{{"t", 0}, 5}, {{"t", 1}, 2}}));
    it.changed(host, "reset-offsets", {{"group", "g"}, {"to", "time:" + std::to_string(World::epoch_ms + 4)}});
    EXPECT_EQ(committed(), (GroupOffsets{{{"t", 0}, 2}, {{"t", 1}, 2}}));
    it.changed(host, "reset-offsets", {{"group", "g"}, {"to", "latest"}});
    EXPECT_EQ(committed(), (GroupOffsets{{{"t", 0}, 5}, {{"t", 1}, 5}}));

    // While somebody reads, neither.
    GroupConsumerOptions options;
    options.group = "g";
    options.topics = {"t"};
    GroupConsumer member(host, cluster, options);
    ASSERT_TRUE(member.next(true)) << "it has joined, and read to the end";
    EXPECT_EQ(it.shown(host, "groups/g")["state"], "Stable");
    const auto before = committed();
    EXPECT_THAT(it.unchanged(host, "reset-offsets", {{"group", "g"}, {"to", "earliest"}}, 409),
                HasSubstr("UNKNOWN_MEMBER_ID"));
    EXPECT_THAT(it.unchanged(host, "delete-group", {{"group", "g"}}, 409), HasSubstr("NON_EMPTY_GROUP"));
    EXPECT_EQ(committed(), before);
    ASSERT_TRUE(member.close());
    EXPECT_EQ(it.changed(host, "delete-group", {{"group", "g"}})["done"], "deleted group g");
    EXPECT_TRUE(committed().empty());
  }));
}

Shown entry(const std::string& principal, const std::string& operation) {
  return {{"type", "TOPIC"},    {"pattern", "PREFIXED"},  {"name", "logs-"},     {"principal", principal},
          {"host", "10.0.0.1"}, {"operation", operation}, {"permission", "DENY"}};
}

TEST(ConsoleChanges, EntriesOfAccessControlListsAreAddedShownAndRemoved) {
  ConsoleCluster it(25, 1,
                    with_changes({{"authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"},
                                  {"super.users", "User:ANONYMOUS"}}));
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    it.changed(host, "add-acl", entry("User:alice", "READ"));
    EXPECT_EQ(it.changed(host, "add-acl", entry("User:bob", "AlterConfigs"))["done"],
              "added: User:bob from host 10.0.0.1 may not ALTER_CONFIGS TOPIC PREFIXED logs-");
    auto acls = list_acls(cluster, {});
    ASSERT_TRUE(acls);
    ASSERT_EQ(acls->size(), 2u);
    EXPECT_EQ(acls->front(), (AclBinding{AclResourceType::topic, AclPatternType::prefixed, "logs-", "User:alice",
                                         "10.0.0.1", AclOperation::read, AclPermission::deny}));
    auto shown = it.shown(host, "acls?match=BOB");
    EXPECT_EQ(shown["authorizer"], true);
    EXPECT_EQ(shown["total"], 2);
    ASSERT_EQ(shown["acls"].size(), 1u);
    // What is shown is what removes it.
    it.changed(host, "remove-acl", shown["acls"][0]);
    acls = list_acls(cluster, {});
    ASSERT_TRUE(acls);
    ASSERT_EQ(acls->size(), 1u);
    EXPECT_EQ(acls->front().principal, "User:alice");
    EXPECT_THAT(it.unchanged(host, "remove-acl", shown["acls"][0], 404), HasSubstr("there is no such entry"));
  }));
}

}  // namespace
}  // namespace fulmar
