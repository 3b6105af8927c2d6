// Configuration: Kafka's names and defaults, and errors that say what is wrong and what is allowed.
#include <fstream>
#include <set>
#include <sstream>

#include "broker/cluster/group_config.h"
#include "broker/cluster/topic_config.h"
#include "broker/cluster/topic_name.h"
#include "broker/server/config/admin_settings.h"
#include "broker/server/config/authorizer_properties.h"
#include "broker/server/config/broker_config.h"
#include "broker/server/config/sasl_settings.h"
#include "gtest/gtest.h"

namespace fulmar {
namespace {

std::string error_of(const Properties& properties) {
  auto config = BrokerConfig::from(properties);
  return config ? "" : config.error().detail;
}

TEST(Configuration, AnEmptyOneHasKafkasDefaults) {
  auto config = BrokerConfig::from({}).value();
  EXPECT_EQ(config.node_id, 1);
  EXPECT_EQ(config.num_partitions, 1);
  EXPECT_TRUE(config.auto_create_topics);
  EXPECT_EQ(config.request_bytes_max, 104'857'600);
  EXPECT_EQ(config.connection_idle_max, seconds(600));
  auto log = log_config_of({}, config.properties);
  EXPECT_EQ(log.segment_bytes, 1 << 30);
  EXPECT_EQ(log.retention_ms, 7LL * 24 * 3600 * 1000);
  EXPECT_EQ(log.max_message_bytes, 1'048'588);
  EXPECT_TRUE(log.acknowledges_synced());
}

TEST(Configuration, EveryPropertysDefaultIsAValueItMayHave) {
  for (auto table : {broker_properties(), unserved_broker_properties(), topic_properties()}) {
    for (const auto& info : table) {
      EXPECT_FALSE(info.doc.empty()) << info.name;
      if (info.default_value.empty()) continue;
      EXPECT_EQ(checked_value(info, info.default_value).value(), info.default_value) << info.name;
      EXPECT_EQ(info.doc.starts_with("Without effect: "), info.effect == Effect::none) << info.name;
    }
  }
}

TEST(Configuration, EveryTopicPropertyHasABrokersDefaultThatMeansTheSame) {
  for (const auto& info : topic_properties()) {
    for (const auto& inherited : broker_defaults_of(info.name)) {
      const auto* broker = find_broker_property(inherited.name);
      ASSERT_NE(broker, nullptr) << inherited.name;
      EXPECT_TRUE(broker->type == info.type || inherited.unit > 1) << inherited.name;
      bool last = inherited.name == broker_defaults_of(info.name).back().name;
      EXPECT_EQ(broker->default_value.empty(), !last) << inherited.name;
      if (last) {
        const Properties none;
        EXPECT_EQ(config_values(info, {}, {&none, &none, &none}).front().given, broker->default_value) << info.name;
      }
    }
  }
}

TEST(Configuration, TheFinestUnitOfATimeWins) {
  auto retention = [](const Properties& broker, const Properties& topic = {}) {
    EXPECT_EQ(error_of(broker), "");
    return log_config_of(topic, broker).retention_ms;
  };
  EXPECT_EQ(retention({{"log.retention.hours", "2"}}), 7'200'000);
  EXPECT_EQ(retention({{"log.retention.hours", "2"}, {"log.retention.minutes", "3"}}), 180'000);
  EXPECT_EQ(retention({{"log.retention.hours", "2"}, {"log.retention.minutes", "3"}, {"log.retention.ms", "5"}}), 5);
  EXPECT_EQ(retention({{"log.retention.hours", "2"}}, {{"retention.ms", "7"}}), 7);
  EXPECT_EQ(retention({{"log.retention.hours", "-1"}}), -1);
  EXPECT_EQ(retention({{"log.retention.hours", "2147483647"}}), 2'147'483'647LL * 3'600'000);
  EXPECT_EQ(log_config_of({}, {{"log.roll.hours", "1"}}).segment_ms, 3'600'000);
  EXPECT_EQ(log_config_of({}, {{"log.roll.hours", "1"}, {"log.roll.ms", "2000"}}).segment_ms, 2000);
  EXPECT_EQ(error_of({{"log.retention.minutes", "0"}}),
            "Invalid value 0 for configuration log.retention.minutes: must be at least 1, or -1 for no limit");
}

TEST(Configuration, EveryPropertyIsInTheManual) {
  auto text_of = [](const std::string& name) {
    std::ifstream file(FULMAR_SOURCE_DIR "/docs/" + name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  };
  auto manual = text_of("configuration.md");
  auto others = text_of("unserved-properties.md");
  auto expect_row = [](const std::string& page, const PropertyInfo& info) {
    auto row = "\n| `" + std::string(info.name) + "` | ";
    auto at = page.find(row);
    ASSERT_NE(at, std::string::npos) << info.name;
    auto line = page.substr(at + row.size(), page.find('\n', at + 1) - at - row.size());
    auto value = info.default_value.empty() ? std::string("(none)") : "`" + std::string(info.default_value) + "`";
    EXPECT_TRUE(line.starts_with(value + " |")) << info.name;
    EXPECT_TRUE(line.ends_with("| " + std::string(info.doc) + " |")) << info.name << " is documented as: " << line;
  };
  for (const auto& info : broker_properties()) expect_row(manual, info);
  for (const auto& info : unserved_broker_properties()) expect_row(others, info);
  for (const auto& info : topic_properties()) expect_row(manual.substr(manual.find("## A topic's properties")), info);
  for (const auto& info : group_properties()) expect_row(manual.substr(manual.find("## A group's properties")), info);
}

// All properties of Apache Kafka 4.4, except internal ones.
TEST(Configuration, EveryPropertyOfKafkasIsServedOrWithoutEffectOrRefusedByName) {
  std::ifstream file(FULMAR_SOURCE_DIR "/tests/server/kafka_properties.txt");
  std::size_t count = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    ++count;
    std::istringstream words(line);
    std::string whose, name, type, dynamic;
    words >> whose >> name >> type >> dynamic;
    bool of_topic = whose == "topic";
    const auto* info = of_topic ? find_property(topic_properties(), name) : find_broker_property(name);
    ASSERT_NE(info, nullptr) << line;
    EXPECT_EQ(std::to_string(static_cast<int>(info->type)), type) << line;
    if (of_topic) continue;
    EXPECT_LE(is_dynamic(name), dynamic == "dynamic") << line;
    bool stays = name == "listeners" || name == "log.flush.interval.messages" ||
                 name == "listener.security.protocol.map" || name == "sasl.enabled.mechanisms" ||
                 name.starts_with("ssl.") || info->effect == Effect::refused;
    EXPECT_EQ(is_dynamic(name), dynamic == "dynamic" && !stays) << line;
  }
  EXPECT_GT(count, 350u);
}

// A value of the property's type that differs from the default.
std::string another_value(const PropertyInfo& info) {
  auto allowed = split_list(info.allowed);
  switch (info.type) {
    case PropertyType::boolean: return info.default_value == "true" ? "false" : "true";
    case PropertyType::int16:
    case PropertyType::int32:
    case PropertyType::int64: {
      auto low = std::max<std::int64_t>(info.min, 1);
      if (std::to_string(low) == info.default_value) ++low;
      return std::to_string(low);
    }
    case PropertyType::real: return "0.25";
    default: return std::string(allowed.empty() ? "x" : allowed.back());
  }
}

TEST(Configuration, WhatGuardsOrKeepsDataIsRefusedByNameUnlessItSaysWhatKafkasDefaultSays) {
  std::size_t refused = 0;
  for (auto table : {broker_properties(), unserved_broker_properties()})
    for (const auto& info : table) {
      std::string name(info.name);
      if (info.effect != Effect::refused) continue;
      ++refused;
      EXPECT_EQ(error_of({{name, another_value(info)}}),
                "Configuration " + name + " is not served: " + std::string(info.doc));
      EXPECT_EQ(error_of({{name, std::string(info.default_value)}}), "") << name;
      EXPECT_EQ(error_of({{name, " "}}), "") << name;
    }
  EXPECT_GT(refused, 80u);
  for (const auto& info : topic_properties()) {
    if (info.effect != Effect::refused) continue;
    std::string name(info.name);
    auto made = checked_topic_properties({{name, another_value(info)}});
    ASSERT_FALSE(made) << name;
    EXPECT_EQ(made.error().detail, "Configuration " + name + " is not served: " + std::string(info.doc));
    EXPECT_TRUE(checked_topic_properties({{name, std::string(info.default_value)}})) << name;
  }
  for (auto name : {"listener.name.internal.new", "remote.new"})
    EXPECT_TRUE(error_of({{name, "x"}}).starts_with("Configuration " + std::string(name) + " is not served: ")) << name;
  EXPECT_EQ(error_of({{"cleanup.policy", "compact"}}).find("Unknown"), 0u);
  EXPECT_EQ(error_of({{"log.cleanup.policy", "delete,compress"}}),
            "Invalid value compress for configuration log.cleanup.policy: must be one of delete,compact");
  EXPECT_EQ(error_of({{"broker.rack", "\xff"}}),
            "Invalid value (which is no UTF-8) for configuration broker.rack: must be UTF-8");
  EXPECT_EQ(error_of({{"log.dirs", "/a,/b"}}),
            "Invalid value /a,/b for configuration log.dirs: must be one directory; several are not served");
  EXPECT_NE(error_of({{"listener.security.protocol.map", "PLAINTEXT:TLS"}}), "");
  EXPECT_EQ(error_of({{"listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,SSL:SSL"}}), "");
}

// Whether topics with these properties, on a broker with those, differ from the default.
bool changes_topics(const Properties& topic, const Properties& broker) {
  return log_config_of(topic, broker) != log_config_of({}, {}) ||
         compression_of(topic, broker) != compression_of({}, {});
}

// A property without effect on BrokerConfig and topics must be listed as such, and no other may be.
TEST(Configuration, EveryOtherPropertyHasAnEffectOrSaysThatItHasNone) {
  // These act through the newer forms of their names, the command line, or topics that inherit them.
  const std::set<std::string_view> seen_elsewhere{
      "admin.http.console", "admin.http.console.changes", "admin.http.token.file", "broker.id",
      "cluster.first.users.file", "cluster.secret.file", "log.dir", "log.dirs", "controller.quorum.voters",
      // Whether a configuration is refused; see authentication_test.cpp.
      "sasl.oauthbearer.allow.unverified.audience", "sasl.oauthbearer.allow.unverified.issuer",
      "sasl.oauthbearer.jwks.endpoint.url"};
  const auto plain = BrokerConfig::from({}).value();
  for (const auto& info : topic_properties()) {
    if (info.effect == Effect::refused) continue;
    std::string name(info.name);
    auto value = name.ends_with(".throttled.replicas") ? "0:1" : another_value(info);
    auto given = checked_topic_properties({{name, value}});
    ASSERT_TRUE(given) << given.error().detail;
    bool only_value = split_list(info.allowed).size() == 1;
    bool changes = changes_topics(*given, {});
    EXPECT_EQ(changes, info.effect == Effect::served && !only_value) << name;
  }
  auto inherited = [](std::string_view name) {
    for (const auto& info : topic_properties())
      for (const auto& broker : broker_defaults_of(info.name))
        if (broker.name == name) return true;
    return false;
  };
  auto without_words = [](BrokerConfig config) {
    config.properties = {};
    return config;
  };
  // Whether groups may be configured with these, by a broker's bounds.
  auto allowed_to_groups = [](const Properties& broker) {
    std::vector<bool> allowed;
    for (const char* value : {"1", "5000", "14000"})
      allowed.push_back(checked_group_properties({{"consumer.heartbeat.interval.ms", value}}, broker).has_value());
    for (const char* value : {"10000", "50000", "58000"})
      allowed.push_back(checked_group_properties({{"consumer.session.timeout.ms", value}}, broker).has_value());
    return allowed;
  };
  // Of a listener on which clients authenticate.
  auto sasl_with = [](const Properties& more) {
    Properties properties{{"sasl.enabled.mechanisms", "OAUTHBEARER"},
                          {"sasl.oauthbearer.expected.audience", "a"},
                          {"sasl.oauthbearer.expected.issuer", "i"},
                          {"sasl.oauthbearer.jwks.endpoint.url", "file:///keys"}};
    for (const auto& [name, value] : more) properties[name] = value;
    return SaslSettings::from(properties, "SASL_SSL").value();
  };
  for (auto table : {broker_properties(), unserved_broker_properties()})
    for (const auto& info : table) {
      std::string name(info.name);
      if (info.effect == Effect::refused || seen_elsewhere.contains(name)) continue;
      auto value = another_value(info);
      if (name.ends_with("listeners")) value = "PLAINTEXT://127.0.0.1:1";
      if (name == "admin.http.listener") value = "127.0.0.1:1";
      if (name == "authorizer.class.name") value = standard_authorizer;
      if (name == "super.users") value = "User:alice";
      if (name == "listener.security.protocol.map") value = "PLAINTEXT:SSL";
      // Each between its bounds, and the bounds around the defaults.
      if (name.starts_with("group.consumer.min.")) value = "1";
      if (name == "group.consumer.heartbeat.interval.ms" || name == "group.consumer.max.heartbeat.interval.ms")
        value = "6000";
      if (name == "group.consumer.session.timeout.ms" || name == "group.consumer.max.session.timeout.ms")
        value = "50000";
      if (name == "group.max.session.timeout.ms") value = "7000";
      if (name.ends_with("election.timeout.ms")) value = "1000";
      if (name == "controller.listener.names") value = "INTERNAL";
      if (name == "sasl.enabled.mechanisms") value = "SCRAM-SHA-256";
      if (name == "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms") value = "200";
      auto config = BrokerConfig::from({{name, value}});
      ASSERT_TRUE(config) << config.error().detail;
      bool changes = without_words(*config) != without_words(plain);
      bool of_topics =
          inherited(name) && (split_list(info.allowed).size() == 1 || changes_topics({}, config->properties));
      bool of_groups = allowed_to_groups(config->properties) != allowed_to_groups({});
      bool of_admin = AdminSettings::from(config->properties).value() != AdminSettings();
      bool of_sasl = sasl_with({{name, value}}) != sasl_with({});
      EXPECT_EQ(changes || of_topics || of_groups || of_admin || of_sasl, info.effect == Effect::served)
          << name << "=" << value;
    }
}

TEST(Configuration, AnAuthorizerIsKafkasStandardOneOrNone) {
  const std::string name(standard_authorizer);
  auto settings = BrokerConfig::from({{"authorizer.class.name", name},
                                      {"super.users", " User:alice; User:CN=b,O=c ;"},
                                      {"allow.everyone.if.no.acl.found", "true"}})
                      .value()
                      .authorizer;
  EXPECT_TRUE(settings.enabled);
  EXPECT_TRUE(settings.unguarded_is_allowed);
  EXPECT_EQ(settings.super_users, (std::set<Principal>{{"User", "alice"}, {"User", "CN=b,O=c"}}));
  EXPECT_EQ(BrokerConfig::from({}).value().authorizer, AuthorizerSettings());
  EXPECT_EQ(error_of({{"authorizer.class.name", "kafka.security.authorizer.AclAuthorizer"}}),
            "Invalid value kafka.security.authorizer.AclAuthorizer for configuration authorizer.class.name: must be " +
                name + ", or empty for none");
  EXPECT_EQ(
      error_of({{"super.users", "User:alice,bob;carol"}}),
      "Invalid value carol for configuration super.users: must be principals, separated by ';', such as User:alice");
}

TEST(Configuration, WhatGroupsInheritIsWithinTheBoundsOfWhatTheyMaySet) {
  const std::pair<Properties, const char*> refused[] = {
      {{{"group.consumer.session.timeout.ms", "6000"}},
       "Invalid value 6000 for configuration group.consumer.session.timeout.ms: must be at least "
       "group.consumer.min.session.timeout.ms"},
      {{{"group.consumer.heartbeat.interval.ms", "20000"}},
       "Invalid value 20000 for configuration group.consumer.heartbeat.interval.ms: must be at most "
       "group.consumer.max.heartbeat.interval.ms"},
      {{{"group.consumer.max.session.timeout.ms", "44999"}},
       "Invalid value 44999 for configuration group.consumer.max.session.timeout.ms: must be at least "
       "group.consumer.min.session.timeout.ms"},
      {{{"group.max.session.timeout.ms", "5999"}},
       "Invalid value 5999 for configuration group.max.session.timeout.ms: must be at least "
       "group.min.session.timeout.ms"}};
  for (const auto& [properties, why] : refused) {
    auto config = BrokerConfig::from(properties);
    ASSERT_FALSE(config) << why;
    EXPECT_EQ(config.error().detail, why);
  }
  EXPECT_TRUE(BrokerConfig::from(
      {{"group.consumer.session.timeout.ms", "6000"}, {"group.consumer.min.session.timeout.ms", "6000"}}));
}

TEST(Configuration, ValuesAreTrimmedAndKeptInOneForm) {
  auto config = BrokerConfig::from({{"auto.create.topics.enable", " FALSE "}, {"num.partitions", "\t+3\n"}}).value();
  EXPECT_FALSE(config.auto_create_topics);
  EXPECT_EQ(config.num_partitions, 3);
  EXPECT_EQ(config.properties, (Properties{{"auto.create.topics.enable", "false"}, {"num.partitions", "3"}}));
  auto topic = checked_topic_properties({{"cleanup.policy", " delete "}, {"retention.ms", " 5 "}}).value();
  EXPECT_EQ(topic, (Properties{{"cleanup.policy", "delete"}, {"retention.ms", "5"}}));
  EXPECT_EQ(checked_topic_properties({{"leader.replication.throttled.replicas", "0:1 , 1:2"}}).value().begin()->second,
            "0:1,1:2");
  for (auto wrong : {"x", "0", "0:", "0:1,", "*,0:1", "-1:2"})
    EXPECT_FALSE(checked_topic_properties({{"leader.replication.throttled.replicas", wrong}})) << wrong;
}

TEST(Configuration, ANodesNumberMayHaveItsOlderName) {
  EXPECT_EQ(BrokerConfig::from({{"broker.id", "7"}}).value().node_id, 7);
  EXPECT_EQ(BrokerConfig::from({{"broker.id", "7"}, {"node.id", "7"}}).value().node_id, 7);
  EXPECT_EQ(error_of({{"broker.id", "7"}, {"node.id", "8"}}),
            "Invalid value 7 for configuration broker.id: node.id says 8; they are the same thing");
}

TEST(Configuration, ErrorsNameThePropertyTheValueAndWhatIsAllowed) {
  EXPECT_EQ(error_of({{"num.partition", "1"}}), "Unknown configuration num.partition; did you mean num.partitions?");
  EXPECT_EQ(error_of({{"my.own.property", "1"}}), "Unknown configuration my.own.property");
  EXPECT_EQ(checked_topic_properties({{"retention_ms", "1"}}).error().detail,
            "Unknown topic config name: retention_ms; did you mean retention.ms?");
  EXPECT_EQ(error_of({{"num.partitions", "two"}}),
            "Invalid value two for configuration num.partitions: must be a whole number");
  EXPECT_EQ(error_of({{"num.partitions", "0"}}),
            "Invalid value 0 for configuration num.partitions: must be at least 1");
  EXPECT_EQ(error_of({{"message.max.bytes", "2147483648"}}),
            "Invalid value 2147483648 for configuration message.max.bytes: must be at most 2147483647");
  EXPECT_EQ(error_of({{"compression.gzip.level", "0"}}),
            "Invalid value 0 for configuration compression.gzip.level: must be one of -1,1,2,3,4,5,6,7,8,9");
  EXPECT_EQ(error_of({{"auto.create.topics.enable", "yes"}}),
            "Invalid value yes for configuration auto.create.topics.enable: must be true or false");
  EXPECT_EQ(error_of({{"compression.type", "brotli"}}),
            "Invalid value brotli for configuration compression.type: must be one of "
            "producer,uncompressed,gzip,snappy,lz4,zstd");
}

TEST(Configuration, ABrokerOfAClusterNamesItsControllersAndAListenerForThem) {
  auto config = BrokerConfig::from({{"node.id", "2"},
                                    {"listeners", "PLAINTEXT://10.0.0.2:9092,INTERNAL://10.0.0.2:9093"},
                                    {"controller.quorum.voters", "1@10.0.0.1:9093,2@10.0.0.2:9093"},
                                    {"broker.rack", "a"}});
  ASSERT_TRUE(config.has_value()) << to_string(config.error());
  EXPECT_EQ(config->listeners.front().listen, (SocketAddress{"10.0.0.2", 9092}));
  EXPECT_EQ(config->internal->listen, (SocketAddress{"10.0.0.2", 9093}));
  EXPECT_EQ(config->controllers.at(1), (SocketAddress{"10.0.0.1", 9093}));
  EXPECT_EQ(config->rack, "a");
  std::string both = "PLAINTEXT://10.0.0.2:9092,INTERNAL://10.0.0.2:9093";
  EXPECT_FALSE(BrokerConfig::from({{"listeners", both}})) << "an internal listener for nobody";
  EXPECT_FALSE(BrokerConfig::from({{"controller.quorum.voters", "1@10.0.0.1:9093"}})) << "and no way to reach it";
  EXPECT_TRUE(BrokerConfig::from({{"listeners", both}, {"controller.quorum.voters", "2@10.0.0.1:9093"}}))
      << "an observer";
  for (auto voters :
       {"1@a:1,2@a:2,3@a:3,4@a:4,5@a:5,6@a:6", "1@10.0.0.1", "1", "@h:1", "1@10.0.0.1:9093,1@10.0.0.2:9093", ","})
    EXPECT_FALSE(BrokerConfig::from({{"listeners", both}, {"controller.quorum.voters", voters}})) << voters;
}

TEST(Configuration, HeartbeatsComeSeveralTimesPerElectionTimeout) {
  auto config = BrokerConfig::from(
      {{"replica.election.timeout.ms", "100"}, {"replica.heartbeat.interval.ms", "20"}, {"node.id", "3"}});
  ASSERT_TRUE(config.has_value()) << to_string(config.error());
  EXPECT_EQ(config->partition_raft.election_timeout, milliseconds(100));
  EXPECT_EQ(config->partition_raft.heartbeat_interval, milliseconds(20));
  EXPECT_EQ(config->metadata_raft.election_timeout, milliseconds(400));
  EXPECT_EQ(error_of({{"controller.quorum.heartbeat.interval.ms", "200"}}),
            "Invalid value 200 for configuration controller.quorum.heartbeat.interval.ms: must be at most a third of "
            "controller.quorum.election.timeout.ms");
}

TEST(Configuration, ReplicasThatCatchUpAreThrottledOnlyIfAskedAndTheMetadataNever) {
  EXPECT_EQ(BrokerConfig::from({}).value().throttled_rate, std::nullopt);
  auto config = BrokerConfig::from({{"leader.replication.throttled.rate", "5000000"}}).value();
  EXPECT_EQ(config.throttled_rate, 5'000'000);
  EXPECT_TRUE(config.partition_raft.throttles);
  EXPECT_FALSE(config.metadata_raft.throttles);
  EXPECT_EQ(error_of({{"leader.replication.throttled.rate", "0"}}),
            "Invalid value 0 for configuration leader.replication.throttled.rate: must be at least 1");
}

TEST(Configuration, AnAddressNobodyCanConnectToIsNotAdvertised) {
  EXPECT_NE(error_of({{"listeners", "PLAINTEXT://0.0.0.0:9092"}}), "");
  EXPECT_NE(error_of({{"advertised.listeners", "PLAINTEXT://0.0.0.0:9092"}}), "");
  EXPECT_EQ(error_of({{"listeners", "PLAINTEXT://0.0.0.0:9092"}, {"advertised.listeners", "PLAINTEXT://h:1"}}), "");
  EXPECT_NE(error_of({{"listeners", "PLAINTEXT://[::]:9092"}}), "");
}

TEST(Configuration, AHostMayBeANameOrOfIPv6OrAnyWhereOnlyListenedAt) {
  auto named = BrokerConfig::from({{"listeners", "PLAINTEXT://broker-2.example:9092,INTERNAL://[fd00::2]:9093"},
                                   {"node.id", "2"},
                                   {"controller.quorum.voters", "1@broker-1.example:9093,2@[fd00::2]:9093"}})
                   .value();
  EXPECT_EQ(named.listeners.front().listen, (SocketAddress{"broker-2.example", 9092}));
  EXPECT_EQ(named.internal->listen, (SocketAddress{"fd00::2", 9093}));
  EXPECT_EQ(named.controllers.at(1), (SocketAddress{"broker-1.example", 9093}));
  const Properties any{{"listeners", "PLAINTEXT://:9092,INTERNAL://:9093"},
                       {"advertised.listeners", "PLAINTEXT://broker.example:9092"},
                       {"controller.quorum.voters", "1@one.example:9093,2@two.example:9093"}};
  auto of = [&](Properties more) {
    auto properties = any;
    for (auto& [name, value] : more) properties.insert_or_assign(name, value);
    return BrokerConfig::from(properties).value();
  };
  EXPECT_EQ(of({{"node.id", "2"}}).listeners.front().listen, (SocketAddress{"", 9092}));
  EXPECT_EQ(of({{"node.id", "2"}}).internal->advertise, (SocketAddress{"two.example", 9093})) << "as it is known by";
  EXPECT_EQ(of({{"node.id", "3"}}).internal->advertise, (SocketAddress{"broker.example", 9093}))
      << "as clients know it";
  EXPECT_EQ(of({{"advertised.listeners", "PLAINTEXT://a:1,INTERNAL://b:2"}}).internal->advertise,
            (SocketAddress{"b", 2}));
  EXPECT_NE(error_of({{"listeners", "PLAINTEXT://:9092"}}), "") << "clients would be told nothing they can connect to";
  EXPECT_NE(error_of({{"listeners", "PLAINTEXT://::1:9092"}}), "") << "where does the port begin?";
  EXPECT_NE(error_of({{"listeners", "PLAINTEXT://h:1,INTERNAL://h:2"}, {"controller.quorum.voters", "1@:2"}}), "");
}

TEST(Configuration, AFileIsNamesAndValuesAndSaysItsWrongLine) {
  auto read = parse_properties("# a comment\n\n num.partitions = 3 \r\nlisteners=PLAINTEXT://a:1\n! another");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, (Properties{{"num.partitions", "3"}, {"listeners", "PLAINTEXT://a:1"}}));
  EXPECT_EQ(parse_properties("a=1\nb\n").error().detail, "line 2: expected NAME=VALUE, got b");
}

TEST(TopicName, IsKafkas) {
  for (const char* name : {"a", "A-1_b.c", "...", "__consumer_offsets"}) EXPECT_FALSE(invalid_topic_name(name)) << name;
  EXPECT_FALSE(invalid_topic_name(std::string(249, 'x')));
  for (const char* name : {"", ".", "..", "a b", "a/b", "\xc3\xa9", "__cluster_metadata"})
    EXPECT_TRUE(invalid_topic_name(name)) << name;
  EXPECT_TRUE(invalid_topic_name(std::string(250, 'x')));
}

}  // namespace
}  // namespace fulmar
