// Configuration: Kafka's names and defaults, and errors that say what is wrong and what would be right.
#include <fstream>
#include <sstream>

#include "broker/cluster/topic_config.h"
#include "broker/cluster/topic_name.h"
#include "broker/server/broker_config.h"
#include "gtest/gtest.h"

namespace fulmar {
namespace {

std::string error_of(Properties properties) {
  auto config = BrokerConfig::from(std::move(properties));
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
  for (auto table : {broker_properties(), topic_properties()}) {
    for (const auto& info : table) {
      if (info.default_value.empty()) continue;
      EXPECT_TRUE(check_property(info, info.default_value).has_value()) << info.name;
      EXPECT_FALSE(info.doc.empty()) << info.name;
    }
  }
}

TEST(Configuration, EveryTopicPropertyHasABrokersDefaultThatMeansTheSame) {
  for (const auto& info : topic_properties()) {
    for (const auto& inherited : broker_defaults_of(info.name)) {
      const auto* broker = find_property(broker_properties(), inherited.name);
      ASSERT_NE(broker, nullptr) << inherited.name;
      EXPECT_TRUE(broker->type == info.type || inherited.unit > 1) << inherited.name;
      bool last = inherited.name == broker_defaults_of(info.name).back().name;
      EXPECT_EQ(broker->default_value.empty(), !last) << inherited.name;
      if (last) {
        EXPECT_EQ(config_values(info, {}, {}).front().given, broker->default_value) << info.name;
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
  std::ifstream file(FULMAR_SOURCE_DIR "/docs/configuration.md");
  std::stringstream text;
  text << file.rdbuf();
  auto manual = text.str();
  for (auto table : {broker_properties(), topic_properties()})
    for (const auto& info : table) {
      auto row = "| `" + std::string(info.name) + "` | ";
      auto at = manual.find(row);
      ASSERT_NE(at, std::string::npos) << info.name;
      auto value = info.default_value.empty() ? std::string("(none)") : "`" + std::string(info.default_value) + "`";
      EXPECT_EQ(manual.substr(at + row.size(), value.size()), value) << info.name;
    }
}

TEST(Configuration, ErrorsNameThePropertyTheValueAndWhatIsAllowed) {
  EXPECT_EQ(error_of({{"num.partition", "1"}}), "Unknown configuration num.partition");
  EXPECT_EQ(error_of({{"num.partitions", "two"}}),
            "Invalid value two for configuration num.partitions: must be a whole number");
  EXPECT_EQ(error_of({{"num.partitions", "0"}}),
            "Invalid value 0 for configuration num.partitions: must be at least 1");
  EXPECT_EQ(error_of({{"message.max.bytes", "2147483648"}}),
            "Invalid value 2147483648 for configuration message.max.bytes: must be at most 2147483647");
  EXPECT_EQ(error_of({{"auto.create.topics.enable", "yes"}}),
            "Invalid value yes for configuration auto.create.topics.enable: must be true or false");
  EXPECT_EQ(error_of({{"compression.type", "gzip"}}),
            "Invalid value gzip for configuration compression.type: must be one of producer");
  EXPECT_EQ(
      error_of({{"listeners", "SSL://a:1"}}),
      "Invalid value SSL://a:1 for configuration listeners: must be one listener, PLAINTEXT://HOST:PORT, and in a "
      "cluster INTERNAL://HOST:PORT");
}

TEST(Configuration, ABrokerOfAClusterNamesItsControllersAndAListenerForThem) {
  auto config = BrokerConfig::from({{"node.id", "2"},
                                    {"listeners", "PLAINTEXT://10.0.0.2:9092,INTERNAL://10.0.0.2:9093"},
                                    {"controller.quorum.voters", "1@10.0.0.1:9093,2@10.0.0.2:9093"},
                                    {"broker.rack", "a"}});
  ASSERT_TRUE(config.has_value()) << to_string(config.error());
  EXPECT_EQ(config->listen, (SocketAddress{"10.0.0.2", 9092}));
  EXPECT_EQ(config->listen_internal, (SocketAddress{"10.0.0.2", 9093}));
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
