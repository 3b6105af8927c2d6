// What a broker logs: the levels of its components, changed at run time (KIP-412), and its slow requests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/client/config_admin.h"
#include "broker/protocol/messages/alter_configs.h"
#include "broker/protocol/messages/describe_configs.h"
#include "runtime/host/clock.h"
#include "tests/server/broker_test_kit.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

constexpr std::int8_t logger_type = 8;
constexpr std::int8_t topic_type = 2;

using Change = IncrementalAlterConfigsRequest::Resource::Config;

IncrementalAlterConfigsRequest change(const std::string& broker, std::vector<Change> changes) {
  IncrementalAlterConfigsRequest request;
  request.resources.push_back({logger_type, broker, std::move(changes)});
  return request;
}

std::string answer_to(Peer& peer, const IncrementalAlterConfigsRequest& request) {
  std::string text;
  for (const auto& result : peer.call<IncrementalAlterConfigsResponse>(request, 1).responses)
    text += (text.empty() ? "" : "; ") + std::string(error_code_name(result.error_code)) + " " +
            result.error_message.value_or("");
  return text;
}

// The lines of the brokers' logs from now on.
class Lines {
 public:
  explicit Lines(World& world) : world_(world) {
    world.trace().set_account([this](Instant, std::string_view line) { lines_.emplace_back(line); });
  }
  ~Lines() { world_.trace().set_account({}); }
  std::vector<std::string> with(std::string_view text) const {
    std::vector<std::string> found;
    for (const auto& line : lines_)
      if (line.find(text) != std::string::npos) found.push_back(line);
    return found;
  }

 private:
  World& world_;
  std::vector<std::string> lines_;
};

TEST(BrokerLoggers, EachBrokerHasLevelsOfItsOwnUntilItStops) {
  BrokerCluster brokers(1);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    EXPECT_THAT(log_levels(cluster, 1).value(),
                AllOf(Contains(Pair("root", "ERROR")), Contains(Pair("broker", "ERROR")), Contains(Key("peer"))));
    EXPECT_TRUE(alter_log_levels(cluster, 2, {{"broker", "INFO"}, {"peer", "debug"}}));
    EXPECT_THAT(log_levels(cluster, 2).value(), AllOf(Contains(Pair("root", "ERROR")), Contains(Pair("broker", "INFO")),
                                                      Contains(Pair("peer", "DEBUG"))));
    EXPECT_THAT(log_levels(cluster, 1).value(), Contains(Pair("broker", "ERROR")));

    EXPECT_TRUE(alter_log_levels(cluster, 2, {{"root", "WARN"}, {"peer", std::nullopt}}));
    EXPECT_THAT(log_levels(cluster, 2).value(), AllOf(Contains(Pair("root", "WARN")), Contains(Pair("broker", "INFO")),
                                                      Contains(Pair("peer", "WARN")), Contains(Pair("log", "WARN"))));

    Lines lines(brokers.world);
    create_topic(cluster, "t", 6, 3);
    host.clock().sleep_for(seconds(1));
    EXPECT_THAT(lines.with("INFO broker: leads"), Contains(HasSubstr("broker2/")));
    EXPECT_THAT(lines.with("INFO broker: leads"), Not(Contains(HasSubstr("broker1/"))));

    brokers.from_outside(host, [&] { brokers.broker(2).kill(); });
    brokers.from_outside(host, [&] { brokers.start(2); });
    host.clock().sleep_for(seconds(5));
    EXPECT_THAT(log_levels(cluster, 2).value(), Contains(Pair("broker", "ERROR")));
  }));
}

TEST(BrokerLoggers, WhatCanNotBeIsRefusedInKafkasTerms) {
  BrokerWorld world;
  world.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    EXPECT_EQ(answer_to(peer, change("1", {{"no.such", 0, "INFO"}})), "INVALID_CONFIG Logger no.such does not exist!");
    EXPECT_EQ(answer_to(peer, change("1", {{"broker", 0, "LOUD"}})),
              "INVALID_CONFIG Cannot set the log level of broker to LOUD as it is not a supported log level. Valid log "
              "levels are DEBUG, ERROR, FATAL, INFO, TRACE, WARN");
    EXPECT_TRUE(answer_to(peer, change("1", {{"broker", 0, "info"}})).starts_with("INVALID_CONFIG Cannot set"));
    EXPECT_EQ(answer_to(peer, change("1", {{"broker", 0, std::nullopt}})),
              "INVALID_REQUEST Null value not supported for : broker");
    EXPECT_EQ(answer_to(peer, change("1", {{"broker", 2, "INFO"}})),
              "INVALID_REQUEST APPEND operation is not allowed for the BROKER_LOGGER resource");
    EXPECT_EQ(answer_to(peer, change("1", {{"broker", 3, "INFO"}})),
              "INVALID_REQUEST SUBTRACT operation is not allowed for the BROKER_LOGGER resource");
    EXPECT_EQ(answer_to(peer, change("1", {{"broker", 9, "INFO"}})), "INVALID_REQUEST Unknown operation type 9");
    EXPECT_EQ(answer_to(peer, change("1", {{"root", 1, std::nullopt}})),
              "INVALID_REQUEST Removing the log level of the root logger is not allowed");
    EXPECT_EQ(answer_to(peer, change("2", {{"broker", 0, "INFO"}})),
              "INVALID_REQUEST Unexpected broker id, expected 1 but received 2");
    EXPECT_EQ(answer_to(peer, change("", {{"broker", 0, "INFO"}})),
              "INVALID_REQUEST Unexpected broker id, expected 1 but received ");
    EXPECT_EQ(answer_to(peer, change("1", {{"broker", 0, "INFO"}, {"broker", 0, "WARN"}})),
              "INVALID_REQUEST Error due to duplicate config keys");
    // All or nothing, and nothing if it is only checked.
    EXPECT_EQ(answer_to(peer, change("1", {{"broker", 0, "INFO"}, {"no.such", 0, "INFO"}})),
              "INVALID_CONFIG Logger no.such does not exist!");
    auto checked = change("1", {{"broker", 0, "INFO"}});
    checked.validate_only = true;
    EXPECT_EQ(answer_to(peer, checked), "NONE ");
    auto mixed = change("1", {{"broker", 0, "INFO"}});
    mixed.resources.push_back({topic_type, "t", {{"retention.ms", 0, "1000"}}});
    EXPECT_EQ(answer_to(peer, mixed),
              "INVALID_REQUEST loggers are changed by a request that names nothing else; NONE ");

    DescribeConfigsRequest request;
    request.resources.push_back({logger_type, "1", {{"broker"}}});
    request.resources.push_back({logger_type, "7", std::nullopt});
    auto results = peer.call<DescribeConfigsResponse>(request, 4).results;
    ASSERT_EQ(results.size(), 2u);
    ASSERT_EQ(results[0].configs.size(), 1u);
    EXPECT_EQ(results[0].configs[0].value, "ERROR") << "nothing has changed";
    EXPECT_EQ(results[0].configs[0].config_source, 6);
    EXPECT_EQ(results[1].error_code, ErrorCode::invalid_request);
  });
}

TEST(BrokerLoggers, AComponentFallsSilent) {
  BrokerWorld world;
  Lines lines(world.world);
  world.run([](Host& host) {
    Peer peer(host);
    EXPECT_EQ(answer_to(peer, change("1", {{"root", 0, "INFO"}})), "NONE ");
    create_topic(peer, "heard", 1);
    EXPECT_EQ(answer_to(peer, change("1", {{"broker", 0, "FATAL"}})), "NONE ");
    create_topic(peer, "unheard", 1);
  });
  EXPECT_THAT(lines.with("topic created"), ElementsAre(HasSubstr("topic=heard")));
  EXPECT_THAT(lines.with("log level changed"), ElementsAre(HasSubstr("component=broker level=FATAL")))
      << "the root's change was not heard yet";
}

TEST(SlowRequests, AreLoggedWithWhereTheTimeWent) {
  BrokerCluster brokers(1, 3, {{"request.slow.ms", "500"}});
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 1, {{"min.insync.replicas", "3"}});
    EXPECT_EQ(produce_once(cluster, "t", "quick"), ErrorCode::none);
    auto leader = cluster.leader_of("t", 0, Deadline::never()).value();
    for (int id = 1; id <= 3; ++id) EXPECT_TRUE(alter_log_levels(cluster, id, {{"root", "WARN"}}));
    Lines lines(brokers.world);
    EXPECT_EQ(produce_once(cluster, "t", "quick"), ErrorCode::none);
    EXPECT_THAT(lines.with("slow request"), IsEmpty());
    auto missing = leader == 1 ? 2 : 1;
    brokers.from_outside(host, [&] { brokers.broker(missing).pause(); });
    EXPECT_EQ(produce_once(cluster, "t", "slow", seconds(2)), ErrorCode::request_timed_out);
    brokers.from_outside(host, [&] { brokers.broker(missing).resume(); });
    EXPECT_THAT(
        lines.with("slow request"),
        Contains(AllOf(HasSubstr("request=Produce"), HasSubstr("principal=User:ANONYMOUS"), HasSubstr("ms=2000"),
                       HasSubstr("handler_ms=0"), HasSubstr("wait_ms=2000"), HasSubstr("write_ms=0"))));
  }));
}

// What clients ask a broker to wait for is no fault of its own.
TEST(SlowRequests, AreNotThoseThatWereAskedToWait) {
  BrokerWorld world(Properties{{"request.slow.ms", "500"}});
  Lines lines(world.world);
  world.run([](Host& host) {
    Peer peer(host);
    EXPECT_EQ(answer_to(peer, change("1", {{"root", 0, "WARN"}})), "NONE ");
    create_topic(peer, "t", 1);
    auto begun = host.clock().now();
    EXPECT_TRUE(fetch(peer, {"t"}, 3000).records.empty());
    EXPECT_GE(host.clock().now() - begun, seconds(3));
  });
  EXPECT_THAT(lines.with("slow request"), IsEmpty());
}

}  // namespace
}  // namespace fulmar
