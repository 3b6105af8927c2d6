// Changes that the console must not make: where they are not enabled, from pages of other sites, without the token,
// with bodies that say something else, and what access control lists do not allow.
#include <gmock/gmock.h>

#include "broker/client/acl_admin.h"
#include "broker/client/config_admin.h"
#include "broker/client/group_admin.h"
#include "broker/server/broker_with_admin.h"
#include "tests/console/console_kit.h"
#include "tests/server/broker_test_kit.h"

namespace fulmar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Shown new_topic{{"topic", "made"}, {"partitions", 1}, {"replication_factor", 1}};

std::vector<std::string> topics_of(ClusterClient& cluster) {
  std::vector<std::string> names;
  const auto metadata = cluster.metadata(std::nullopt).value();
  for (const auto& topic : metadata.topics) names.push_back(topic.name.value_or(""));
  return names;
}

TEST(RefusedChanges, AllUnlessTheyAreEnabled) {
  ConsoleCluster it(31, 1);
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    EXPECT_THAT(it.unchanged(host, "create-topic", new_topic, 403), HasSubstr("admin.http.console.changes"));
    EXPECT_EQ(it.shown(host, "permissions"), (Shown{{"changes", false}}));
    EXPECT_THAT(topics_of(cluster), IsEmpty());
  }));
}

TEST(RefusedChanges, TheyAreNotEnabledForEverybodyOnANetwork) {
  auto why_not = [](Properties properties) {
    properties.emplace("admin.http.console.changes", "true");
    auto settings = AdminSettings::from(properties);
    return settings ? "" : settings.error().detail;
  };
  const Properties open{{"admin.http.listener", "0.0.0.0:1"}, {"admin.http.console", "true"}};
  auto with = [&](Properties more) {
    more.insert(open.begin(), open.end());
    return more;
  };
  EXPECT_THAT(why_not({{"admin.http.listener", "127.0.0.1:1"}}), HasSubstr("needs admin.http.console"));
  EXPECT_THAT(why_not(open), HasSubstr("needs admin.http.token.file"));
  for (const auto* host : {"", "10.0.0.1", "127.evil.example", "broker1"})
    EXPECT_NE(why_not({{"admin.http.listener", std::string(host) + ":1"}, {"admin.http.console", "true"}}), "") << host;
  for (const auto* host : {"127.0.0.1", "127.1.2.3", "localhost", "[::1]"})
    EXPECT_EQ(why_not({{"admin.http.listener", std::string(host) + ":1"}, {"admin.http.console", "true"}}), "") << host;
  EXPECT_EQ(why_not(with({{"admin.http.token.file", "/etc/token"}})), "");
  const Properties tls{{"admin.http.listener", "https://0.0.0.0:1"},
                       {"admin.http.ssl.keystore.type", "PEM"},
                       {"admin.http.ssl.keystore.location", "/etc/key.pem"},
                       {"admin.http.ssl.truststore.type", "PEM"},
                       {"admin.http.ssl.truststore.location", "/etc/trust.pem"}};
  EXPECT_NE(why_not(with(tls)), "") << "TLS alone lets everybody in";
  auto mutual = tls;
  mutual["admin.http.ssl.client.auth"] = "required";
  EXPECT_EQ(why_not(with(mutual)), "");
}

TEST(RefusedChanges, ThoseOfOtherSitesAndOtherMethods) {
  ConsoleCluster it(32, 1, with_changes());
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    const std::string json = "Content-Type: application/json\r\n";
    auto status = [&](const std::string& headers) {
      return it.change(host, "create-topic", new_topic, headers).status;
    };
    EXPECT_EQ(status(json + "Origin: http://evil.example\r\n"), 403);
    EXPECT_EQ(status(json + "Origin: null\r\n"), 403);
    EXPECT_EQ(status(json + "Sec-Fetch-Site: cross-site\r\n"), 403);
    EXPECT_EQ(status(""), 415);
    EXPECT_EQ(status("Content-Type: text/plain\r\n"), 415);
    for (const auto* method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}) {
      auto page = admin_page(host, it.at(), "/console/api/changes/create-topic", json, method);
      EXPECT_EQ(page.status, 405) << method;
      EXPECT_THAT(page.head, HasSubstr("Allow: POST"));
      EXPECT_EQ(page.head.find("Access-Control"), std::string::npos) << "no other site is allowed anything";
    }
    EXPECT_EQ(admin_page(host, it.at(), "/console/api/topics", json, "POST").status, 405);
    // Without a token, by a name that another site gave this address.
    auto by_name = "POST /console/api/changes/create-topic HTTP/1.1\r\nHost: evil.example\r\n" + json +
                   "Connection: close\r\nContent-Length: " + std::to_string(new_topic.dump().size()) + "\r\n\r\n" +
                   new_topic.dump();
    auto deadline = host.clock().deadline_in(seconds(10));
    auto connection = host.network().connect(it.at(), deadline).value();
    ASSERT_TRUE(connection->write(ByteChain(Bytes::copy_of(by_name)), deadline));
    std::array<char, 4096> buffer{};
    auto count = connection->read(buffer, deadline);
    ASSERT_TRUE(count);
    EXPECT_THAT(std::string(buffer.data(), *count), HasSubstr("HTTP/1.1 403"));
    EXPECT_THAT(topics_of(cluster), IsEmpty());
    const auto own = "Origin: http://" + to_string(it.at()) + "\r\nSec-Fetch-Site: same-origin\r\n";
    EXPECT_EQ(status(json + own), 200);
    EXPECT_THAT(topics_of(cluster), ElementsAre("made"));
  }));
}

TEST(RefusedChanges, ThoseWithoutTheToken) {
  BrokerWorld it(with_changes());
  it.stop();
  auto settings = AdminSettings::from(it.config.properties).value();
  settings.token = "correct horse battery";
  it.ready = false;
  it.broker.start(2, [&](Host& host) {
    return run_broker(host, it.config, settings, {.ready = [&](const SocketAddress&) { it.ready = true; }}) ? 0 : 1;
  });
  ASSERT_TRUE(it.world.run_until([&] { return it.ready; }, it.world.now() + seconds(60)));
  it.run([](Host& host) {
    const auto body = new_topic.dump();
    auto status = [&](const std::string& token) {
      return admin_page(
                 host, {"10.0.0.1", admin_port}, "/console/api/changes/create-topic",
                 token + "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n",
                 "POST", body)
          .status;
    };
    EXPECT_EQ(status(""), 401);
    EXPECT_EQ(status("Authorization: Bearer correct horse batterx\r\n"), 401);
    EXPECT_EQ(status("Authorization: Bearer correct horse battery\r\n"), 200) << "so it was not made before";
  });
}

TEST(RefusedChanges, ThoseWhoseBodiesSaySomethingElse) {
  ConsoleCluster it(33, 1, with_changes());
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    auto why = [&](const std::string& name, const std::string& body) { return it.unchanged(host, name, body, 400); };
    EXPECT_EQ(why("create-topic", ""), "the body must be a JSON object");
    EXPECT_EQ(why("create-topic", "[1]"), "the body must be a JSON object");
    EXPECT_EQ(why("create-topic", "{\"topic\": \"made\""), "the body must be a JSON object");
    EXPECT_EQ(why("create-topic", "{\"topic\": \"\xff\"}"), "the body must be a JSON object");
    EXPECT_EQ(why("create-topic", "{\"topic\": \"a\", \"topic\": \"made\"}"), "a name comes twice in the body");
    EXPECT_EQ(why("create-topic", R"({"topic": "made", "configs": {"a": "1", "a": "2"}})"),
              "a name comes twice in the body");
    EXPECT_EQ(why("create-topic", R"({"topic": "made", "configs": {"a": {}}})"), "the body is nested too deeply");
    EXPECT_EQ(why("create-topic", "{\"topic\": " + std::string(8000, '[')), "the body is nested too deeply");
    EXPECT_EQ(why("create-topic", R"({"topic": ["made"]})"), "topic must be a text");
    EXPECT_EQ(why("create-topic", R"({"topic": ""})"), "topic is needed");
    EXPECT_EQ(why("create-topic", R"({"topic": "made", "configs": {"a": 1}})"), "configs must be an object of texts");
    EXPECT_EQ(why("create-topic", R"({"topic": "made", "replicas": 1})"),
              "there is no replicas in this change; there are configs, partitions, replication_factor, topic");
    for (const auto* number : {"0", "-1", "2147483648", "18446744073709551615", "1e99", "1.5", "\"1\"", "true"})
      EXPECT_EQ(why("create-topic", std::string(R"({"topic": "made", "partitions": )") + number + "}"),
                "partitions must be a number from 1 to 2147483647")
          << number;
    EXPECT_EQ(why("alter-topic", R"({"topic": "made"})"), "set or unset is needed: what changes");
    EXPECT_EQ(why("alter-topic", R"({"topic": "made", "set": {"a": "1"}, "unset": ["a"]})"),
              "a can't be both set and unset");
    EXPECT_EQ(why("alter-topic", R"({"topic": "made", "unset": "a"})"), "unset must be a list of texts");
    EXPECT_EQ(why("add-partitions", R"({"topic": "made"})"), "partitions is needed: how many there are to be");
    EXPECT_EQ(why("elect-leaders", R"({"partition": 1})"), "topic is needed: whose partition?");
    EXPECT_EQ(why("reset-offsets", R"({"group": "g", "to": "-1"})"),
              "to must be earliest, latest, time:MS or an offset, not -1");
    EXPECT_EQ(why("reset-offsets", R"({"group": "g", "to": "earliest", "preview": "no"})"),
              "preview must be true or false");
    EXPECT_THAT(why("add-acl", R"({"type": "TOPIC", "pattern": "ANY", "name": "t", "principal": "User:a", "host": "*",
                                   "operation": "READ", "permission": "ALLOW"})"),
                HasSubstr("attern"));
    EXPECT_THAT(it.unchanged(host, "format-disk", Shown::object(), 404), HasSubstr("changes/ create-topic"));
    auto large = new_topic;
    large["configs"]["retention.ms"] = std::string(17'000, '1');
    EXPECT_EQ(it.change(host, "create-topic", large).status, 413);
    EXPECT_EQ(admin_page(host, it.at(), "/console/api/changes/delete-topic?topic=made",
                         "Content-Type: application/json\r\nContent-Length: 2\r\n", "POST", "{}")
                  .status,
              400);
    EXPECT_THAT(topics_of(cluster), IsEmpty());
  }));
}

// The console's requests come from the broker's own machine: they may do less than those of the machine of clients.
TEST(RefusedChanges, ThoseThatAccessControlListsDoNotAllow) {
  ConsoleCluster it(34, 1,
                    with_changes({{"authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"},
                                  {"allow.everyone.if.no.acl.found", "true"}}));
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "kept", 2, 1);
    create_topic(cluster, "free", 1, 1);
    ASSERT_TRUE(commit_offsets(cluster, "kept", {{{"free", 0}, 7}}));
    const auto here = it.brokers.client().address();
    const auto there = it.brokers.broker(1).address();
    auto entry = [](AclResourceType type, const std::string& name, const std::string& from, AclOperation operation) {
      return AclBinding{type, AclPatternType::literal, name, "User:ANONYMOUS", from, operation, AclPermission::allow};
    };
    const std::string the_cluster(acl_cluster_name);
    const std::vector<AclBinding> entries{entry(AclResourceType::topic, "kept", here, AclOperation::all),
                                          entry(AclResourceType::topic, "kept", there, AclOperation::alter_configs),
                                          entry(AclResourceType::topic, "kept", there, AclOperation::describe),
                                          entry(AclResourceType::topic, "made", here, AclOperation::all),
                                          entry(AclResourceType::group, "kept", here, AclOperation::all),
                                          entry(AclResourceType::group, "kept", there, AclOperation::describe),
                                          entry(AclResourceType::cluster, the_cluster, here, AclOperation::all),
                                          entry(AclResourceType::cluster, the_cluster, there, AclOperation::describe)};
    ASSERT_TRUE(add_acls(cluster, entries));
    host.clock().sleep_for(seconds(1));

    EXPECT_THAT(it.unchanged(host, "create-topic", new_topic, 403), HasSubstr("TOPIC_AUTHORIZATION_FAILED"));
    EXPECT_THAT(it.unchanged(host, "delete-topic", {{"topic", "kept"}}, 403), HasSubstr("TOPIC_AUTHORIZATION_FAILED"));
    EXPECT_THAT(it.unchanged(host, "add-partitions", {{"topic", "kept"}, {"partitions", 3}}, 403),
                HasSubstr("TOPIC_AUTHORIZATION_FAILED"));
    EXPECT_THAT(it.unchanged(host, "elect-leaders", {{"topic", "kept"}}, 403),
                HasSubstr("CLUSTER_AUTHORIZATION_FAILED"));
    EXPECT_THAT(it.unchanged(host, "reset-offsets", {{"group", "kept"}, {"to", "earliest"}}, 403),
                HasSubstr("GROUP_AUTHORIZATION_FAILED"));
    EXPECT_THAT(it.unchanged(host, "delete-group", {{"group", "kept"}}, 403), HasSubstr("GROUP_AUTHORIZATION_FAILED"));
    const Shown acl{
        {"type", "CLUSTER"}, {"pattern", "LITERAL"},    {"name", the_cluster},  {"principal", "User:ANONYMOUS"},
        {"host", there},     {"operation", "DESCRIBE"}, {"permission", "ALLOW"}};
    EXPECT_THAT(it.unchanged(host, "remove-acl", acl, 403), HasSubstr("CLUSTER_AUTHORIZATION_FAILED"));
    auto more = acl;
    more["operation"] = "ALL";
    EXPECT_THAT(it.unchanged(host, "add-acl", more, 403), HasSubstr("CLUSTER_AUTHORIZATION_FAILED"));

    EXPECT_EQ(cluster.topic("kept").value().partitions.size(), 2u);
    EXPECT_FALSE(cluster.topic("made"));
    EXPECT_EQ(committed_offsets(cluster, "kept").value(), (GroupOffsets{{{"free", 0}, 7}}));
    EXPECT_EQ(list_acls(cluster, {}).value().size(), entries.size());

    auto permissions = it.shown(host, "permissions?topic=kept&group=kept");
    EXPECT_EQ(permissions["changes"], true);
    EXPECT_THAT(permissions["cluster"], ElementsAre("DESCRIBE"));
    EXPECT_THAT(permissions["topic"], ElementsAre("DESCRIBE", "DESCRIBE_CONFIGS", "ALTER_CONFIGS"));
    EXPECT_THAT(permissions["group"], ElementsAre("DESCRIBE"));
    // What they allow is made.
    it.changed(host, "alter-topic", {{"topic", "kept"}, {"set", {{"retention.ms", "1000"}}}});
    auto altered = effective_topic_configs(cluster, "kept").value();
    EXPECT_EQ(std::ranges::find(altered, "retention.ms", &EffectiveConfig::name)->value, "1000");
    EXPECT_THAT(it.shown(host, "permissions?topic=free")["topic"], testing::Contains("DELETE"));
    it.changed(host, "delete-topic", {{"topic", "free"}});
  }));
}

}  // namespace
}  // namespace fulmar
